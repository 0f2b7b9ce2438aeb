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
    check("", "quite", "x", "there is no setting \"notify.quite\"; there are recording.tick, ");
    check("", "quiet", "late", "the new setting:2:9: \"late\" is no stretch of the day");
    check("", "burst", "3\nenabled = false", "cannot be set without touching the rest");
    check("notify.burst = 4\n", "quiet", "22:00-07:00", "write quiet = \"22:00-07:00\" below [notify] by hand");
    check("[notify\n", "burst", "4", "config.toml:1:");
}
