//! In which language a browser is answered: the one that the page says it speaks, or else the one that the browser asks for.
//!
//! Deliberately not here: which language the page speaks, which it decides itself.

use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};
use hoofbeat_core::language::Language;
use serde::Deserialize;

/// What an address says of the page's language.
#[derive(Deserialize)]
pub struct Spoken {
    pub language: Option<Language>,
}

/// What the address of a request says.
pub fn asked(uri: &Uri) -> Option<Language> {
    Query::<Spoken>::try_from_uri(uri).ok().and_then(|Query(spoken)| spoken.language)
}

/// What the browser wants most of what there is (`Accept-Language`, RFC 9110, 12.5.4); English where it wants none of it.
pub fn of(headers: &HeaderMap) -> Language {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = wanted.split(',').filter_map(|one| {
        let (range, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight: f32 = weight.trim().strip_prefix("q=")?.parse().ok()?;
        Some((Language::of(range.trim())?, weight)).filter(|(_, weight)| *weight > 0.0)
    });
    // The first of those that are wanted most.
    let best = known.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(language, _)| language).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_answered_in_what_it_wants_most() {
        #[track_caller]
        fn check(wanted: &str, expected: Language) {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, wanted.parse().unwrap())]);
            assert_eq!(of(&headers), expected, "{wanted}");
        }
        check("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", Language::German);
        check("en-US, en;q=0.9, de;q=0.8", Language::English);
        check("fr, de;q=0.5", Language::German);
        check("en;q=0.4,de;q=0.5", Language::German);
        check("de;q=0", Language::English);
        check("fr;q=1,*", Language::English);
        check("de;q=NaN,en", Language::English);
        check("de;q=oh, ;;;,q", Language::English);
        assert_eq!(of(&HeaderMap::new()), Language::English);
        assert_eq!(asked(&"/api/ask?language=de".parse().unwrap()), Some(Language::German));
        assert_eq!(asked(&"/api/ask?language=xx".parse().unwrap()), None);
        assert_eq!(asked(&"/".parse().unwrap()), None);
    }
}
