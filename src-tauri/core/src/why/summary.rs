//! What a GPU did over a stretch of time, in one sentence.
//!
//! Deliberately not here: single moments (`judge`).

use super::sentence::{Costs, Names, cut};
use crate::metrics::Metric;
use crate::untrusted::Untrusted;
use crate::{format, say, say_count};

/// More identities than this are counted.
const NAMED: usize = 3;
/// Seconds of the GPU's time that are worth a word.
const WORTH_NAMING: f64 = 1.0;

/// One GPU over a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What a person calls it.
    pub label: Untrusted,
    /// Whether it is the only one.
    pub is_alone: bool,
    /// Seconds in which it worked; `None` where that was not told.
    pub busy: Option<f64>,
    /// Seconds of that which known processes explain.
    pub explained: Option<f64>,
    /// Joules that it took, where it tells.
    pub energy: Option<f64>,
    /// The highest temperature, in °C.
    pub hottest: Option<f64>,
    /// Who used it and for how many seconds of its time, the most first.
    pub users: Vec<(Untrusted, f64)>,
}

impl Summary {
    /// Seconds in which it worked, as far as anything tells.
    pub fn worked(&self) -> f64 {
        self.busy.unwrap_or_else(|| self.users.iter().map(|(_, seconds)| seconds).sum())
    }

    /// Whether that is worth a word.
    pub fn has_worked(&self) -> bool {
        self.worked() >= WORTH_NAMING
    }
}

/// The sentence.
pub fn summary(gpu: &Summary, costs: Costs<'_>, names: Names<'_>) -> String {
    let name = if gpu.is_alone { "GPU".to_owned() } else { cut(names(&gpu.label)) };
    let long = format::span;
    let users: Vec<&(Untrusted, f64)> = gpu.users.iter().filter(|(_, seconds)| *seconds >= WORTH_NAMING).collect();
    let mut text = match gpu.busy {
        Some(seconds) if seconds < WORTH_NAMING && users.is_empty() => say!("{gpu} did nothing", gpu = name),
        Some(seconds) => say!("{gpu} worked for {time}", gpu = name, time = long(seconds)),
        None if users.is_empty() => say!("{gpu} did not tell what it did", gpu = name),
        None => say!("{gpu} worked", gpu = name),
    };
    let told = users.iter().take(NAMED).map(|(who, seconds)| format!("{} {}", cut(names(who)), long(*seconds)));
    let mut who: Vec<String> = told.collect();
    if users.len() > NAMED {
        let count = users.len() - NAMED;
        who.push(say_count!(count, "1 more", "{count} more", count));
    }
    let unseen = gpu.busy.zip(gpu.explained).map(|(busy, explained)| busy - explained);
    if let Some(seconds) =
        unseen.filter(|seconds| *seconds >= WORTH_NAMING && *seconds > gpu.busy.unwrap_or(0.0) / 10.0)
    {
        who.push(say!("not visible {time}", time = long(seconds)));
    }
    if !who.is_empty() {
        text += &format!(": {}", who.join(", "));
    }
    if let Some(joules) = gpu.energy.filter(|joules| *joules > 0.0) {
        text = say!("{gpu}; took {cost}", gpu = text, cost = costs(joules));
    }
    if let Some(celsius) = gpu.hottest {
        let temperature = format::value(Metric::GpuTemperature, celsius);
        text = say!("{gpu}; at most {temperature}", gpu = text, temperature);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, within};

    #[test]
    fn a_stretch_is_a_sentence() {
        #[track_caller]
        fn check(busy: Option<f64>, explained: Option<f64>, users: &[(&str, f64)], expected: &str) {
            let users = users.iter().map(|(name, seconds)| (Untrusted::from(*name), *seconds)).collect();
            let gpu = Summary {
                label: Untrusted::default(),
                is_alone: true,
                busy,
                explained,
                energy: None,
                hottest: None,
                users,
            };
            assert_eq!(summary(&gpu, &format::about_energy, &Untrusted::terminal), expected);
        }
        check(Some(0.2), Some(0.0), &[], "GPU did nothing");
        check(Some(600.0), Some(595.0), &[("Ollama", 595.0)], "GPU worked for 10 min: Ollama 9 min 55 s");
        check(Some(600.0), Some(60.0), &[("Ollama", 60.0)], "GPU worked for 10 min: Ollama 1 min, not visible 9 min");
        check(Some(600.0), Some(0.0), &[], "GPU worked for 10 min: not visible 10 min");
        check(None, None, &[], "GPU did not tell what it did");
        check(None, None, &[("x", 30.0)], "GPU worked: x 30 s");
        let many = [("a", 5.0), ("b", 4.0), ("c", 3.0), ("d", 2.0), ("e", 0.1)];
        check(Some(14.0), Some(14.0), &many, "GPU worked for 14 s: a 5 s, b 4 s, c 3 s, 1 more");
        let gpu = Summary {
            label: Untrusted::from("RTX"),
            is_alone: false,
            busy: Some(60.0),
            explained: Some(60.0),
            energy: Some(36_000.0),
            hottest: Some(81.0),
            users: Vec::new(),
        };
        let said = summary(&gpu, &format::about_energy, &Untrusted::terminal).replace('\u{a0}', " ");
        assert_eq!(said, "RTX worked for 1 min; took about 10 Wh; at most 81 °C");
        let said = within(Language::German, || summary(&gpu, &format::about_energy, &Untrusted::terminal));
        let expected = "RTX hat 1 min gearbeitet; Verbrauch etwa 10 Wh; höchstens 81 °C";
        assert_eq!(said.replace('\u{a0}', " "), expected);
        let users = ["a", "b", "c", "d", "e"].map(|name| (Untrusted::from(name), 2.0)).to_vec();
        let gpu = Summary { busy: Some(60.0), explained: Some(10.0), energy: None, hottest: None, users, ..gpu };
        let said = within(Language::German, || summary(&gpu, &format::about_energy, &Untrusted::terminal));
        assert_eq!(said, "RTX hat 1 min gearbeitet: a 2 s, b 2 s, c 2 s, 2 weitere, nicht sichtbar 50 s");
    }
}
