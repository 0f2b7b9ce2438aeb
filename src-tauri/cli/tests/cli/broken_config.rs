//! A slip in the config file while something fires: what people must be able to do does not wait for its mending.

use crate::sandbox::{Sandbox, wait_for};

const RULE: &str = "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\nclear = \"< 60\"\n";

#[test]
fn what_fires_is_listed_and_silenced_whatever_the_file_says() {
    let sandbox = Sandbox::new();
    sandbox.config(RULE);
    sandbox.temperature(96);
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    wait_for("the alert", || {
        let list = sandbox.run(&["alerts", "--json"]);
        (list.code == 0 && list.json()["alerts"][0]["phase"] == "firing").then_some(())
    });
    sandbox.config(&RULE.replace("\"> 90\"", "\"hot\""));
    watcher.wait_for_line("stay in force");
    #[track_caller]
    fn check(sandbox: &Sandbox, arguments: &[&str], part: &str) {
        let told = sandbox.run(arguments);
        assert!(told.code == 0 && told.stdout.contains(part), "{told:?}");
        let is_warned = told.stderr.contains("config.toml:4:8: \"hot\" is not a threshold");
        assert!(is_warned && told.stderr.ends_with("Until then the last settings without a mistake hold.\n"));
        assert_eq!(told.stderr.lines().count(), 1, "{}", told.stderr);
    }
    check(&sandbox, &["alerts"], "CPU at 96 °C");
    check(&sandbox, &["alerts", "list", "--json"], "\"rule\":\"hot\"");
    check(&sandbox, &["alerts", "rules"], "CPU temperature above 90 °C");
    check(&sandbox, &["alerts", "check", "--since", "1h", "--rule", "hot"], "hot would have fired");
    check(&sandbox, &["alerts", "snooze", "hot", "--for", "1h"], "Alerts of hot are silenced until ");
    check(&sandbox, &["alerts", "ack", "hot"], "Alerts of hot are silenced until they are over.");
    // The status says the same, without saying each time what is wrong with the file.
    let status = sandbox.run(&["status"]);
    assert!(status.code == 0 && status.stdout.contains("rule hot"), "{status:?}");
    // What changes the file needs one that is right.
    let refused = sandbox.run(&["alerts", "disable", "hot"]);
    assert!(refused.code == 1 && refused.stderr.contains("config.toml:4:8: "), "{refused:?}");
    // Mended to what it was: nothing changes, and that is said all the same.
    sandbox.config(RULE);
    watcher.wait_for_line("has no mistake any more");
    sandbox.config(&RULE.replace("\"> 90\"", "\"hot\""));
    watcher.terminate();
    // The recorder, started anew, goes on with what held.
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    check(&sandbox, &["alerts"], "fires");
    watcher.terminate();
}
