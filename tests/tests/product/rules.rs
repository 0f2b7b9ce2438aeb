//! A rule, changed in the window: what is typed, the file that comes of it, and the recorder that obeys it.

use hoofbeat_product_tests::webdriver::Window;
use hoofbeat_product_tests::{Desktop, wait_until};

/// No machine has that much memory; and words that are hostile where they are taken for markup.
const CONFIG: &str = "\
# Of this machine.
[[rule]]
id = \"memory-much\" # mine
metric = \"memory.used\"
fire = \"> 900 TiB\"   # never
text = \"<img src=x onerror=document.title='taken'> \\u202Etxt.exe\\n{value}\"

[keep]
raw = \"7d\"
";

#[test]
fn a_rule_that_is_edited_changes_the_file_and_the_recorder() {
    let Some(desktop) = Desktop::start() else { return };
    desktop.configure(CONFIG);
    let _watch = desktop.watch(&[]);
    desktop.wait_for_ticks(3);
    let window = Window::open(&desktop);
    window.wait_for_text("recorder-state", |text| text.to_lowercase().contains("recording"));
    let page = |script: &str| window.script(script).expect("the page answers");
    window.click("page-alerts");
    wait_until("the rules", || {
        page("return document.querySelector('[data-testid=alerts-rules]') !== null").as_bool() == Some(true)
    });
    page("document.querySelector('[data-testid=alerts-rules]').open = true");
    let edit = "return document.querySelector('[data-testid=\"rule-of-memory-much\"] button')";
    wait_until("the rule in the list", || page(&format!("{edit} !== null")).as_bool() == Some(true));
    page("document.querySelector('[data-testid=\"rule-of-memory-much\"] button').click()");
    let text = page("return document.querySelector('[data-testid=rule-text]').value");
    assert!(text.as_str().is_some_and(|text| text.starts_with("<img src=x") && text.ends_with("\n{value}")), "{text}");

    // What is wrong is said where it is, by the reader of the file.
    window.fill("rule-fire", "much");
    window.wait_for_text("rule-fire-note", |text| text.contains("Write > or <, then a number"));
    assert_eq!(page("return document.querySelector('[data-testid=rule-save]').disabled"), true);
    // The recorder has seen more than this for some seconds.
    window.fill("rule-fire", "> 1 MiB");
    window.wait_for_text("rule-sentence", |text| text == "Memory used above 1 MiB.");
    window.wait_for_text("rule-preview", |text| {
        text.starts_with("Would have fired once in the ") && text.contains("goes on")
    });
    assert_eq!(desktop.config(), CONFIG, "nothing is written before it is saved");
    window.click("rule-save");
    wait_until("the form's end", || page("return document.querySelector('dialog')").is_null());
    assert_eq!(desktop.config(), CONFIG.replace("\"> 900 TiB\"   # never", "\"> 1 MiB\"   # never"));
    assert_eq!(page(&format!("{edit} === document.activeElement")), true, "the focus is where it was");

    let rules = desktop.json(&["alerts", "rules"]);
    let rule = rules["rules"].as_array().and_then(|all| all.iter().find(|rule| rule["id"] == "memory-much"));
    assert_eq!(rule.expect("it is there")["watches"], "Memory used above 1 MiB");
    wait_until("the recorder's alert", || {
        let alerts = desktop.json(&["alerts"]);
        alerts["alerts"].as_array().is_some_and(|all| all.iter().any(|alert| alert["rule"] == "memory-much"))
    });
    assert_eq!(page("return document.title + document.images.length"), "Alerts · Hoofbeat0");

    // A built-in rule is switched off by two lines, and on again without a trace.
    let switch = "document.querySelector('[data-testid=\"rule-of-cpu-hot\"] input')";
    let before = desktop.config();
    page(&format!("{switch}.click()"));
    let off = format!("{before}\n[[rule]]\nid = \"cpu-hot\"\nenabled = false\n");
    wait_until("the switch in the file", || desktop.config() == off);
    wait_until("the switch", || page(&format!("return {switch}.disabled || {switch}.checked")) == false);
    page(&format!("{switch}.click()"));
    wait_until("the file as it was", || desktop.config() == before);
}
