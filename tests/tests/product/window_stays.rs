//! The window over time: through a restart of the recorder, against a script that somebody slipped in, and in German.

use hoofbeat_product_tests::webdriver::Window;
use hoofbeat_product_tests::{Desktop, wait_until};
use rustix::process::Signal;

#[test]
fn it_goes_on_when_the_recorder_was_restarted() {
    let Some(desktop) = Desktop::start() else { return };
    let mut watch = desktop.watch(&[]);
    let window = Window::open(&desktop);
    window.wait_for_text("recorder-state", |text| text.starts_with("Recording"));
    watch.end(Signal::TERM);
    window.wait_for_text("recorder-state", |text| !text.starts_with("Recording"));

    let _watch = desktop.watch(&[]);
    window.wait_for_text("recorder-state", |text| text.starts_with("Recording"));
    let first = window.wait_for_text("card-cpu", |text| text.contains('%'));
    window.wait_for_text("card-cpu", |text| text.contains('%') && text != first);
}

/// Names of programs come from strangers: what escapes the page's care must still find no way to run.
#[test]
fn what_is_slipped_into_the_page_does_not_run() {
    let Some(desktop) = Desktop::start() else { return };
    let _watch = desktop.watch(&[]);
    let window = Window::open(&desktop);
    window.wait_for_text("headline", |text| !text.is_empty());
    let slip_in = "window.refused = [];
        document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.effectiveDirective));
        const script = document.createElement('script');
        script.textContent = 'window.ran = \"a script\"';
        document.body.append(script);
        const place = document.createElement('div');
        place.innerHTML = '<button onclick=\"window.ran = \\'an attribute\\'\">x</button>';
        document.body.append(place);
        place.firstChild.click();
        const outside = document.createElement('script');
        outside.src = 'data:text/javascript,window.ran=\"an address\"';
        document.body.append(outside);";
    window.script(slip_in).expect("the page answers");
    wait_until("three refusals", || {
        window.script("return window.refused.length").is_ok_and(|count| count.as_u64() >= Some(3))
    });
    let refused = window.script("return window.refused").expect("the page answers");
    let refused: Vec<_> = refused.as_array().into_iter().flatten().filter_map(|one| one.as_str()).collect();
    assert!(refused.iter().all(|directive| directive.starts_with("script-src")), "{refused:?}");
    let ran = window.script("return window.ran ?? null").expect("the page answers");
    assert!(ran.is_null(), "{ran} ran");
}

#[test]
fn it_speaks_the_language_that_was_chosen_and_another_one_at_once() {
    let Some(desktop) = Desktop::start() else { return };
    desktop.configure("[text]\nlanguage = \"de\"\n");
    let _watch = desktop.watch(&[]);
    let window = Window::open(&desktop);
    let state = window.wait_for_text("recorder-state", |text| text.starts_with("Zeichnet "));
    assert!(!state.contains("Recording"), "{state}");
    let language = || window.script("return document.documentElement.lang").unwrap_or_default();
    assert_eq!(language(), "de");

    // In the settings another one is chosen, and the page is drawn anew in it.
    let choose = |language: &str| {
        window.click("page-settings");
        let script = format!(
            "const field = document.querySelector('[data-testid=\"setting-text.language\"]');
            if (!field || field.disabled) return false;
            field.value = '{language}';
            field.dispatchEvent(new Event('change', {{ bubbles: true }}));
            return true"
        );
        wait_until("the setting", || window.script(&script).is_ok_and(|done| done == true));
    };
    choose("en");
    wait_until("English", || language() == "en");
    window.wait_for_text("recorder-state", |text| text.starts_with("Recording"));
    assert!(desktop.config().contains("language = \"en\""), "{}", desktop.config());
    choose("de");
    wait_until("German", || language() == "de");
    window.wait_for_text("recorder-state", |text| text.starts_with("Zeichnet "));
    assert_eq!(
        window.wait_for_text("page-processes", |text| !text.is_empty()).split_whitespace().next(),
        Some("Prozesse")
    );
}
