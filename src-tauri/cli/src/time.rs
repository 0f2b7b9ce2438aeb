//! Times as people write and read them, in local time.
//!
//! Deliberately not here: durations as text for people, which `hoofbeat_core::format` writes.

use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// What is said about text that is no time.
const FORMS: &str = "write 24h, 30d, 14:00, yesterday 03:12, 2026-11-20 14:00 or Unix seconds";

/// Units of a span, in seconds.
const UNITS: &[(&str, f64)] = &[
    ("ms", 0.001),
    ("s", 1.0),
    ("sec", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
    ("w", 7.0 * 86_400.0),
    ("y", 365.0 * 86_400.0),
];

/// The longest span that is taken: longer ones are typing errors.
const LONGEST: f64 = 100.0 * 365.0 * 86_400.0;

/// This moment in Unix seconds.
pub fn now() -> i64 {
    Timestamp::now().as_second()
}

/// Reads a span: `65s`, `10m`, `1h30m`, `30d`.
///
/// # Errors
/// One sentence for the person.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration; write for example 65s, 10m, 1h30m or 30d");
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        seconds += number * unit;
        rest = after.trim_start();
    }
    if seconds > LONGEST { Err(wrong()) } else { Ok(Duration::from_secs_f64(seconds)) }
}

/// Reads a moment, seen from `now`; the answer is in Unix seconds.
///
/// # Errors
/// One sentence for the person.
pub fn parse_moment(text: &str, now: &Zoned) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a time; {FORMS}");
    let trimmed = text.trim();
    if trimmed == "now" {
        return Ok(now.timestamp().as_second());
    }
    if let Some(seconds) = trimmed.strip_prefix('@').or(Some(trimmed)).and_then(|digits| digits.parse::<i64>().ok()) {
        return Timestamp::from_second(seconds).map(Timestamp::as_second).map_err(|_| wrong());
    }
    if let Ok(span) = parse_span(trimmed.trim_end_matches("ago").trim_end()) {
        return Ok(now.timestamp().as_second() - span.as_secs() as i64);
    }
    if let Ok(moment) = trimmed.parse::<Timestamp>() {
        return Ok(moment.as_second());
    }
    let local = civil(trimmed, now).ok_or_else(wrong)?;
    local.to_zoned(now.time_zone().clone()).map(|zoned| zoned.timestamp().as_second()).map_err(|_| wrong())
}

/// Reads a moment that is over, as [`parse_moment`] does; but a time on the wall that is still to come today is that of
/// yesterday: who asks for 23:50 at five past midnight means last night.
///
/// # Errors
/// One sentence for the person.
pub fn parse_past(text: &str, now: &Zoned) -> Result<i64, String> {
    let (named, text) = (parse_moment(text, now)?, text.trim());
    let is_hour = text.contains(':') && !text.contains([' ', 'T', '-']);
    if is_hour && named > now.timestamp().as_second() {
        parse_moment(&format!("yesterday {text}"), now)
    } else {
        Ok(named)
    }
}

/// Reads when a stretch begins, as [`parse_past`] does, and when it ends, which is last night, too, where the beginning
/// was; `until` is excluded.
///
/// # Errors
/// One sentence for the person, where either is no time or the end is not after the beginning.
pub fn parse_stretch(since: &str, until: &str, now: &Zoned) -> Result<(i64, i64), String> {
    let from = parse_past(since, now)?;
    let is_last_night = from != parse_moment(since, now)?;
    let last_night = parse_past(until, now)?;
    let to = if is_last_night && from < last_night { last_night } else { parse_moment(until, now)? };
    if from < to {
        return Ok((from, to));
    }
    let end = if until == "now" { "now".to_string() } else { format!("--until ({})", moment(to, now)) };
    Err(format!("--since ({}) must be before {end}", moment(from, now)))
}

/// A time on the wall: a day, a time of today, or both.
fn civil(text: &str, now: &Zoned) -> Option<DateTime> {
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, Some(time.trim())),
        None if text.contains(':') => ("today", Some(text)),
        None => (text, None),
    };
    let date = match day {
        "today" => now.date(),
        "yesterday" => now.date().yesterday().ok()?,
        // A time all the same: who takes only past ones can say that it is still to come.
        "tomorrow" => now.date().tomorrow().ok()?,
        day => day.parse().ok()?,
    };
    let time = match time {
        Some(time) => {
            // `8:05` is what people write; the standard wants two digits.
            let padded = if time.find(':') == Some(1) { format!("0{time}") } else { time.to_string() };
            padded.parse::<Time>().ok().filter(|_| time.contains(':'))?
        }
        None => Time::midnight(),
    };
    Some(date.to_datetime(time))
}

/// A moment for people: the time of today, the day with the time of any other.
pub fn moment(unix: i64, now: &Zoned) -> String {
    let Ok(timestamp) = Timestamp::from_second(unix) else {
        // Only a damaged clock names such a moment.
        return format!("@{unix}");
    };
    let local = timestamp.to_zoned(now.time_zone().clone());
    let form = if local.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    local.strftime(form).to_string()
}

/// A moment in local time.
pub fn zoned(unix: i64, zone: &TimeZone) -> Zoned {
    Timestamp::from_second(unix).unwrap_or_default().to_zoned(zone.clone())
}

/// A moment for spreadsheets: local time with its offset.
pub fn precise(unix: i64, zone: &TimeZone) -> String {
    match Timestamp::from_second(unix) {
        Ok(timestamp) => timestamp.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        Err(_) => format!("@{unix}"),
    }
}

/// How long ago a moment was; nothing for one in the future.
pub fn since(unix: i64, now: i64) -> Duration {
    Duration::from_secs(u64::try_from(now - unix).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Zoned {
        "2026-11-21T12:30:00+01:00[Europe/Berlin]".parse().unwrap()
    }

    #[test]
    fn spans_are_read_as_people_write_them() {
        #[track_caller]
        fn check(text: &str, seconds: Option<f64>) {
            assert_eq!(parse_span(text).ok(), seconds.map(Duration::from_secs_f64), "{text}");
        }
        check("65s", Some(65.0));
        check("10m", Some(600.0));
        check("10 min", Some(600.0));
        check("1h30m", Some(5400.0));
        check("1h 30m", Some(5400.0));
        check("1.5h", Some(5400.0));
        check("250ms", Some(0.25));
        check("30d", Some(2_592_000.0));
        check("2w", Some(1_209_600.0));
        check("0s", Some(0.0));
        check("", None);
        check("65", None);
        check("s", None);
        check("-5s", None);
        check("1.2.3s", None);
        check("5 fortnights", None);
        check("999999999y", None);
        check("5\u{202e}s", None);
    }

    #[test]
    fn moments_are_read_as_people_write_them() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            let expected = expected.map(|text| text.parse::<Timestamp>().unwrap().as_second());
            assert_eq!(parse_moment(text, &now()).ok(), expected, "{text}");
        }
        check("now", Some("2026-11-21T11:30:00Z"));
        check("24h", Some("2026-11-20T11:30:00Z"));
        check("2h ago", Some("2026-11-21T09:30:00Z"));
        check("14:00", Some("2026-11-21T13:00:00Z"));
        check("8:05", Some("2026-11-21T07:05:00Z"));
        check("today", Some("2026-11-20T23:00:00Z"));
        check("yesterday", Some("2026-11-19T23:00:00Z"));
        check("tomorrow 10:00", Some("2026-11-22T09:00:00Z"));
        check("yesterday 03:12", Some("2026-11-20T02:12:00Z"));
        check("2026-11-20", Some("2026-11-19T23:00:00Z"));
        check("2026-11-20 14:00", Some("2026-11-20T13:00:00Z"));
        check("2026-07-20 14:00:30", Some("2026-07-20T12:00:30Z"));
        check("2026-11-20T14:00", Some("2026-11-20T13:00:00Z"));
        check("2026-11-20T14:00:00Z", Some("2026-11-20T14:00:00Z"));
        check("2026-11-20T14:00:00+05:00", Some("2026-11-20T09:00:00Z"));
        check("1763730000", Some("2025-11-21T13:00:00Z"));
        check("@1763730000", Some("2025-11-21T13:00:00Z"));
        check("", None);
        check("tomorrow-ish", None);
        check("25:00", None);
        check("2026-02-30", None);
        check("9223372036854775807", None);
        check("14", Some("1970-01-01T00:00:14Z"));
    }

    #[test]
    fn an_hour_that_daylight_saving_left_out_still_names_a_moment() {
        // Clocks went from 02:00 to 03:00 that night.
        let moment = parse_moment("2026-03-29 02:30", &now()).unwrap();
        assert_eq!(precise(moment, now().time_zone()), "2026-03-29T03:30:00+02:00");
    }

    #[test]
    fn moments_are_shown_as_short_as_they_can_be() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        assert_eq!(moment(at("2026-11-21T08:05:00Z"), &now()), "09:05");
        assert_eq!(moment(at("2026-11-20T08:05:00Z"), &now()), "2026-11-20 09:05");
        assert_eq!(moment(i64::MAX, &now()), "@9223372036854775807");
    }

    #[test]
    fn shortly_after_midnight_a_late_hour_is_that_of_last_night() {
        let now: Zoned = "2026-11-21T00:05:00+01:00[Europe/Berlin]".parse().unwrap();
        let said = |text: &str| parse_past(text, &now).map(|unix| moment(unix, &now));
        let check = |text: &str, expected: &str| assert_eq!(said(text).as_deref(), Ok(expected), "{text}");
        check("23:50", "2026-11-20 23:50");
        check("0:05", "00:05");
        check("00:04", "00:04");
        check("1h", "2026-11-20 23:05");
        check("today 23:50", "23:50");
        check("2026-11-21 23:50", "23:50");
        check("tomorrow", "2026-11-22 00:00");
        let stretch =
            |since, until| parse_stretch(since, until, &now).map(|(from, to)| (moment(from, &now), to - from));
        assert_eq!(stretch("22:00", "23:00"), Ok(("2026-11-20 22:00".to_owned(), 3600)));
        assert_eq!(stretch("22:00", "now"), Ok(("2026-11-20 22:00".to_owned(), 7500)));
        assert_eq!(stretch("23:00", "22:00"), Ok(("2026-11-20 23:00".to_owned(), 82_800)), "an end to come is to come");
        assert_eq!(stretch("00:01", "23:00"), Ok(("00:01".to_owned(), 82_740)));
        assert_eq!(stretch("24h", "23:00"), Ok(("2026-11-20 00:05".to_owned(), 86_400 + 82_500)));
    }

    #[test]
    fn a_stretch_ends_after_it_begins() {
        let now: Zoned = "2026-11-21T12:30:00+01:00[Europe/Berlin]".parse().unwrap();
        assert_eq!(parse_stretch("1h", "now", &now).map(|(since, until)| until - since), Ok(3600));
        let wrong = |since, until| parse_stretch(since, until, &now).unwrap_err();
        assert_eq!(wrong("10:00", "09:00"), "--since (10:00) must be before --until (09:00)");
        assert_eq!(wrong("tomorrow", "now"), "--since (2026-11-22 00:00) must be before now");
        assert_eq!(wrong("now", "now"), "--since (12:30) must be before now");
    }
}
