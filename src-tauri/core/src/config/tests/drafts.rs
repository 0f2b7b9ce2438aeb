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
fn what_is_wrong_has_its_field_and_a_sentence() {
    let place = Place::new("[[rule]]\nid = \"own\"\nmetric = \"gpu.power\"\nfire = \"> 300 W\"\nagg = \"avg:1m\"\n");
    let book = place.book();
    #[track_caller]
    fn check(book: &RuleBook, id: &str, key: &str, value: &str, field: &str, message: &str) {
        let mut draft = book.entry(id).unwrap().draft();
        draft.values.insert(key.to_owned(), value.to_owned());
        let problem = book.check(&draft).unwrap_err();
        assert_eq!((problem.field.as_deref(), &problem.message[..message.len()]), (Some(field), message));
    }
    check(
        &book,
        "gpu-hot",
        "fire",
        "5",
        "fire",
        "\"5\" is not a threshold of gpu.temperature.margin; write > or < and",
    );
    check(
        &book,
        "gpu-hot",
        "fire",
        "< 12",
        "clear",
        "\"> 10\" is beyond the limit at which the rule fires, so it would",
    );
    check(&book, "own", "fire", "", "fire", "This rule has no fire; add fire: when it fires");
    check(&book, "own", "for", "2 minutes", "for", "\"2 minutes\" is not a duration; write a whole number");
    check(&book, "own", "severity", "loud", "severity", "There is no severity \"loud\"; write");
    check(&book, "own", "hours", "at night", "hours", "\"at night\" is");
    check(&book, "own", "repeat", "1s", "repeat", "\"1s\" is too often; write \"1m\" or more.");
    check(&book, "own", "text", "{vlaue}", "text", "Nothing is known as {vlaue}; write");
    check(&book, "gpu-lost", "fire", "> 1", "fire", "A state has no limit");
    assert_eq!(book.entry("gpu-lost").unwrap().fields()[..2], ["for", "keep"]);

    let fails = |draft: Draft| book.check(&draft).unwrap_err();
    let hot = [("metric", "cpu.temperature"), ("fire", "> 80")];
    assert_eq!(fails(fresh("", &hot)).field.as_deref(), Some("id"));
    assert_eq!(fails(fresh("two words", &hot)).field.as_deref(), Some("id"));
    assert_eq!(fails(fresh("gpu-hot", &hot)).message, "There is a rule \"gpu-hot\" already: choose another id.");
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
