//! Which language is spoken, and how a text's places are filled. Whether each text has its German is tested beside the
//! sources (`tests/languages.rs`).

use super::*;

#[test]
fn a_locale_names_its_language() {
    for (locale, language) in [
        ("de", Some(Language::German)),
        ("de_AT.UTF-8", Some(Language::German)),
        ("DE-ch", Some(Language::German)),
        ("de@euro", Some(Language::German)),
        ("en_GB.UTF-8", Some(Language::English)),
        ("C.UTF-8", None),
        ("den", None),
        ("", None),
    ] {
        assert_eq!(Language::of(locale), language, "{locale}");
    }
}

#[test]
fn the_first_variable_that_says_anything_counts() {
    let of = |all: &[(&str, &str)]| {
        let value = |name: &str| all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Language::of_environment(value)
    };
    assert_eq!(of(&[]), Language::English);
    assert_eq!(of(&[("LANG", "de_DE.UTF-8")]), Language::German);
    assert_eq!(of(&[("LANG", "de_DE.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")]), Language::English);
    assert_eq!(of(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]), Language::English);
    assert_eq!(of(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "")]), Language::German);
}

#[test]
fn a_thread_speaks_for_others_and_then_for_itself_again() {
    assert_eq!(current(), Language::English);
    within(Language::German, || {
        assert_eq!(current(), Language::German);
        within(Language::English, || assert_eq!(current(), Language::English));
        assert_eq!(current(), Language::German);
        let other = std::thread::spawn(current);
        assert_eq!(other.join().unwrap(), Language::English);
    });
    let panicked = std::panic::catch_unwind(|| within(Language::German, || panic!("on purpose")));
    assert!(panicked.is_err());
    assert_eq!(current(), Language::English);
}

#[test]
fn places_are_filled_wherever_they_stand() {
    assert_eq!(filled("{b} of {a}{a}", &[("a", &1), ("b", &"x")]), "x of 11");
    assert_eq!(filled("none", &[]), "none");
    // A name from outside is no template.
    assert_eq!(filled("{who} works", &[("who", &"{who}{")]), "{who}{ works");
}

#[test]
fn what_is_not_in_the_catalogue_is_said_in_english() {
    within(Language::German, || assert_eq!(said("no such sentence, ever"), "no such sentence, ever"));
}

#[test]
fn counts_have_two_forms() {
    let said = |left: usize| crate::say_count!(left, "{left} test", "{left} tests", left);
    assert_eq!([said(0), said(1), said(2)], ["0 tests", "1 test", "2 tests"]);
}
