//! `hoofbeat why`: why each GPU runs, now or at a past moment, in a sentence with its evidence.
//!
//! Deliberately not here: how a verdict is reached (`hoofbeat_core::why`).

mod away;

use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use hoofbeat_core::api::{Bundle, Face, GpuTotal, Past, SCHEMA, Status, VerdictInfo, Why};
use hoofbeat_core::config::Tariff;
use hoofbeat_core::format;
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::{Sample, State, Verdict, sentence, summary as words};
use jiff::Zoned;
use serde::Serialize;

use self::away::Stretch;
use super::usage::tariff;
use crate::args::{self, Global};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output, Style};
use crate::time;

#[derive(Serialize)]
struct Answer {
    schema: u32,
    at: i64,
    verdicts: Vec<Judged>,
}

#[derive(Serialize)]
struct Judged {
    #[serde(flatten)]
    verdict: VerdictInfo,
    sentence: String,
}

#[derive(Serialize)]
struct Summary<'a> {
    schema: u32,
    since: i64,
    until: i64,
    gpus: Vec<Summed<'a>>,
}

#[derive(Serialize)]
struct Summed<'a> {
    sentence: String,
    #[serde(flatten)]
    total: &'a GpuTotal,
    /// The highest temperature, in °C.
    hottest: Option<f64>,
}

/// Tells what each GPU did over a stretch of time.
fn summary(face: &Face, from: &str, options: &args::Why, output: &mut Output) -> Outcome {
    let now = Zoned::now();
    let (since, until) = time::parse_stretch(from, &options.until, &now).map_err(Failure::Usage)?;
    let until = until.min(now.timestamp().as_second());
    let shown = format!("{} – {}", time::moment(since, &now), time::moment(until, &now));
    if since >= until {
        return Err(Failure::Usage(format!("--since must be before --until and before now ({shown})")));
    }
    stretch(face, (since, until), &format!("{shown}:"), output)
}

/// Tells what each GPU did while nobody was there.
fn while_away(face: &Face, output: &mut Output) -> Outcome {
    let now = Zoned::now();
    let present = now.timestamp().as_second();
    let away = Stretch::at(face, present)?;
    stretch(face, away.ends(present), &away.words(&now), output)
}

/// Tells what each GPU did from one second until another.
fn stretch(face: &Face, (since, until): (i64, i64), note: &str, output: &mut Output) -> Outcome {
    let gpus = face.why_since(since, until)?;
    let tariff = tariff();
    let costs = |joules| tariff.words(joules);
    if output.json {
        let gpu = |past: &'_ Past| words(&past.summary, &costs, &|name| name.json().into_owned());
        let summed = |past| Summed { sentence: gpu(past), total: &past.total, hottest: past.summary.hottest };
        let gpus = gpus.iter().map(summed).collect();
        return Ok(output.json(&Summary { schema: SCHEMA, since, until, gpus })?);
    }
    output.line(output.paint(Style::Dim, note))?;
    if gpus.is_empty() {
        output.line(unknown(&face.status()?))?;
    }
    for past in &gpus {
        output.line(output.paint(Style::Bold, &words(&past.summary, &costs, &Untrusted::terminal)))?;
    }
    Ok(())
}

/// Why nothing is told of a stretch.
fn unknown(status: &Status) -> &'static str {
    match (status.has_gpu(), status.recorder.state) {
        (false, _) => super::NO_GPU,
        (true, RecorderState::Recording) => {
            "Nothing is recorded of a GPU then; a minute that has just passed is told once it is over."
        }
        (true, _) => "Nothing is recorded of a GPU then, and nothing records now; start `hoofbeat watch`.",
    }
}

/// Tells why each GPU runs.
pub fn run(global: &Global, options: &args::Why, output: &mut Output) -> Outcome {
    if let Some(file) = &options.from {
        return from(file, output);
    }
    let face = super::face(global)?;
    let told = tell(&face, options, output);
    // What a script reads nobody has looked at.
    if output.is_seen()
        && let Err(error) = face.note_look(Zoned::now().timestamp().as_second())
    {
        log::debug!("the look cannot be noted: {error}");
    }
    told
}

fn tell(face: &Face, options: &args::Why, output: &mut Output) -> Outcome {
    if options.away {
        return while_away(face, output);
    }
    if let Some(since) = &options.since {
        return summary(face, since, options, output);
    }
    let now = Zoned::now();
    let at = options.at.as_deref().map(|text| time::parse_past(text, &now)).transpose().map_err(Failure::Usage)?;
    let present = now.timestamp().as_second();
    if let Some(at) = at.filter(|at| *at > present) {
        let when = time::moment(at, &now);
        return Err(Failure::Usage(format!(
            "{when} is still to come; --at takes a past moment, such as \"yesterday 23:59\""
        )));
    }
    // Of the running second nothing is recorded yet: whoever asks for now means the newest.
    let at = at.filter(|at| *at < present);
    let tariff = tariff();
    if let Some(file) = &options.bundle {
        return match face.bundle(at, tariff, options.with_users)? {
            Some(bundle) => write(&bundle, file, output),
            None => Err(nothing(face, &face.why(at)?, at, &now)),
        };
    }
    let why = face.why(at)?;
    let Some(moment) = why.at else { return Err(nothing(face, &why, at, &now)) };
    let is_old = at.is_none() && why.recorder != RecorderState::Recording;
    let paused = if why.recorder == RecorderState::Paused { "Recording is paused" } else { "Nobody records now" };
    let note = match (is_old, at) {
        (true, _) => Some(format!("{paused}; this is of {}.", time::moment(moment, &now))),
        (false, Some(_)) => Some(format!("{}:", time::moment(moment, &now))),
        (false, None) => None,
    };
    show(moment, &why.verdicts, &tariff, note, output)
}

/// Answers from a bundle.
fn from(file: &Path, output: &mut Output) -> Outcome {
    let name = output::text(&file.display().to_string());
    let text = read_bounded(file).map_err(|error| Failure::Failed(format!("{name} cannot be read: {error}")))?;
    let bundle = Bundle::parse(&text).map_err(|error| Failure::Failed(format!("{name}: {error}")))?;
    let note = format!("From {name}, of {}:", time::moment(bundle.at(), &Zoned::now()));
    show(bundle.at(), &bundle.verdicts(), &bundle.tariff(), Some(note), output)
}

/// A bundle is some hundred kilobytes; a pipe or a device would never end.
fn read_bounded(file: &Path) -> std::io::Result<String> {
    const LARGEST: u64 = 64 << 20;
    let mut text = String::new();
    std::fs::File::open(file)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a bundle into a new file that only its owner may read.
fn write(bundle: &Bundle, file: &Path, output: &mut Output) -> Outcome {
    let name = output::text(&file.display().to_string());
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::Failed(format!("{name} is there already; name a new file with --bundle"))
        }
        _ => Failure::Failed(format!("{name} cannot be written: {error}")),
    };
    let text = serde_json::to_string(bundle).map_err(|error| Failure::Failed(error.to_string()))?;
    let new = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    new.and_then(|mut new| new.write_all(text.as_bytes())).map_err(failed)?;
    output.line(format!("Wrote {name}. Look at it before you send it: it names programs."))?;
    Ok(())
}

/// Shows verdicts, with a note before them for people.
fn show(at: i64, verdicts: &[Verdict], tariff: &Tariff, note: Option<String>, output: &mut Output) -> Outcome {
    if output.json {
        let judged = verdicts.iter().map(|verdict| judged(verdict, tariff)).collect();
        output.json(&Answer { schema: SCHEMA, at, verdicts: judged })?;
        return is_there_one(verdicts);
    }
    if let Some(note) = note {
        output.line(output.paint(Style::Dim, &note))?;
    }
    for verdict in verdicts {
        let said = sentence(verdict, &|joules| tariff.words(joules), &Untrusted::terminal);
        output.line(output.paint(Style::Bold, &said))?;
        let told = verdict.evidence.iter().map(read).collect::<Vec<_>>();
        if !told.is_empty() {
            let text = format!("  rests on {}", told.join(" · "));
            output.line(output.paint(Style::Dim, &text))?;
        }
    }
    is_there_one(verdicts)
}

/// A script may ask whether there is a GPU at all.
fn is_there_one(verdicts: &[Verdict]) -> Outcome {
    if verdicts.iter().all(|verdict| verdict.state == State::None) { Err(Failure::NoGpu) } else { Ok(()) }
}

/// "GPU power 50 W".
fn read(sample: &Sample) -> String {
    let label = sample.metric.definition().label.split(" (").next().unwrap_or_default();
    format!("{} {}", label.to_lowercase().replace("gpu", "GPU"), format::value(sample.metric, sample.value))
}

/// Nothing was recorded then, or ever.
fn nothing(face: &Face, why: &Why, at: Option<i64>, now: &Zoned) -> Failure {
    let Some((first, last)) = why.range else {
        return Failure::NoRecording("nothing is recorded yet; start `hoofbeat watch`".to_owned());
    };
    let (first, last) = (time::moment(first, now), time::moment(last, now));
    match at {
        Some(at) => {
            let broken_off = face.broken_off(at).unwrap_or_else(|error| {
                log::debug!("whether a recorder ended unexpectedly is not known: {error}");
                None
            });
            let at = time::moment(at, now);
            if let Some((since, until)) = broken_off {
                let away = format::duration(time::since(since, until));
                let since = time::moment(since, now);
                return Failure::NoRecording(format!(
                    "nothing is recorded of {at}; the recorder ended unexpectedly at {since} and was away for {away}"
                ));
            }
            Failure::NoRecording(format!("nothing is recorded of {at}; there is something from {first} to {last}"))
        }
        None => Failure::NoRecording(format!("nothing is recorded now; there is something from {first} to {last}")),
    }
}

fn judged(verdict: &Verdict, tariff: &Tariff) -> Judged {
    let sentence = sentence(verdict, &|joules| tariff.words(joules), &|name| name.json().into_owned());
    Judged { verdict: VerdictInfo::priced(verdict, tariff), sentence }
}
