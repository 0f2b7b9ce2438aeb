//! Rules as a form changes them: from what is typed to the file, and back.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

/// A config file in a folder of its own.
struct Place {
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Place {
    fn new(text: &str) -> Place {
        let place = Place::empty();
        fs::write(&place.file, text).unwrap();
        place
    }

    fn empty() -> Place {
        let folder = tempfile::tempdir().unwrap();
        Place { file: folder.path().join("hoofbeat/config.toml"), _folder: folder }.made()
    }

    fn made(self) -> Place {
        fs::create_dir_all(self.file.parent().unwrap()).unwrap();
        self
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    fn book(&self) -> RuleBook {
        RuleBook::read(&self.file).unwrap()
    }

    /// Changes what a form would show of a rule, and saves it.
    fn save(&self, id: &str, values: &[(&str, &str)]) -> Result<Config, EditError> {
        let book = self.book();
        let mut draft = book.entry(id).unwrap().draft();
        draft.values.extend(values.iter().map(|(key, value)| (key.to_string(), value.to_string())));
        Config::save_rule(&self.file, &draft, &book.version)
    }

    fn switch(&self, id: &str, enabled: bool) {
        let book = self.book();
        let draft = Draft { enabled, ..book.entry(id).unwrap().draft() };
        Config::save_rule(&self.file, &draft, &book.version).unwrap();
    }
}

fn fresh(id: &str, values: &[(&str, &str)]) -> Draft {
    let values = values.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    Draft { id: id.to_owned(), is_new: true, enabled: true, values }
}

#[test]
fn of_a_built_in_rule_only_what_differs_is_written() {
    let place = Place::new("# mine\n[keep]\nraw = \"7d\" # a week\n");
    // `for` is typed anew and means what it means already; `clear` is taken away and is as it is built in.
    place.save("gpu-hot", &[("fire", "< 8"), ("for", "60s"), ("clear", "")]).unwrap();
    let begin = "# mine\n[keep]\nraw = \"7d\" # a week\n";
    assert_eq!(place.text(), format!("{begin}\n[[rule]]\nid = \"gpu-hot\"\nfire = \"< 8\"\n"));
    let book = place.book();
    let entry = book.entry("gpu-hot").unwrap();
    assert_eq!((entry.listed.origin, entry.values["fire"].as_str()), (Origin::Changed, "< 8"));
    assert_eq!((entry.values["clear"].as_str(), entry.built_in["fire"].as_str()), ("> 10", "< 5"));
    assert_eq!((entry.values["severity"].as_str(), entry.built_in["severity"].as_str()), ("warning", "warning"));

    place.save("gpu-hot", &[("for", "5m"), ("severity", "critical")]).unwrap();
    let table = "[[rule]]\nid = \"gpu-hot\"\nfire = \"< 8\"\nfor = \"5m\"\nseverity = \"critical\"\n";
    assert_eq!(place.text(), format!("{begin}\n{table}"));
    place.switch("gpu-hot", false);
    assert_eq!(place.text(), format!("{begin}\n{table}enabled = false\n"));
    let version = place.book().version;
    let config = Config::remove_rule(&place.file, "gpu-hot", &version).unwrap();
    assert_eq!(config.rules, Config::default().rules);
    assert_eq!(place.text(), begin);

    // What is typed back to what is built in leaves nothing, too.
    place.save("gpu-hot", &[("fire", "< 8")]).unwrap();
    place.save("gpu-hot", &[("fire", "< 5")]).unwrap();
    place.switch("cpu-hot", false);
    place.switch("cpu-hot", true);
    assert_eq!(place.text(), begin);
}

#[test]
fn comments_and_order_stay() {
    let text = "\
# Rules of this machine.

[[rule]]            # the loud one
id = 'noisy' # by hand
# why so much: see the manual
fire = \"> 90\"       # was 85
metric = \"cpu.temperature\"
for = \"2m\"   # not at once
inhibit_by = [\"cpu-hot\"]

# Off at night.
[[rule]]
id = \"cpu-hot\"
hours = \"08:00-20:00\"

[notify]
quiet = \"22:00-07:00\"
";
    let place = Place::new(text);
    place
        .save("noisy", &[("fire", "> 95 °C"), ("for", ""), ("keep", "3m"), ("text", "hot: {value}\n\"#\"\\")])
        .unwrap();
    let expected = text
        .replace("\"> 90\"       # was 85", "\"> 95 °C\"       # was 85")
        .replace("for = \"2m\"   # not at once\n", "# not at once\n")
        .replace("[\"cpu-hot\"]\n", "[\"cpu-hot\"]\nkeep = \"3m\"\ntext = \"hot: {value}\\n\\\"#\\\"\\\\\"\n");
    assert_eq!(place.text(), expected);
    assert_eq!(place.book().entry("noisy").unwrap().values["text"], "hot: {value}\n\"#\"\\");
    // The comment would go with an empty table.
    place.save("cpu-hot", &[("hours", "")]).unwrap();
    assert_eq!(place.text(), expected.replace("hours = \"08:00-20:00\"\n", ""));
    place.switch("noisy", false);
    place.switch("noisy", true);
    assert!(place.text().contains("\nenabled = true\n\n# Off at night.\n"), "{}", place.text());
    let version = place.book().version;
    Config::remove_rule(&place.file, "noisy", &version).unwrap();
    let rest = &expected[expected.find("# Off at night.").unwrap()..].replace("hours = \"08:00-20:00\"\n", "");
    assert_eq!(place.text(), format!("# Rules of this machine.\n\n{rest}"));
}

#[test]
fn what_is_wrong_has_its_field_and_the_words_of_a_form() {
    let text = "[[rule]]\nid = \"own\"\nmetric = \"gpu.power\"\nfire = \"> 300 W\"\nagg = \"avg:1m\"\n
        [[rule]]\nid = \"size\"\nmetric = \"memory.used\"\nfire = \"> 3 GiB\"\n";
    let place = Place::new(text);
    let book = place.book();
    #[track_caller]
    fn check(book: &RuleBook, id: &str, key: &str, value: &str, field: &str, message: &str) {
        let mut draft = book.entry(id).unwrap().draft();
        draft.values.insert(key.to_owned(), value.to_owned());
        let problem = DraftProblem { field: Some(field.to_owned()), message: message.to_owned() };
        assert_eq!(book.check(&draft).unwrap_err(), problem);
        assert_eq!(book.problems(&draft), [problem]);
    }
    check(&book, "gpu-hot", "fire", "5", "fire", "Put > or < before it: > 5 is above, < 5 is below.");
    check(&book, "gpu-hot", "fire", "warm", "fire", "Write > or <, then a number, like > 87 °C.");
    check(&book, "gpu-hot", "fire", "<", "fire", "After > or < comes a number, like > 87 °C.");
    check(&book, "gpu-hot", "fire", "< 5 W", "fire", "Its unit is °C: write > 87 °C, or the number alone.");
    let overlap = "With > 10 it would fire and be over at once: it fires at < 12, so write > and at least 12.";
    check(&book, "gpu-hot", "fire", "< 12", "clear", overlap);
    check(&book, "gpu-memory-full", "fire", "> much", "fire", "After > or < comes a number, like > 90 %.");
    check(&book, "disk-fills", "fire", "< 2", "fire", "After > or < comes a time, like > 24h.");
    check(&book, "wake-storm", "fire", "> 2 W", "fire", "It has no unit: write the number alone, like > 100.");
    check(&book, "size", "fire", "> 3 lots", "fire", "Write a size, like > 500 MiB.");
    check(&book, "size", "clear", "3", "clear", "Put > or < before it: > 3 is above, < 3 is below.");
    check(&book, "own", "fire", "", "fire", "Say when it fires: > or <, then a number, like > 87 W.");
    check(&book, "own", "for", "2 minutes", "for", "Write a number and s, m, h or d, like 30s, 5m or 1h30m.");
    check(&book, "own", "for", "2", "for", "Say of what: 2s, 2m or 2h.");
    check(&book, "own", "keep", "2d", "keep", "At most a day: 24h.");
    check(&book, "own", "severity", "loud", "severity", "Choose info, warning or critical.");
    check(&book, "own", "hours", "at night", "hours", "Write two different times of the day, like 22:00-07:00.");
    check(&book, "own", "repeat", "1s", "repeat", "At least a minute: 1m.");
    assert_eq!(book.entry("gpu-lost").unwrap().fields()[..2], ["for", "keep"]);

    let fails = |draft: Draft| book.check(&draft).unwrap_err();
    let mut lost = book.entry("gpu-lost").unwrap().draft();
    lost.values.insert("fire".to_owned(), "> 1".to_owned());
    assert_eq!(fails(lost).field.as_deref(), Some("fire"), "a state has no limit");
    let mut text = book.entry("own").unwrap().draft();
    text.values.insert("text".to_owned(), "{vlaue}".to_owned());
    assert!(
        matches!(&book.problems(&text)[..], [one] if one.message.contains("{vlaue}") && one.message.contains("{who}"))
    );
    let hot = [("metric", "cpu.temperature"), ("fire", "> 80")];
    assert_eq!(fails(fresh("", &hot)).field.as_deref(), Some("id"));
    assert_eq!(fails(fresh("two words", &hot)).message, "A name has up to 64 letters, digits and - _ . and no spaces.");
    assert_eq!(fails(fresh("gpu-hot", &hot)).message, "There is a rule \"gpu-hot\" already: choose another name.");
    assert_eq!(fails(fresh("new", &[])).field.as_deref(), Some("metric"));
    assert_eq!(fails(fresh("new", &hot[..1])).field.as_deref(), Some("fire"));
    assert_eq!(fails(fresh("new", &[("metric", "cpu.temp"), hot[1]])).field.as_deref(), Some("metric"));
    assert!(fails(Draft { is_new: false, ..fresh("gone", &hot) }).message.contains("any more"));
    assert!(fails(fresh("new", &[hot[0], hot[1], ("enabled", "no")])).message.contains("\"enabled\""));
    let before = place.text();
    let saved = Config::save_rule(&place.file, &fresh("new", &[("metric", "cpu.temp")]), &book.version);
    assert!(saved.unwrap_err().to_string().starts_with("There is no metric \"cpu.temp\""));
    assert_eq!(place.text(), before);
}

#[test]
fn every_mistake_is_told_at_once_at_its_own_field() {
    let book = Place::new("[[rule]]\nid = \"own\"\nmetric = \"gpu.power\"\nfire = \"> 300 W\"\n").book();
    let wrong = |draft: &Draft| {
        let problems = book.problems(draft).into_iter();
        problems.map(|problem| problem.field.unwrap_or_else(|| problem.message.clone())).collect::<Vec<_>>()
    };
    let changed = |id: &str, values: &[(&str, &str)]| {
        let mut draft = book.entry(id).unwrap().draft();
        draft.values.extend(values.iter().map(|(key, value)| (key.to_string(), value.to_string())));
        draft
    };
    let all = [("fire", "5"), ("clear", "6"), ("for", "long"), ("keep", "3"), ("severity", "loud"), ("repeat", "1s")];
    let all = [&all[..], &[("hours", "never"), ("text", "{")]].concat();
    let expected = ["fire", "clear", "hours", "for", "keep", "repeat", "text", "severity"];
    for id in ["own", "gpu-hot", "disk-fills", "gpu-memory-full", "wake-storm"] {
        assert_eq!(wrong(&changed(id, &all)), expected, "{id}");
        assert_eq!(wrong(&changed(id, &[])), [""; 0], "{id}");
        // What is right is not called wrong because something else is.
        assert_eq!(wrong(&changed(id, &[("fire", "x"), ("for", "y")])), ["fire", "for"], "{id}");
    }
    assert_eq!(wrong(&changed("gpu-hot", &[("fire", "< 12"), ("keep", "y")])), ["clear", "keep"]);
    assert_eq!(wrong(&changed("gpu-lost", &[("for", "x"), ("hours", "y")])), ["hours", "for"]);
    assert_eq!(wrong(&fresh("", &[])), ["id", "metric", "fire"]);
    assert_eq!(wrong(&fresh("a b", &[("fire", "> 5 W"), ("for", "x")])), ["metric", "id", "for"]);
    assert_eq!(wrong(&fresh("new", &[("metric", "cpu.temperature"), ("fire", "> 80")])), [""; 0]);
    let gone = wrong(&Draft { is_new: false, ..fresh("gone", &[]) });
    assert!(matches!(&gone[..], [one] if one.contains("any more")), "{gone:?}");
}

#[test]
fn a_file_is_made_where_there_is_none_for_its_owner_alone() {
    let place = Place::empty();
    let book = place.book();
    let draft =
        fresh("mine", &[("metric", "cpu.temperature"), ("fire", "> 80"), ("text", "<img src=x onerror=alert(1)>")]);
    let config = Config::save_rule(&place.file, &draft, &book.version).unwrap();
    assert!(config.rules.iter().any(|rule| rule.id == "mine"));
    assert_eq!(fs::metadata(&place.file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(place.text().starts_with(&Config::example()) && place.text().ends_with("onerror=alert(1)>\"\n"));
    assert_eq!(Config::load(&place.file).unwrap(), config);
}

#[test]
fn a_file_that_changed_or_is_broken_meanwhile_is_left_alone() {
    let place = Place::new("");
    let book = place.book();
    let mut draft = book.entry("gpu-hot").unwrap().draft();
    draft.values.insert("fire".to_owned(), "< 7".to_owned());
    #[track_caller]
    fn check(place: &Place, draft: &Draft, version: &str, text: &str, said: &str) {
        fs::write(&place.file, text).unwrap();
        let error = Config::save_rule(&place.file, draft, version).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains('\n'), "{error}");
        let error = Config::remove_rule(&place.file, "gpu-hot", version).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(place.text(), text);
    }
    check(
        &place,
        &draft,
        &book.version,
        "[keep]\nraw = \"7d\"\n",
        "was changed meanwhile; look at the rule as it is now",
    );
    check(&place, &draft, &book.version, "[keep\n", "was changed meanwhile");
    let broken = "[keep\n";
    fs::write(&place.file, broken).unwrap();
    assert!(RuleBook::read(&place.file).unwrap_err().to_string().contains("config.toml:1:"));
    // A rule that is written in another way than a person does is for that person to change.
    let inline = "rule = [{ id = \"gpu-hot\", fire = \"< 9\" }]\n";
    fs::write(&place.file, inline).unwrap();
    let version = place.book().version;
    draft.values.insert("for".to_owned(), "9m".to_owned());
    check(&place, &draft, &version, inline, "cannot be changed without touching the rest; change it by hand");
    // Of one that stands for a built-in rule nothing is added.
    let whole = "[[rule]]\nid = \"gpu-hot\"\nmetric = \"gpu.temperature\"\nfire = \"> 80\"\n";
    fs::write(&place.file, whole).unwrap();
    place.save("gpu-hot", &[("fire", "> 85")]).unwrap();
    assert_eq!(place.text(), whole.replace("80", "85"));
}

/// Texts that a key may have, and such as nobody should type.
fn typed(key: &'static str) -> BoxedStrategy<String> {
    let some: &'static [&'static str] = match key {
        "fire" => &["> 90", "> 97.5", ">1000", "> 120 %", "< 3"],
        "clear" => &["", "< 50", "< 1", "> 500"],
        "for" | "keep" => &["", "0s", "30s", "5m", "1h30m"],
        "severity" => &["info", "warning", "critical"],
        "source" => &["", "cpu", "disk:*", "gpu:\u{202e}\"#'\\"],
        "repeat" => &["", "4h", "1d"],
        "hours" => &["", "22:00-07:00"],
        _ => {
            &["", "{source}: <img src=x onerror=alert(1)>\n\u{202e}\"\"\"\t\u{1b}\u{7f}", "''' # {value}", "€ \\u0041"]
        }
    };
    let any = "[ -~\u{e9}\n\"'#]{0,12}";
    prop_oneof![9 => prop::sample::select(some).prop_map(str::to_owned), 1 => any.prop_map(String::from)].boxed()
}

fn drafts() -> impl Strategy<Value = Vec<(String, bool, BTreeMap<String, String>)>> {
    let ids = prop::sample::select(&["own", "gpu-hot", "cpu-hot", "gpu-lost", "disk-fills", "new", "wake-storm"][..]);
    let values = FIELDS.map(|key| prop::option::of(typed(key)).prop_map(move |text| (key.to_owned(), text)));
    let values = values.to_vec().prop_map(|all| all.into_iter().filter_map(|(key, text)| Some((key, text?))).collect());
    prop::collection::vec((ids.prop_map(str::to_owned), any::<bool>(), values), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever is typed, in whatever order: what is saved is what was typed, all else stays, and what is not saved changes
    /// nothing.
    #[test]
    fn what_is_saved_is_what_was_typed(drafts in drafts()) {
        const OTHERS: [&str; 4] = ["# The first line.", "[keep] # of history", "raw = \"7d\" # a week", "# The last line."];
        let own = "[[rule]]\nid = \"own\"\nmetric = \"cpu.utilization\"\nfire = \"> 95 %\" # busy\nagg = \"avg:1m\"\n";
        let place = Place::new(&format!("{}\n{own}\n{}\n{}\n\n{}", OTHERS[0], OTHERS[1], OTHERS[2], OTHERS[3]));
        for (id, enabled, values) in drafts {
            let book = place.book();
            let entry = book.entry(&id);
            let mut draft = match entry {
                Some(entry) => Draft { enabled, ..entry.draft() },
                None => fresh(&id, &[("metric", "cpu.temperature")]),
            };
            draft.values.extend(values);
            let before = place.text();
            let checked = book.check(&draft);
            let saved = Config::save_rule(&place.file, &draft, &book.version);
            prop_assert_eq!(checked.is_ok(), saved.is_ok(), "{:?} {:?}", checked, saved);
            let problems = book.problems(&draft);
            prop_assert_eq!(checked.as_ref().err(), problems.first());
            let Ok(rule) = checked else {
                prop_assert_eq!(place.text(), before);
                continue;
            };
            // The recorder reads the same.
            prop_assert_eq!(Config::load(&place.file).unwrap(), saved.unwrap());
            let after = place.book();
            let found = after.entry(&id).unwrap();
            prop_assert_eq!(&found.listed.rule, &rule);
            prop_assert_eq!(found.listed.is_on, draft.enabled);
            for (key, typed) in &draft.values {
                let typed = if key == "text" { typed.as_str() } else { typed.trim() };
                let stands = found.values.get(key).map_or("", String::as_str);
                let is_usual = key == "severity" || !found.built_in.is_empty();
                prop_assert!(stands == typed || typed.trim().is_empty() || is_usual, "{}: {:?}", key, stands);
            }
            // A second time it changes nothing, and what is built in is not written down.
            let text = place.text();
            Config::save_rule(&place.file, &found.draft(), &after.version).unwrap();
            prop_assert_eq!(place.text(), text.clone());
            for other in OTHERS {
                prop_assert!(text.lines().any(|line| line == other), "{} is gone from\n{}", other, text);
            }
            for (key, value) in &found.built_in {
                let table = text.split("[[rule]]").find(|table| table.contains(&format!("id = \"{id}\""))).unwrap_or("");
                prop_assert!(!table.contains(&format!("\n{key} = \"{value}\"")), "{}", table);
            }
        }
    }
}
