//! What reaches the bus of names that strangers chose.

use std::path::Path;

use hoofbeat_core::config::Config;
use hoofbeat_core::engine::{Detail, Who};
use hoofbeat_core::language::{Language, within};
use hoofbeat_core::model::{Source, SourceKind};
use serde_json::json;

use super::*;

/// What a server gets to see of one that is called so and uses a GPU that is called so: title and body, with markup and
/// without.
fn shown(name: &[u8]) -> [(String, String); 2] {
    let config = Config::parse("", Path::new("config.toml")).unwrap();
    let rule = config.rules.iter().find(|rule| rule.id == "unexpected-use").unwrap();
    let name = Untrusted::new(name);
    let notice = Arc::new(Notice {
        rule: Arc::new(rule.clone()),
        source: Source::whole(SourceKind::Gpu, "gpu:1", name.clone()),
        who: Some(Who { key: "program:x".to_owned(), name: name.clone() }),
        value: Some(1.0),
        phase: NoticePhase::Fired,
        since: 0,
        detail: Detail { event: Some(json!({ "why": "new", "share": 97.0 })), reason: None },
        text: None,
        because: Some(name),
        flutters: None,
        notify: true,
    });
    ["body-markup", "body"].map(|can| {
        let window = Window { folder: PathBuf::new(), root: None };
        let mut thread = Thread::new(window, PathBuf::new(), sync_channel(1).0);
        thread.server = Server::Can(vec![can.to_owned()]);
        thread.waiting.add(&notice);
        let sent = thread.notification(thread.waiting.next().unwrap(), None);
        (sent.title, sent.body)
    })
}

/// The keys of buttons are read by Hoofbeat, and what stands on them by a person.
#[test]
fn a_german_notification_has_german_buttons() {
    let config = Config::parse("", Path::new("config.toml")).unwrap();
    let rule = config.rules.iter().find(|rule| rule.id == "unexpected-use").unwrap();
    let notice = Arc::new(Notice {
        rule: Arc::new(rule.clone()),
        source: Source::whole(SourceKind::Gpu, "gpu:1", "RTX"),
        who: Some(Who { key: "program:x".to_owned(), name: Untrusted::from("x") }),
        value: Some(1.0),
        phase: NoticePhase::Fired,
        since: 0,
        detail: Detail { event: Some(json!({ "why": "new" })), reason: None },
        text: None,
        because: None,
        flutters: None,
        notify: true,
    });
    let (buttons, asked) = within(Language::German, || {
        let mut waiting = Waiting::default();
        waiting.no_tray("KDE");
        (actions(&Say::about(&notice, true)), actions(waiting.next().unwrap()))
    });
    assert_eq!(
        buttons,
        ["default", "Hoofbeat öffnen", "open", "Öffnen", "snooze", "1 h stumm", "expect", "Das ist gewollt"]
    );
    assert_eq!(asked, ["default", "Hoofbeat öffnen", "keep", "Weiter überwachen", "open", "Fenster öffnen"]);
}

/// Compared with what is committed: each name, then the title, and the body with markup and without.
#[test]
fn hostile_names_are_harmless_on_the_bus() {
    let names: [&[u8]; 7] = [
        b"blender",
        b"a\nb",
        b"\x1b[31mred",
        b"</b><img src=x>",
        "evil\u{202e}gnp.exe".as_bytes(),
        "\u{2067}x\u{61c}".as_bytes(),
        b"\xff\xfe",
    ];
    let mut told = String::new();
    for name in names {
        let [(title, markup), (same, plain)] = shown(name);
        assert_eq!(title, same);
        told.push_str(&format!("{}\n{title}\n{markup}\n{plain}\n\n", name.escape_ascii()));
    }
    assert!(told.chars().all(|c| c == '\n' || !c.is_control()));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/notify/hostile.golden.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &told).unwrap();
    }
    let expected = std::fs::read_to_string(&file).expect("UPDATE_GOLDEN=1 writes it");
    assert_eq!(told, expected);
}

#[test]
fn the_longest_name_leaves_the_sentence_to_be_read() {
    let long = "<".repeat(4 << 20);
    let [(title, markup), (_, plain)] = shown(long.as_bytes());
    let name = format!("{}…", "<".repeat(60));
    assert_eq!(title, format!("{name} uses {name} and never did before"));
    assert!(plain.chars().count() <= 401 && plain.ends_with('…'), "{plain}");
    assert!(markup.len() < 4096 && !markup.contains('<'), "{markup}");
}
