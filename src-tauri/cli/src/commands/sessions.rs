//! `hoofbeat sessions` and `hoofbeat episodes`: who used a GPU from when to when, and when one was used at all.
//!
//! What goes on is told as it was last written, which is once a minute. Energies are estimates and say so by "about".
//! Deliberately not here: when a session begins and ends, which the recorder has decided.

use std::time::Duration;

use hoofbeat_core::api::{EpisodeInfo, Face, SCHEMA, SessionInfo, Users};
use hoofbeat_core::format;
use hoofbeat_core::metrics::{Metric, Unit};
use hoofbeat_core::model::{HIDDEN, RecorderState, SourceKind};
use jiff::Zoned;
use serde::Serialize;

use super::names;
use crate::args::{self, Global};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// Names longer than this are cut; the whole text is in `--json`.
const NAME_WIDTH: usize = 32;
/// So wide are several names.
const NAMES_WIDTH: usize = 40;

#[derive(Serialize)]
struct Sessions<'a> {
    schema: u32,
    since: i64,
    until: i64,
    sessions: Vec<Session<'a>>,
}

#[derive(Serialize)]
struct Episodes<'a> {
    schema: u32,
    since: i64,
    until: i64,
    episodes: Vec<Episode<'a>>,
}

#[derive(Serialize)]
struct Session<'a> {
    #[serde(flatten)]
    of: &'a SessionInfo,
    seconds: i64,
    /// Empty where it is not known.
    user: String,
}

#[derive(Serialize)]
struct Episode<'a> {
    #[serde(flatten)]
    of: &'a EpisodeInfo,
    seconds: i64,
}

/// What was asked for.
struct Asked {
    face: Face,
    now: Zoned,
    source: Option<String>,
    since: i64,
    until: i64,
    records: bool,
}

impl Asked {
    fn of(global: &Global, options: &args::Stretches) -> Result<Asked, Failure> {
        let now = Zoned::now();
        let (since, until) = time::parse_stretch(&options.since, &options.until, &now).map_err(Failure::Usage)?;
        let face = super::face(global)?;
        let status = face.status()?;
        let gpus: Vec<_> = status.sources.into_iter().filter(|source| source.kind == SourceKind::Gpu).collect();
        let wanted = options.source.as_deref();
        let source = wanted.map(|wanted| names::source(&gpus, wanted, "GPU")).transpose()?;
        // What is open while nothing records has not been seen to end.
        let records = status.recorder.state == RecorderState::Recording;
        Ok(Asked { face, now, source, since, until, records })
    }

    /// What is said where nothing was found.
    fn nothing(&self) -> String {
        let since = time::moment(self.since, &self.now);
        format!("Nobody used a GPU for long enough since {since}, as far as that was recorded.")
    }

    fn ended(&self, ended: Option<&'static str>) -> &'static str {
        match ended {
            Some("unknown") => "not seen",
            Some(ended) => ended,
            None if self.records => "goes on",
            None => "not seen",
        }
    }

    /// Until when, where that was seen.
    fn until(&self, end: i64, ended: Option<&'static str>) -> Cell {
        Cell::new(if ended.is_none() && self.records { String::new() } else { time::moment(end, &self.now) })
    }
}

/// Shows who used a GPU from when to when.
pub fn sessions(global: &Global, options: &args::Stretches, output: &mut Output) -> Outcome {
    let asked = Asked::of(global, options)?;
    let sessions = asked.face.sessions(asked.source.as_deref(), asked.since, asked.until)?;
    let mut users = Users::at(global.root.as_deref());
    if output.json {
        let sessions =
            sessions.iter().map(|of| Session { of, seconds: of.end - of.start, user: names::user(of.uid, &mut users) });
        let (since, until) = (asked.since, asked.until);
        return Ok(output.json(&Sessions { schema: SCHEMA, since, until, sessions: sessions.collect() })?);
    }
    if sessions.is_empty() {
        return Ok(output.line(asked.nothing())?);
    }
    // The GPU is told where there is more than one.
    let many = sessions.iter().any(|one| one.source != sessions[0].source);
    let numbers = [("LASTED", 2), ("MEAN", 6), ("PEAK", 7), ("PEAK VRAM", 8), ("ENERGY", 3)];
    let numbers = numbers.map(|(head, spare)| Cell::number(head).spare(spare));
    let texts =
        [Cell::new("SINCE").spare(1), Cell::new("UNTIL").spare(4), Cell::new("NAME"), Cell::new("USER").spare(5)];
    let gpu = |text: &str| if many { vec![Cell::name(output::short_name(text, NAME_WIDTH))] } else { Vec::new() };
    let head = [texts.to_vec(), gpu("GPU"), numbers.to_vec(), vec![Cell::new("ENDED").spare(9)]].concat();
    let mut rows = vec![head.into_iter().map(|cell| cell.style(Style::Dim)).collect::<Vec<_>>()];
    for one in &sessions {
        let percent = |share: Option<f64>| Cell::known(share.map(|share| format::quantity(share, Unit::Percent)));
        let who = vec![
            Cell::new(time::moment(one.start, &asked.now)),
            asked.until(one.end, one.ended),
            Cell::name(output::short_name(&names::with_command(one), NAME_WIDTH)),
            Cell::new(output::short_text(&names::user(one.uid, &mut users), 12)),
        ];
        let what = vec![
            lasted(one.start, one.end),
            percent(one.mean_share),
            percent(one.peak_share),
            Cell::known(one.vram.map(|bytes| format::value(Metric::GpuMemoryUsed, bytes as f64))),
            Cell::known(one.energy.map(format::about_energy)),
            Cell::new(asked.ended(one.ended)),
        ];
        rows.push([who, gpu(&one.label), what].concat());
    }
    Ok(output.table(&rows)?)
}

/// Shows when a GPU was used.
pub fn episodes(global: &Global, options: &args::Stretches, output: &mut Output) -> Outcome {
    let asked = Asked::of(global, options)?;
    let episodes = asked.face.episodes(asked.source.as_deref(), asked.since, asked.until)?;
    if output.json {
        let episodes = episodes.iter().map(|of| Episode { of, seconds: of.end - of.start }).collect();
        return Ok(output.json(&Episodes { schema: SCHEMA, since: asked.since, until: asked.until, episodes })?);
    }
    if episodes.is_empty() {
        return Ok(output.line(asked.nothing())?);
    }
    let many = episodes.iter().any(|one| one.source != episodes[0].source);
    let gpu = |text: &str| if many { vec![Cell::name(output::short_name(text, NAME_WIDTH))] } else { Vec::new() };
    let numbers =
        [("LASTED", 2), ("BUSY", 4), ("NOT EXPLAINED", 6), ("HOTTEST", 7), ("PEAK POWER", 9), ("THROTTLED", 10)];
    let numbers = numbers.into_iter().chain([("ENERGY", 3)]).map(|(head, spare)| Cell::number(head).spare(spare));
    let numbers: Vec<_> = numbers.collect();
    let tail = vec![Cell::new("ENDED").spare(8), Cell::new("WHO")];
    let head = [vec![Cell::new("SINCE").spare(1), Cell::new("UNTIL").spare(5)], gpu("GPU"), numbers, tail].concat();
    let mut rows = vec![head.into_iter().map(|cell| cell.style(Style::Dim)).collect::<Vec<_>>()];
    for one in &episodes {
        let seconds =
            |seconds: Option<f64>| Cell::known(seconds.map(|seconds| format::quantity(seconds, Unit::Second)));
        let when = vec![Cell::new(time::moment(one.start, &asked.now)), asked.until(one.end, one.ended)];
        let what = vec![
            lasted(one.start, one.end),
            seconds(one.busy),
            seconds(one.remainder),
            Cell::known(one.temperature.map(|value| format::value(Metric::GpuTemperature, value))),
            Cell::known(one.power.map(|value| format::value(Metric::GpuPower, value))),
            seconds(one.throttled),
            Cell::known(one.energy.map(format::about_energy)),
            Cell::new(asked.ended(one.ended)),
            Cell::new(output::text(&who(one))),
        ];
        rows.push([when, gpu(&one.label), what].concat());
    }
    Ok(output.table(&rows)?)
}

/// Who had a session in it, each once, who worked most first, and how many more where there is no room for all. What those
/// did whom nobody can name is not explained, and told as that.
fn who(episode: &EpisodeInfo) -> String {
    let mut sessions: Vec<&SessionInfo> = episode.sessions.iter().filter(|one| one.key != HIDDEN).collect();
    sessions.sort_by(|a, b| b.busy.unwrap_or(0.0).total_cmp(&a.busy.unwrap_or(0.0)));
    let mut names: Vec<&str> = Vec::new();
    for one in sessions {
        if !names.contains(&one.identity.as_str()) {
            names.push(&one.identity);
        }
    }
    let Some((first, others)) = names.split_first() else { return "nobody that is known".to_string() };
    let mut told = (*first).to_owned();
    for (at, name) in others.iter().enumerate() {
        if told.chars().count() + name.chars().count() + 2 > NAMES_WIDTH {
            return format!("{told} and {} more", others.len() - at);
        }
        told = format!("{told}, {name}");
    }
    told
}

fn lasted(start: i64, end: i64) -> Cell {
    Cell::number(format::duration(Duration::from_secs(u64::try_from(end - start).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_worked_most_is_named_first_and_nobody_whom_nobody_can_name() {
        let session = |(identity, key, busy): (&str, &str, f64)| SessionInfo {
            busy: Some(busy),
            ..names::session(identity, key)
        };
        let told = |sessions: &[(&str, &str, f64)]| {
            who(&EpisodeInfo {
                id: 1,
                source: "gpu:1".to_owned(),
                label: "GPU".to_owned(),
                start: 0,
                end: 60,
                ended: None,
                busy: Some(60.0),
                explained: None,
                remainder: None,
                energy: None,
                temperature: None,
                power: None,
                throttled: None,
                sessions: sessions.iter().copied().map(session).collect(),
            })
        };
        let hidden = ("a process that cannot be seen", HIDDEN, 30.0);
        assert_eq!(told(&[("Blender", "b", 5.0), hidden, ("Ollama", "o", 10.0)]), "Ollama, Blender");
        assert_eq!(told(&[hidden]), "nobody that is known");
        let many =
            [("Starfall Racer", "s", 9.0), ("Blender", "b", 5.0), ("dbus-updater", "d", 4.0), ("Ollama", "o", 3.0)];
        assert_eq!(told(&many), "Starfall Racer, Blender, dbus-updater and 1 more");
        assert_eq!(told(&many[..1]), "Starfall Racer");
    }
}
