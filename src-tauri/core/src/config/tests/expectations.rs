//! `[[expect]]`: read, refused, added and removed.

use std::fs;

use super::super::EditError;
use super::*;
use crate::model::expectation::{Hours, Policy};

#[test]
fn an_expectation_is_read_with_all_that_it_may_have() {
    let text = "[[expect]]\nid = \"a\"\nprogram = \"train.py\"\nuser = \"root\"\ngpu = \"gpu:*\"\nhours = \"22:00-7:00\"\n\
                share = 80\nvram = \"8GiB\"\n[[expect]]\nid = \"b\"\nunit = \"ollama\"\npolicy = \"must_run\"\n\
                grace = \"30s\"\nuser = 4711\n";
    let config = Config::parse(text, Path::new("x")).unwrap();
    let [a, b] = &config.expectations[..] else { panic!("{config:?}") };
    assert_eq!((a.policy, a.program.as_deref(), a.gpu.as_deref()), (Policy::Allow, Some("train.py"), Some("gpu:*")));
    assert_eq!((a.hours, a.share, a.vram), (Some(Hours { from: 1320, until: 420 }), Some(80.0), Some(8 << 30)));
    assert_eq!(a.user.as_ref().unwrap().uid, Some(0));
    assert_eq!((b.policy, b.grace.as_secs(), b.user.as_ref().unwrap().uid), (Policy::MustRun, 30, Some(4711)));
    assert_eq!(a.hours.unwrap().words(), "22:00-07:00");
}

#[test]
fn an_expectation_says_what_is_wrong_with_it() {
    #[track_caller]
    fn check(lines: &str, error: &str) {
        let said = refused(&format!("[[expect]]\nid = \"a\"\n{lines}"));
        assert_eq!(said, format!("config.toml:{error}"));
    }
    let hours = "write two times of day with - between, local time: \"22:00-07:00\"";
    for wrong in
        ["25:00-07:00", "22:60-07:00", "22-7", "22:00", "", "22:00-", "-1:00-7:00", "+1:00-7:00", "22:00-24:30"]
    {
        check(&format!("user = 0\nhours = \"{wrong}\"\n"), &format!("4:9: {wrong:?} is not a span of hours; {hours}"));
    }
    check("user = 0\nhours = \"7:00-07:00\"\n", &format!("4:9: \"7:00-07:00\" is a span of no length; {hours}"));
    check(
        "user = 0\nhours = \"24:00-07:00\"\n",
        &format!("4:9: \"24:00-07:00\" begins at 24:00, when the day is over; {hours}"),
    );
    let empty = "an empty pattern matches nobody; remove the line, or write \"*\" for everybody";
    check("program = \"\"\n", &format!("3:11: {empty}"));
    check("identity = \" \"\n", &format!("3:12: {empty}"));
    let share = "is not a share; write percent from 0 to 100: share = 80";
    check("user = 0\nshare = -1\n", &format!("4:9: -1 {share}"));
    check("user = 0\nshare = 101\n", &format!("4:9: 101 {share}"));
    check("user = 0\nshare = nan\n", &format!("4:9: nan {share}"));
    check(
        "user = 0\nvram = \"-1GiB\"\n",
        "4:8: \"-1GiB\" is not a size; write a number and a unit: \"512MiB\", \"2GiB\" or \"500MB\"",
    );
    check(
        "policy = \"forbid\"\nuser = 0\n",
        "3:10: there is no policy \"forbid\"; write \"allow\", \"deny\" or \"must_run\"",
    );
    check(
        "policy = \"deny\"\nuser = 0\nshare = 5\n",
        "5:9: what must not run has no limits; remove the line, or write policy = \"allow\" for a limit",
    );
    check(
        "user = 0\ngrace = \"5m\"\n",
        "4:9: only what must run has a grace; remove the line, or write policy = \"must_run\"",
    );
    check(
        "user = 0\n[[expect]]\nid = \"a\"\nuser = 0\n",
        "5:6: there are two expectations \"a\"; give one of them another id",
    );
    assert!(refused("[[expect]]\nid = \"a\"\ngpu = \"gpu:1\"\n").contains("the expectation \"a\" names nobody"));
    assert!(
        refused("[[expect]]\nid = \"a\"\nexe = \"x\"\n").contains("an expectation has no \"exe\"; it has id, policy")
    );
    assert!(refused("[[expect]]\nuser = 0\n").contains("this expectation has no id; add id = \"…\""));
    assert!(refused("[expect]\nid = \"a\"\n").contains("expectations are a list; write [[expect]]"));
}

const FILE: &str = "# mine\n[keep]\nraw = \"2d\"   # not long\n\n# At night.\n[[expect]]\nid = \"night\"\nuser = 0\n\
                    hours = \"22:00-07:00\"\n\n# Hot.\n[[rule]]\nid = \"hot\"\nmetric = \"gpu.temperature\"\nfire = \"> 87\"\n\n\
                    [[expect]]\nid = \"last\"\nprogram = \"x # y\"\n# the end\n";

#[test]
fn what_is_added_stands_at_the_end_and_can_be_taken_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, FILE).unwrap();
    let keys = [("id", "new".to_owned()), ("program", "a \"b\" \\ c".to_owned()), ("share", "12.5".to_owned())];
    let config = Config::add_expectation(&file, &keys, |_| None).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(FILE) && text.contains("\n\n[[expect]]\nid = \"new\"\n"), "{text}");
    assert_eq!(Config::load(&file), Ok(config.clone()));
    assert_eq!(config.expectations[2].program.as_deref(), Some("a \"b\" \\ c"));
    assert_eq!(config.expectations[2].share, Some(12.5));
    Config::remove_expectation(&file, "new").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap().trim_end(), FILE.trim_end());
}

#[test]
fn a_table_that_is_removed_takes_its_comment_along_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    fs::write(&file, FILE).unwrap();
    let left = Config::remove_expectation(&file, "night").unwrap();
    assert_eq!(left.expectations.len(), 1);
    let expected = FILE.replace("# At night.\n[[expect]]\nid = \"night\"\nuser = 0\nhours = \"22:00-07:00\"\n\n", "");
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    Config::remove_expectation(&file, "last").unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# mine\n[keep]\nraw = \"2d\"   # not long\n\n# Hot.\n[[rule]]\n"), "{text}");
    assert!(text.ends_with("# the end\n"), "{text}");
}

#[test]
fn a_file_is_left_as_it_is_where_the_change_would_not_be_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    // A list on one line, and a table that only looks like one, within a text.
    for (text, id) in [
        ("expect = [{ id = \"a\", user = 0 }]\n", "a"),
        ("[[expect]]\nid = \"a\"\nuser = \"\"\"\n[[expect]]\"\"\"\n[[expect]]\nid = \"b\"\nuser = 0\n", "b"),
    ] {
        fs::write(&file, text).unwrap();
        let error = Config::remove_expectation(&file, id).unwrap_err();
        assert!(matches!(error, EditError::Refused(_)), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text);
    }
    fs::write(&file, FILE).unwrap();
    let add = |keys: &[(&str, String)]| Config::add_expectation(&file, keys, |_| None).unwrap_err().to_string();
    assert!(add(&[("id", "night".into()), ("user", "0".into())]).contains("there are two expectations \"night\""));
    assert!(add(&[("id", "x".into()), ("hours", "25:00-3:00".into())]).starts_with("the new expectation:3:9: \"25:00"));
    assert_eq!(
        Config::remove_expectation(&file, "x").unwrap_err().to_string(),
        "there is no expectation \"x\"; there are night, last"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), FILE);
    let against = |config: &Config| Some(format!("{} are too many", config.expectations.len()));
    let three = [("id", "x".to_owned()), ("user", "0".to_owned())];
    assert_eq!(Config::add_expectation(&file, &three, against).unwrap_err().to_string(), "3 are too many");
    assert_eq!(fs::read_to_string(&file).unwrap(), FILE);
    fs::write(&file, "[[expect]\n").unwrap();
    assert!(matches!(Config::add_expectation(&file, &[], |_| None), Err(EditError::Config(_))));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_file_that_is_missing_is_made_and_a_link_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/config.toml");
    let keys = [("id", "a".to_owned()), ("identity", "docker:*".to_owned())];
    Config::add_expectation(&file, &keys, |_| None).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with(&Config::example()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let link = folder.path().join("link.toml");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    Config::remove_expectation(&link, "a").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(Config::load(&file), Ok(Config::default()));
}
