//! Config files that are right, and what is said of those that are not.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::metrics::Metric;
use crate::model::rule::{Aggregate, NoData, Rule, Severity, Side, Threshold, Watched, When, Window};
use crate::model::{EventKind, Health};

fn refused(text: &str) -> String {
    Config::parse(text, Path::new("config.toml")).expect_err("must be refused").to_string()
}

#[test]
fn the_example_is_the_defaults_as_it_is_and_with_every_comment_mark_removed() {
    let example = Config::example();
    assert_eq!(Config::parse(&example, Path::new("x")), Ok(Config::default()));
    let bare: String = example
        .lines()
        // "# " begins prose, "#key" a setting.
        .map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_ne!(bare, example);
    assert_eq!(Config::parse(&bare, Path::new("x")), Ok(Config::default()));
    for setting in SETTINGS {
        assert!(bare.contains(&format!("\n{} = {}\n", setting.key, setting.default)), "{}", setting.key);
    }
    assert!(example.lines().all(|line| line.chars().count() <= 120));
}

#[test]
fn the_defaults_are_those_of_the_model() {
    let config = Config::default();
    assert_eq!(
        (config.keep, config.sessions, config.notify),
        (Keep::default(), UseRules::default(), Notify::default())
    );
    assert_eq!((config.tick.as_secs(), config.tick_on_battery.as_secs()), (1, 5));
    assert!(config.rules.len() > 10);
    assert_eq!(Config::parse("", Path::new("x")), Ok(config));
}

#[test]
fn a_config_says_what_is_wrong_where_and_what_to_write_instead() {
    #[track_caller]
    fn check(text: &str, error: &str) {
        assert_eq!(refused(text), error);
    }
    check(
        "[recording]\ntick = \"2 minutes\"",
        "config.toml:2:8: \"2 minutes\" is not a duration; write a whole number and a unit: \"30s\", \"2m\", \"1h\", \
         \"30d\", \"4w\" or \"5y\", or several: \"1h30m\"",
    );
    check(
        "[recording]\n\ntick = 1",
        "config.toml:3:8: this is an integer, not text; put the value in quotes, with its unit: \"1s\", \"30d\"",
    );
    check(
        "[recording]\ntick = \"7s\"",
        "config.toml:2:8: a tick of 7 s does not divide a minute; write \"1s\", \"2s\", \"3s\", \"4s\", \"5s\", \"6s\", \
         \"10s\", \"12s\", \"15s\", \"20s\", \"30s\" or \"60s\"",
    );
    check(
        "[recroding]\n",
        "config.toml:1:2: there is no section \"recroding\"; the sections are [recording], [keep], [notify], [notify.command], [notify.webhook], [tray], [text], [energy], [sessions], [baseline], [[rule]] and [[expect]]",
    );
    check(
        "[keep]\nmin = \"1d\"\n",
        "config.toml:2:1: [keep] has no setting \"min\"; it has raw, minutes, hours, usage, cap",
    );
    check(
        "[keep]\ncap = \"12 MiB\"\n",
        "config.toml:2:7: the database cannot be kept below 16 MiB; write \"16MiB\" or more",
    );
    check(
        "[keep]\nraw = \"500000000000y\"\n",
        "config.toml:2:7: history cannot be kept for more than 100 years; write \"100y\" or less",
    );
    assert!(Config::parse("[keep]\nraw = \"100y\"\n", Path::new("x")).is_ok());
    check(
        "[sessions]\nshare = 10\n",
        "config.toml:2:9: this is an integer, not text; put the value in quotes, with its unit: \"1s\", \"30d\"",
    );
    for share in ["0%", "101%", "-5%", "nan", "ten", ""] {
        let error = refused(&format!("[sessions]\nshare = {share:?}\n"));
        assert!(error.ends_with("is not a share of a GPU's time; write \"0.1%\" to \"100%\", like \"10%\""), "{error}");
    }
    check(
        "[sessions]\nvram = \"0B\"\n",
        "config.toml:2:8: every program that draws has that much memory; write \"1MiB\" or more",
    );
    check("[sessions]\nbridge = \"61m\"\n", "config.toml:2:10: \"61m\" is longer than an hour; write \"1h\" or less");
    let set = Config::parse(
        "[sessions]\nshare = \"2.5 %\"\nvram = \"1GiB\"\nfor = \"5s\"\nbridge = \"0s\"\n",
        Path::new("x"),
    );
    let seconds = std::time::Duration::from_secs;
    let wanted = UseRules { bridge: seconds(0), share: 2.5, vram: 1 << 30, hold: seconds(5) };
    assert_eq!(set.unwrap().sessions, wanted);
    check("[energy]\nprice = -1\n", "config.toml:2:9: -1 is not a price; write for example price = 0.32");
    check("[energy]\nprice = nan\n", "config.toml:2:9: nan is not a price; write for example price = 0.32");
    check(
        "[energy]\nprice = \"0.3\"\n",
        "config.toml:2:9: this is a string, not a number; write for example price = 0.32",
    );
    check(
        "[energy]\ncurrency = \"a\\u001b[2J\"\n",
        "config.toml:2:12: \"a\\u{1b}[2J\" is not the name of a currency; write up to 8 letters or signs without spaces, like \
         \"EUR\" or \"$\"",
    );
    check("[tray]\nicon = \"text\"\n", "config.toml:2:8: there is no icon \"text\"; write \"bar\" or \"digits\"");
    check(
        "[text]\nlanguage = \"fr\"\n",
        "config.toml:2:12: there is no language \"fr\"; write \"auto\", \"en\" or \"de\"",
    );
    let language = |text| Config::parse(text, Path::new("x")).map(|config| config.language);
    assert_eq!(language("[text]\nlanguage = \"auto\"\n"), Ok(None));
    assert_eq!(language("[text]\nlanguage = \"de\"\n"), Ok(Some(crate::language::Language::German)));
    let set = Config::parse("[tray]\nicon = \"digits\"\n", Path::new("x")).map(|config| config.icon);
    assert_eq!(set, Ok(IconStyle::Digits));
    check("[notify]\nenabled = \"yes\"\n", "config.toml:2:11: this is a string; write true or false");
    check(
        "[notify]\nquiet = \"late\"\n",
        "config.toml:2:9: \"late\" is not a span of hours; write two times of day with - between, local time: \"22:00-07:00\"",
    );
    check(
        "[notify]\nburst = 0\n",
        "config.toml:2:9: 0 is not a number of notifications; write 1 to 100; enabled = false shows none at all",
    );
    check(
        "[notify]\nmax_per_hour = \"10\"\n",
        "config.toml:2:16: this is a string, not a whole number; write a number from 1 to 1000, without quotes",
    );
    check(
        "[notify]\nwindow = \"2h\"\n",
        "config.toml:2:10: \"2h\" is not a time window for a burst of notifications; write \"1s\" to \"1h\", like \"60s\"",
    );
    let text = "[notify]\nquiet = \"22:00-07:00\"\nburst = 5\nwindow = \"2m\"\nmax_per_hour = 4\n";
    let quiet = Some(crate::model::expectation::Hours { from: 22 * 60, until: 7 * 60 });
    let notify = Notify { enabled: true, quiet, burst: 5, window: seconds(120), max_per_hour: 4 };
    assert_eq!(Config::parse(text, Path::new("x")).unwrap().notify, notify);
    check("keep = 3\n", "config.toml:1:1: \"keep\" is a section; write [keep] on a line of its own");
    check(
        "[rule]\nid = \"a\"",
        "config.toml:1:1: rules are a list; write [[rule]], with two brackets, above each rule",
    );
    check(
        "# ä\n[[rule]]\nid = \"a\"\nmetric = \"cpu.temprature\"\nfire = \"> 1\"",
        "config.toml:4:10: there is no metric \"cpu.temprature\"; the nearest are cpu.temperature, gpu.temperature, \
         disk.temperature",
    );
    check(
        "[[rule]]\nid = \"a\"\nfire = \"> 1\"",
        "config.toml:1:1: this rule has no metric; add metric = \"…\", or event, health or verdict",
    );
    check(
        "[[rule]]\nid = \"a b\"\nmetric = \"cpu.temperature\"\nfire = \"> 1\"",
        "config.toml:2:6: \"a b\" is not a valid id; use up to 64 letters, digits and - _ . like \"gpu-hot\"",
    );
    check(
        "[[rule]]\nid = \"a\"\nmetric = \"cpu.temperature\"\nfire = \"87\"",
        "config.toml:4:8: \"87\" is not a threshold of cpu.temperature; write > or < and a number: \"> 87\" or \"> 87 °C\"",
    );
    check(
        "[[rule]]\nid = \"a\"\nmetric = \"cpu.temperature\"\nfire = \"> 87\"\nclear = \"< 90\"",
        "config.toml:5:9: \"< 90\" is beyond the limit at which the rule fires, so it would fire and clear at once; use \
         the opposite sign of `fire` and a limit on its other side: fire = \"> 87\", clear = \"< 80\"",
    );
    check(
        "[[rule]]\nid = \"a\"\nmetric = \"cpu.temperature\"\nfire = \"> 87\"\nhold = \"2m\"",
        "config.toml:5:1: a rule has no \"hold\"; it has id, enabled, metric, of, event, health, \
         verdict, source, without, agg, fire, clear, when, hours, for, keep, repeat, nodata, inhibit_by, severity, text",
    );
    let rule = "[[rule]]\nid = \"a\"\nmetric = \"cpu.temperature\"\nfire = \"> 87\"\n";
    check(&format!("{rule}{rule}"), "config.toml:6:6: there are two rules \"a\"; give one of them another id");
    check(
        &format!("{rule}severity = \"bad\""),
        "config.toml:5:12: there is no severity \"bad\"; write \"info\", \"warning\" or \"critical\"",
    );
    check(&format!("{rule}for = \"25h\""), "config.toml:5:7: \"25h\" is longer than a day; write \"24h\" or less");
    check(
        &format!("{rule}source = \"\""),
        "config.toml:5:10: an empty source matches nothing; remove the line to watch every source",
    );
    assert!(refused("[keep]\nraw = \"1d\"\nraw = \"2d\"\n").starts_with("config.toml:3:1: duplicate key"));
    assert!(refused("[keep]\nraw = \"1d\n").starts_with("config.toml:2:"));
    assert!(refused("[keep\n").starts_with("config.toml:1:"));
}

#[test]
fn rules_are_read_with_their_units_and_a_sensible_end() {
    #[track_caller]
    fn check(metric: &str, fire: &str, clear: Option<&str>, limits: (f64, Side, f64)) {
        let clear = clear.map_or_else(String::new, |clear| format!("clear = {clear:?}\n"));
        let text = format!("[[rule]]\nid = \"r\"\nmetric = {metric:?}\nfire = {fire:?}\n{clear}");
        let config = Config::parse(&text, Path::new("x")).unwrap_or_else(|error| panic!("{error}"));
        let rule = config.rules.iter().find(|rule| rule.id == "r").unwrap();
        assert_eq!(rule.fire, Threshold { side: limits.1, limit: limits.0 });
        assert!((rule.clear.limit - limits.2).abs() < 1e-6, "{:?}", rule.clear);
        assert_ne!(rule.clear.side, rule.fire.side);
    }
    check("cpu.temperature", "> 87", Some("< 80"), (87.0, Side::Above, 80.0));
    check("cpu.temperature", ">87°C", Some("< 80 °C"), (87.0, Side::Above, 80.0));
    check("gpu.temperature", "> 80", None, (80.0, Side::Above, 76.0));
    check("memory.available", "< 200 MiB", None, (200.0 * 1048576.0, Side::Below, 210.0 * 1048576.0));
    check("net.receive", "> 10 MB/s", Some("< 5 MB/s"), (1e7, Side::Above, 5e6));
    check("cpu.frequency", "< 1.5 GHz", None, (1.5e9, Side::Below, 1.575e9));
    check("hwmon.voltage", "< 900 mV", None, (0.9, Side::Below, 0.945));
    check("battery.power", "< -20", None, (-20.0, Side::Below, -19.0));
    // Whole numbers know no 5 %: the end is when the limit is not passed any more.
    check("power.online", "< 1", None, (1.0, Side::Below, 0.0));
    check("gpu.throttle", "> 0", None, (0.0, Side::Above, 1.0));
    check("gpu.throttle", "> 0", Some("< 1"), (0.0, Side::Above, 1.0));
}

#[test]
fn a_rule_may_name_its_sources_its_time_and_how_much_it_matters() {
    let text = "[[rule]]\nid = \"r\"\nmetric = \"disk.temperature\"\nsource = \"disk:nvme*\"\nfire = \"> 70\"\n\
                for = \"1h30m\"\nkeep = \"5m\"\nseverity = \"critical\"\n";
    let config = Config::parse(text, Path::new("x")).unwrap();
    let rule = config.rules.iter().find(|rule| rule.id == "r").unwrap();
    assert_eq!((rule.metric(), rule.source.as_deref()), (Some(Metric::DiskTemperature), Some("disk:nvme*")));
    assert_eq!((rule.hold.as_secs(), rule.keep.as_secs(), rule.severity), (5400, 300, Severity::Critical));
}

#[test]
fn durations_and_sizes_are_read_as_people_write_them() {
    #[track_caller]
    fn check(text: &str, seconds: Option<u64>) {
        assert_eq!(values::duration(text).ok().map(|time| time.as_secs()), seconds, "{text:?}");
    }
    check("0s", Some(0));
    check("90s", Some(90));
    check(" 2 m ", Some(120));
    check("1h 30m", Some(5400));
    check("2w", Some(14 * 86_400));
    check("5y", Some(5 * 365 * 86_400));
    for bad in ["", "5", "m", "-1s", "1.5h", "2 min", "2M", "99999999999999999999s", "300000000000000y", "1s x", "१s"]
    {
        check(bad, None);
    }
    assert_eq!(values::size("512MiB"), Ok(512 << 20));
    assert_eq!(values::size("1.5 GB"), Ok(1_500_000_000));
    for bad in ["", "512", "MiB", "-1 MiB", "1 ZiB", "1e3 MiB", "99999999 TiB"] {
        assert!(values::size(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_first_start_writes_the_example_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/hoofbeat/config.toml");
    assert_eq!(Config::begin(&file, folder.path()), (Config::default(), None));
    assert_eq!(fs::read_to_string(&file).unwrap(), Config::example());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    // What a person wrote is never overwritten.
    fs::write(&file, "[keep]\nraw = \"3d\"\n").unwrap();
    assert_eq!(Config::begin(&file, folder.path()).0.keep.raw.as_secs(), 3 * 86_400);
    fs::write(&file, "[keep").unwrap();
    let (begun, refused) = Config::begin(&file, folder.path());
    assert_eq!((begun.keep.raw.as_secs(), refused.is_some()), (3 * 86_400, true));
    assert_eq!(fs::read_to_string(&file).unwrap(), "[keep");
    // Who asks what holds is told the last that was right, and what is wrong.
    let (standing, refused) = Config::standing(&file, folder.path());
    assert_eq!(standing.keep.raw.as_secs(), 3 * 86_400);
    assert!(refused.is_some_and(|said| said.ends_with("Until then the last settings without a mistake hold.")));
    let kept = folder.path().join("config.last-good.toml");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&kept, "of another version").unwrap();
    let (standing, refused) = Config::standing(&file, folder.path());
    assert_eq!(standing, Config::default());
    assert!(refused.is_some_and(|said| said.ends_with("Until then the defaults hold.")));
}

#[test]
fn a_file_that_cannot_be_read_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    let error = Config::load(&missing).unwrap_err().to_string();
    assert!(
        error.ends_with("No such file or directory (os error 2); `hoofbeat watch` writes an example there"),
        "{error}"
    );
    let error = Config::load(folder.path()).unwrap_err().to_string();
    assert!(error.ends_with("it is not a regular file; put a config file there"), "{error}");
    fs::write(&missing, [0xff, 0xfe]).unwrap();
    let error = Config::load(&missing).unwrap_err().to_string();
    assert!(error.ends_with("it is not UTF-8 text; save it as UTF-8 text"), "{error}");
    // A home that cannot be written is no reason not to record.
    assert_eq!(Config::begin(Path::new("/proc/hoofbeat/config.toml"), folder.path()), (Config::default(), None));
}

#[test]
fn money_is_told_where_a_price_is_set() {
    let tariff = |text: &str| Config::parse(text, Path::new("x")).unwrap().tariff;
    assert_eq!(Config::default().tariff, Tariff { price: 0.0, currency: "EUR".into() });
    assert_eq!(Config::default().tariff.cost(3.6e6), None);
    assert_eq!(tariff("[energy]\nprice = 0.3\n").cost(7.2e6), Some(0.6));
    assert_eq!(tariff("[energy]\nprice = 2\ncurrency = \"€\"\n"), Tariff { price: 2.0, currency: "€".into() });
}

mod channels;
mod drafts;
mod expectations;
mod german;
mod rules;
mod settings;
