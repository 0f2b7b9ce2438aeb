//! The same mistakes, told in German: what was typed stands in the sentence as it was typed.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::language::{Language, within};

/// What is wrong with a text of a config file.
fn wrong(text: &str) -> String {
    within(Language::German, || Config::parse(text, Path::new("c.toml")).unwrap_err().to_string())
}

#[test]
fn a_mistake_in_the_file_is_told_with_its_place_and_its_remedy() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(wrong(text), expected);
    }
    check(
        "[keep]\nraw = \"1s\"",
        "c.toml:2:7: Verlauf lässt sich nicht kürzer als zwei Stunden aufbewahren; \"2h\" oder mehr schreiben",
    );
    check(
        "[keep]\nraw = 7",
        "c.toml:2:7: das ist eine ganze Zahl, kein Text; den Wert mit Einheit in Anführungszeichen setzen: \"1s\", \"30d\"",
    );
    check(
        "[[rule]]\nid = \"a\"\nmetric = \"gpu.utilization\"\nfire = \"> 200\"",
        "c.toml:4:8: \"> 200\" trifft nie zu, denn gpu.utilization liegt zwischen 0 % und 100 %; eine Grenze schreiben, die sie über- und unterschreiten kann",
    );
    check(
        "[[rule]]\nid = \"a\"\nmetric = \"disk.used\"\nof = \"disk.total\"\nagg = \"full:6h\"\nfire = \"< viel\"",
        "c.toml:6:8: die Zeit, bis es voll ist, kann keine Grenze \"< viel\" haben; > oder < und eine Zeit schreiben: \"< 24h\"",
    );
    check(
        "[[expect]]\nid = \"nacht\"\nprogram = \"x\"\nhours = \"25:00-1:00\"",
        "c.toml:4:9: \"25:00-1:00\" ist keine Zeitspanne; zwei Uhrzeiten (Ortszeit) mit - dazwischen schreiben: \"22:00-07:00\"",
    );
    // No rule fires without one, so that this comes of the table of keys.
    check(
        "[[rule]]\nid = \"a\"\nmetric = \"gpu.power\"",
        "c.toml:1:1: diese Regel hat kein fire; fire ergänzen: wann sie auslöst: \"> 87\", \"< 500 MiB\"",
    );
}

#[test]
fn what_is_hostile_stays_between_its_quotes() {
    let said = wrong("[[rule]]\nid = \"\\u202e{id}\\u001b\"\nmetric = \"gpu.power\"\nfire = \"> 1\"");
    assert_eq!(
        said,
        "c.toml:2:6: \"\\u{202e}{id}\\u{1b}\" ist keine gültige id; bis zu 64 Buchstaben, Ziffern und - _ . verwenden, etwa \"gpu-hot\""
    );
}

#[test]
fn a_form_is_told_in_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let said = |values: &[(&str, &str)]| {
        let values: BTreeMap<_, _> = values.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let draft = Draft { id: "a".to_owned(), is_new: true, enabled: true, values };
        let problems = within(Language::German, || RuleBook::read(&file).unwrap().problems(&draft));
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    assert_eq!(
        said(&[]),
        ["Wählen, was die Regel überwacht.", "Angeben, wann sie auslöst: > oder <, dann eine Zahl, etwa > 87 °C."]
    );
    let metric = ("metric", "gpu.utilization");
    assert_eq!(
        said(&[metric, ("fire", "> 200")]),
        [
            "\"> 200\" trifft nie zu, denn GPU-Auslastung liegt zwischen 0 % und 100 %; eine Grenze schreiben, die sie über- und unterschreiten kann."
        ]
    );
    assert_eq!(
        said(&[metric, ("fire", "90"), ("for", "5")]),
        ["> oder < davor setzen: > 90 heißt darüber, < 90 darunter.", "Die Einheit fehlt: 5s, 5m oder 5h."]
    );
    assert_eq!(
        said(&[metric, ("fire", "> 90"), ("clear", "< 95")]),
        [
            "Mit < 95 würde sie auslösen und zugleich vorbei sein: Sie löst bei > 90 aus, also < und höchstens 90 schreiben."
        ]
    );
    let problem = |key: &str, typed: &str| {
        within(Language::German, || SettingsBook::read(&file).unwrap().problem("notify", key, typed)).unwrap()
    };
    assert_eq!(
        problem("burst", "0"),
        "0 ist keine Zahl von Benachrichtigungen; 1 bis 100 schreiben; enabled = false zeigt gar keine."
    );
    assert!(problem("brust", "0").starts_with("Es gibt keine Einstellung \"notify.brust\"; am nächsten kommen "));
}

#[test]
fn a_file_that_cannot_be_changed_or_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, [0xff, 0xfe]).unwrap();
    let shown = file.display();
    let said = |work: &dyn Fn() -> String| within(Language::German, work);
    assert_eq!(
        said(&|| Config::load(&file).unwrap_err().to_string()),
        format!("{shown}: die Datei ist kein UTF-8-Text; als UTF-8-Text speichern")
    );
    fs::write(&file, "").unwrap();
    assert_eq!(
        said(&|| Config::remove_expectation(&file, "weg").unwrap_err().to_string()),
        "es gibt keine Erwartung \"weg\"; es gibt gar keine"
    );
    let keys = [("id", "a".to_owned()), ("program", "x".to_owned()), ("share", "viel".to_owned())];
    let problem = within(Language::German, || Config::expectation_problem(&file, &keys, |_| None)).unwrap().unwrap();
    assert_eq!(problem.field.as_deref(), Some("share"));
    assert_eq!(problem.message, "Das ist eine Zeichenkette, keine Zahl; zum Beispiel share = 80 schreiben.");
}
