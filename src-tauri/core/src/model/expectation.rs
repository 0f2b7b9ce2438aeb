//! Expectations as data: what `config` reads, and `alerts` compares with what happens.
//!
//! Deliberately not here: what comes of a difference (`alerts`, `engine`).

use std::time::Duration;

/// One `[[expect]]` table of the config file: who may, must or must not use a GPU. All patterns that it has must match;
/// `*` in them stands for any text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// The name that a person gave it; unique.
    pub id: String,
    /// What is expected of those who match.
    pub policy: Policy,
    /// The key (`docker:ollama`) or what a person calls it (`Blender`).
    pub identity: Option<String>,
    /// A program, script, application or game, by the part of its key behind the kind; or a program by the path of its
    /// file, where it begins with `/` or `*/`.
    pub program: Option<String>,
    /// A unit of systemd; without a dot, a service.
    pub unit: Option<String>,
    /// A container, pod or virtual machine, by its name.
    pub container: Option<String>,
    /// Whose it is.
    pub user: Option<User>,
    /// Only GPUs whose id matches.
    pub gpu: Option<String>,
    /// Only at these times: allowed or demanded then, or forbidden then.
    pub hours: Option<Hours>,
    /// At most this share of the GPU's time, in percent.
    pub share: Option<f64>,
    /// At most so many bytes of the GPU's memory.
    pub vram: Option<u64>,
    /// How long one that must run may be missing.
    pub grace: Duration,
}

impl Expectation {
    /// Of nobody yet, without limits.
    #[cfg(test)]
    pub(crate) fn of_nobody(id: &str, policy: Policy) -> Expectation {
        Expectation {
            id: id.to_owned(),
            policy,
            identity: None,
            program: None,
            unit: None,
            container: None,
            user: None,
            gpu: None,
            hours: None,
            share: None,
            vram: None,
            grace: Duration::from_secs(300),
        }
    }

    /// Of the identity that matches this pattern.
    #[cfg(test)]
    pub(crate) fn of_identity(id: &str, policy: Policy, pattern: &str) -> Expectation {
        Expectation { identity: Some(pattern.to_owned()), ..Expectation::of_nobody(id, policy) }
    }

    /// The patterns that it has, each with the name of its key.
    pub fn patterns(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [
            ("identity", &self.identity),
            ("program", &self.program),
            ("unit", &self.unit),
            ("container", &self.container),
            ("gpu", &self.gpu),
        ];
        let user = self.user.iter().map(|user| ("user", user.name.as_str()));
        named.into_iter().filter_map(|(key, pattern)| Some((key, pattern.as_deref()?))).chain(user)
    }
}

/// What is expected of those who match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// They may run, at the times and within the limits that are given.
    Allow,
    /// They must not run.
    Deny,
    /// One of them must run, and may.
    MustRun,
}

impl Policy {
    /// Every policy, with its word in the config file.
    pub const WORDS: &[(Policy, &'static str)] =
        &[(Policy::Allow, "allow"), (Policy::Deny, "deny"), (Policy::MustRun, "must_run")];

    /// The word in the config file.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(policy, _)| *policy == self).map_or("allow", |(_, word)| word)
    }
}

/// A user, as the config file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// A name or a number.
    pub name: String,
    /// The number of that user; `None` where nobody here has that name.
    pub uid: Option<u32>,
}

/// A stretch of the local day, in minutes since midnight; it may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// The first minute.
    pub from: u16,
    /// The minute in which it is over; not the same as `from`.
    pub until: u16,
}

impl Hours {
    /// Whether this minute of the local day is among them.
    pub fn contains(self, minute: u16) -> bool {
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }

    /// As the config file has it: `22:00-07:00`.
    pub fn words(self) -> String {
        let Hours { from, until } = self;
        format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}
