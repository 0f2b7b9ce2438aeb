//! What a person calls the sources of one recording, so that no two have the same name.
//!
//! A label is not enough: every chip may have a "temp1", and two disks of one model have the same label. Ids are unique,
//! but long, and made for machines. And the way back, from what a person typed. Deliberately not here: cutting a name to fit.

use std::collections::HashMap;

use hoofbeat_core::api::{SessionInfo, SourceStatus, Users};
use hoofbeat_core::model::SourceKind;

use crate::failure::Failure;
use crate::output;

/// The name of each source, in their order: its label, after that of the whole where it is a part, and with its id
/// where another one is called the same. Fit for a terminal.
pub fn names(sources: &[SourceStatus]) -> Vec<String> {
    let label = |source: &SourceStatus| output::text(if source.label.is_empty() { &source.id } else { &source.label });
    let labels: HashMap<&str, String> = sources.iter().map(|source| (source.id.as_str(), label(source))).collect();
    let name = |source: &SourceStatus| match source.part_of.as_deref().and_then(|whole| labels.get(whole)) {
        Some(whole) => format!("{whole} · {}", label(source)),
        None => label(source),
    };
    let mut names: Vec<String> = sources.iter().map(name).collect();
    let mut counts: HashMap<String, usize> = HashMap::new();
    names.iter().for_each(|name| *counts.entry(name.clone()).or_default() += 1);
    for (name, source) in names.iter_mut().zip(sources) {
        if counts[name] > 1 {
            *name = format!("{name} ({})", output::text(&source.id));
        }
    }
    names
}

/// The id of the one with this id, name or label; where there is none, what there is. `kind` is what a person calls them all.
///
/// # Errors
/// There is none.
pub fn source(sources: &[SourceStatus], wanted: &str, kind: &str) -> Result<String, Failure> {
    let same = |text: &str| text.eq_ignore_ascii_case(wanted);
    let names = names(sources);
    let named = || sources.iter().zip(&names).find(|(_, name)| same(name)).map(|(source, _)| source);
    let found = sources.iter().find(|source| source.id == wanted).or_else(named);
    if let Some(source) = found.or_else(|| sources.iter().find(|source| same(&source.label))) {
        return Ok(source.id.clone());
    }
    // Cores and channels are many; instances of a GPU are few, and each is one to ask for.
    let is_told = |source: &&SourceStatus| source.part_of.is_none() || source.kind == SourceKind::Gpu;
    let known: Vec<String> = sources.iter().filter(is_told).map(|source| output::text(&source.id)).collect();
    let known = if known.is_empty() { "none was found".to_string() } else { format!("there are {}", known.join(", ")) };
    Err(Failure::Usage(format!("there is no {kind} {:?}; {known}", output::text(wanted))))
}

/// A user's name; empty where it is not known who it is.
pub fn user(uid: Option<u32>, users: &mut Users) -> String {
    uid.map(|uid| users.name(uid)).unwrap_or_default()
}

/// Who had a session, with the program behind it where that says more: nobody needs to read of `ollama.service` that its
/// program is `ollama`.
pub fn with_command(session: &SessionInfo) -> String {
    let name = &session.identity;
    let lower = |text: &str| text.to_lowercase();
    let told = [lower(name), lower(&session.key)];
    match session.command.as_deref() {
        Some(command) if !told.iter().any(|told| told.contains(&lower(command)) || lower(command).contains(told)) => {
            format!("{name} ({command})")
        }
        _ => name.clone(),
    }
}

/// A session of which no more is known than whose it was.
#[cfg(test)]
pub fn session(identity: &str, key: &str) -> SessionInfo {
    SessionInfo {
        id: 1,
        episode: None,
        source: "gpu:1".into(),
        label: "GPU".into(),
        identity: identity.into(),
        key: key.into(),
        uid: None,
        command: None,
        start: 0,
        end: 1,
        ended: None,
        busy: None,
        mean_share: None,
        peak_share: None,
        vram: None,
        encoder: None,
        decoder: None,
        energy: None,
        processes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::model::{Health, SourceKind};

    use super::*;

    #[test]
    fn an_id_is_shown_only_where_it_tells_apart() {
        let source = |id: &str, label: &str, part_of: Option<&str>| SourceStatus {
            id: id.into(),
            kind: SourceKind::Chip,
            label: label.into(),
            part_of: part_of.map(str::to_string),
            health: Health::Ok,
            reason: String::new(),
            ts: None,
            metrics: Default::default(),
            processes: Vec::new(),
        };
        let sources = [
            source("net:pci/1", "eth0", None),
            source("disk:1", "SSD", None),
            source("disk:2", "SSD", None),
            source("hwmon:a", "nct6798", None),
            source("hwmon:a:temp1", "temp1", Some("hwmon:a")),
            source("hwmon:b", "acpitz", None),
            source("hwmon:b:temp1", "temp1", Some("hwmon:b")),
            source("memory", "", None),
            source("x", "\u{1b}[2J", None),
        ];
        let expected = [
            "eth0",
            "SSD (disk:1)",
            "SSD (disk:2)",
            "nct6798",
            "nct6798 · temp1",
            "acpitz",
            "acpitz · temp1",
            "memory",
            "\u{fffd}[2J",
        ];
        assert_eq!(names(&sources), expected);
    }

    #[test]
    fn a_program_is_told_where_it_says_more_than_the_name() {
        for (identity, key, command, expected) in [
            ("Ollama", "unit:ollama.service", Some("ollama"), "Ollama"),
            ("Ollama", "unit:ollama.service", Some("llama-runner"), "Ollama (llama-runner)"),
            ("jupyter: notebook", "module:ipykernel_launcher", Some("python3"), "jupyter: notebook (python3)"),
            ("Firefox", "app:org.mozilla.firefox", Some("firefox-bin"), "Firefox"),
            ("my render", "unit:blender.service", Some("Blender"), "my render"),
            ("Dota 2", "steam:570", Some("dota2"), "Dota 2 (dota2)"),
            ("train.py", "script:train.py", None, "train.py"),
        ] {
            let session = SessionInfo { command: command.map(str::to_string), ..session(identity, key) };
            assert_eq!(with_command(&session), expected);
        }
    }
}
