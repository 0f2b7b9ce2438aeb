//! One setting is set, and every other letter of the file stays.

use super::*;

#[test]
fn a_setting_is_set_where_it_stands() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("config.toml");
    let check = |before: &str, key: &str, value: &str, after: &str| {
        fs::write(&file, before).unwrap();
        let config = Config::set(&file, "notify", key, value).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), after);
        assert_eq!(Config::load(&file), Ok(config));
    };
    let night = "22:00-07:00";
    check("", "quiet", night, "[notify]\nquiet = \"22:00-07:00\"\n");
    check("[keep]\nraw = \"3d\"", "burst", "5", "[keep]\nraw = \"3d\"\n\n[notify]\nburst = 5\n");
    check(
        "[notify] # mine\n# quiet = of old\nquiet = \"\" # at #1\n\n[keep]\n",
        "quiet",
        night,
        "[notify] # mine\n# quiet = of old\nquiet = \"22:00-07:00\" # at #1\n\n[keep]\n",
    );
    check("[notify]\nburst = 5", "window", "30s", "[notify]\nburst = 5\nwindow = \"30s\"\n");
    check("[notify]\n\n[keep]\n", "enabled", "false", "[notify]\nenabled = false\n\n[keep]\n");
    // The example keeps its prose; the default gives way.
    fs::remove_file(&file).unwrap();
    Config::set(&file, "notify", "max_per_hour", "4").unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, Config::example().replace("#max_per_hour = 10\n", "max_per_hour = 4\n"));
}

#[test]
fn what_makes_no_sense_is_refused_and_the_file_stays() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("config.toml");
    let check = |before: &str, key: &str, value: &str, error: &str| {
        fs::write(&file, before).unwrap();
        let refused = Config::set(&file, "notify", key, value).unwrap_err().to_string();
        assert!(refused.contains(error), "{refused}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    };
    check("", "quite", "x", "there is no setting \"notify.quite\"; the nearest are notify.quiet, ");
    check("", "quiet", "late", "\"late\" is not a span of hours; write two times of day");
    check("", "burst", "3\nenabled = false", "write one value");
    check("notify.burst = 4\n", "quiet", "22:00-07:00", "write quiet = \"22:00-07:00\" below [notify] by hand");
    check("[notify\n", "burst", "4", "config.toml:1:");
    check("notify = { burst = 3 }\n", "enabled", "false", "write enabled = false below [notify] by hand");
}

#[test]
fn a_form_shows_every_setting_as_it_is_typed() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("config.toml");
    let text = "[notify]\nburst = 4\n[keep]\nraw = \"3d\"\n[notify.command]\nrun = [\n  \"/bin/a b\", # why\n]\n";
    fs::write(&file, text).unwrap();
    let book = SettingsBook::read(&file).unwrap();
    let set: Vec<_> = book.settings.iter().filter_map(|one| Some((one.setting.key, one.set.as_deref()?))).collect();
    assert_eq!(set, [("raw", "3d"), ("burst", "4"), ("run", "[\"/bin/a b\"]")]);
    assert!(book.exists() && book.config.keep.raw == Duration::from_secs(3 * 86_400));
    for SettingNow { setting, .. } in &book.settings {
        let typed = setting.default_text();
        assert_eq!(book.problem(setting.section, setting.key, &typed), None, "{}: {typed}", setting.key);
        if let Form::OneOf(words) = setting.form {
            assert!(words.contains(&typed.as_str()));
            assert!(words.iter().all(|word| book.problem(setting.section, setting.key, word).is_none()), "{words:?}");
            assert!(book.problem(setting.section, setting.key, "other").is_some());
        }
    }
    let late = book.problem("notify", "quiet", "late").unwrap();
    assert!(late.starts_with("\"late\" is not a span of hours; ") && late.ends_with('.'), "{late}");
    assert!(book.problem("notify", "quite", "").is_some_and(|said| said.starts_with("There is no setting")));
    fs::write(&file, "[notify.webhook]\nurl = \"https://me:pass@hooks.example.org/secret?token\"\n").unwrap();
    let url = SettingsBook::read(&file).unwrap().settings.into_iter().find_map(|one| one.set);
    assert_eq!(url.as_deref(), Some("https://hooks.example.org/…"));
    fs::remove_file(&file).unwrap();
    let book = SettingsBook::read(&file).unwrap();
    assert!(!book.exists() && book.settings.iter().all(|one| one.set.is_none()));
    assert_eq!(book.problem("keep", "raw", "3d"), None);
}

#[test]
fn what_only_fails_beside_other_settings_is_said_and_allowed_where_they_fit() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("config.toml");
    let problem = |text: &str, typed: &str| {
        fs::write(&file, text).unwrap();
        SettingsBook::read(&file).unwrap().problem("notify.webhook", "url", typed)
    };
    let said = problem("", "http://example.org/secret").unwrap();
    assert!(said.starts_with("Over http:// anybody") && !said.contains("secret"), "{said}");
    assert_eq!(problem("[notify.webhook]\ninsecure = true\n", "http://example.org/secret"), None);
    let said = problem("notify = { webhook = { insecure = true } }\n", "http://example.org/secret").unwrap();
    assert!(said.ends_with("write url below [notify.webhook] by hand."), "{said}");
}

#[test]
fn a_form_sets_a_value_and_takes_it_back() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("config.toml");
    let check = |before: &str, key: &str, value: &str, set: &str, back: &str| {
        fs::write(&file, before).unwrap();
        let save = |value: Option<&str>| {
            let version = SettingsBook::read(&file).unwrap().version;
            let config = Config::save_setting(&file, ("notify", key), value, &version).unwrap();
            assert_eq!(Config::load(&file), Ok(config));
            fs::read_to_string(&file).unwrap()
        };
        assert_eq!(save(Some(value)), set);
        assert_eq!(save(None), back);
        assert_eq!(Config::load(&file).unwrap().notify, Config::default().notify);
    };
    let example = Config::example();
    check(&example, "burst", "5", &example.replace("#burst = 3\n", "burst = 5\n"), &example);
    check("", "burst", "5", "[notify]\nburst = 5\n", "[notify]\n#burst = 3\n");
    check("[notify]\r\n", "burst", "5", "[notify]\r\nburst = 5\r\n", "[notify]\r\n#burst = 3\r\n");
    let head = "[notify]\n# mine\n";
    check(
        &format!("{head}  burst  =  7  # lucky\n#burst = 3\n"),
        "burst",
        "5",
        &format!("{head}  burst  =  5  # lucky\n#burst = 3\n"),
        &format!("{head}  # lucky\n#burst = 3\n"),
    );
}

#[test]
fn a_form_of_another_version_of_the_file_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("config.toml");
    let none = SettingsBook::read(&file).unwrap().version;
    Config::save_setting(&file, ("notify", "burst"), Some("5"), &none).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, Config::example().replace("#burst = 3\n", "burst = 5\n"));
    let refused = Config::save_setting(&file, ("notify", "burst"), Some("6"), &none).unwrap_err().to_string();
    assert!(refused.ends_with("was changed meanwhile; look at what it says now, and try again"), "{refused}");
    let version = SettingsBook::read(&file).unwrap().version;
    fs::write(&file, "[keep]\n").unwrap();
    assert!(Config::save_setting(&file, ("notify", "burst"), None, &version).is_err());
    fs::remove_file(&file).unwrap();
    assert!(Config::save_setting(&file, ("notify", "burst"), None, &version).is_err());
    assert!(!file.exists());
}
