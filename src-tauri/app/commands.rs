//! What the page may ask. Each command is declared in build.rs and named in a capability; all take typed values, never
//! SQL, paths or programs. They run beside the window's own thread, which must stay free to draw.

use std::path::PathBuf;
use std::sync::Arc;

use hoofbeat_core::api::{EventInfo, History, HistoryQuery, MetricInfo, ProcessList};
use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::paths;
use tauri::State;
use tauri::ipc::Channel;

use crate::alerts;
use crate::failure::{Code, Failure, sentence};
use crate::feed::{self, News};
use crate::processes::Processes;
use crate::recording::Recording;
use crate::rules::{self, DraftInfo, Rehearsals, Rehearsed, RuleDraft, Rules};

/// The most points a series may have: a window is not wider than this.
const MOST_POINTS: usize = 4096;
/// The most events at once.
const MOST_EVENTS: usize = 1000;

type Shared<'a> = State<'a, Arc<Recording>>;

/// Pushes news over `channel` until the window closes or somebody subscribes again.
#[tauri::command(async)]
pub(crate) fn subscribe(recording: Shared<'_>, channel: Channel<News>) -> Result<(), Failure> {
    let recording = Arc::clone(&recording);
    let stop = recording.begin_feed();
    let thread = std::thread::Builder::new().name("feed".into());
    let started = thread.spawn(move || feed::run(&recording, &stop, |news| channel.send(news).is_ok()));
    started.map(drop).map_err(|error| Failure::new(Code::Io, format!("The live view could not be started: {error}.")))
}

/// A stretch of history of one metric, of one source or of all that have it.
#[tauri::command(async)]
pub(crate) fn history(
    recording: Shared<'_>,
    metric: String,
    source: Option<String>,
    since: i64,
    until: i64,
    points: usize,
) -> Result<History, Failure> {
    let query = query(&metric, source, since, until, points)?;
    recording.ask(|face| face.history(&query))
}

/// Every metric of the table.
#[tauri::command]
pub(crate) fn metrics() -> Vec<MetricInfo> {
    hoofbeat_core::api::metrics()
}

/// Events from `since` (Unix seconds) on, newest first.
#[tauri::command(async)]
pub(crate) fn events(recording: Shared<'_>, since: i64, limit: usize) -> Result<Vec<EventInfo>, Failure> {
    recording.ask(|face| face.events(since, limit.min(MOST_EVENTS)))
}

/// The processes of this machine now, with what they do on GPUs as far as a recorder wrote it.
#[tauri::command(async)]
pub(crate) fn processes(recording: Shared<'_>, processes: State<'_, Processes>) -> Result<ProcessList, Failure> {
    processes.list(&recording, SystemClock.now().boot)
}

/// Asks the recorder to pause until a Unix second.
#[tauri::command(async)]
pub(crate) fn pause(recording: Shared<'_>, until: i64) -> Result<(), Failure> {
    recording.ask(|face| face.pause(until))
}

/// Asks the recorder to go on.
#[tauri::command(async)]
pub(crate) fn resume(recording: Shared<'_>) -> Result<(), Failure> {
    recording.ask(|face| face.resume())
}

/// Every rule, as the config file has them, and the version of that file.
#[tauri::command(async)]
pub(crate) fn rules() -> Result<Rules, Failure> {
    rules::read(&config_file()?)
}

/// What is to be said of a rule as it is typed.
#[tauri::command(async)]
pub(crate) fn check_rule(draft: RuleDraft) -> Result<DraftInfo, Failure> {
    rules::check(&config_file()?, draft)
}

/// What it would have said of the last days; `None` where a newer question has made this one outdated. It reads for up to
/// some seconds, on a thread that nobody else waits for.
#[tauri::command]
pub(crate) async fn rehearse_rule(
    recording: Shared<'_>,
    rehearsals: State<'_, Arc<Rehearsals>>,
    draft: RuleDraft,
) -> Result<Option<Rehearsed>, Failure> {
    let (rehearsals, number) = (Arc::clone(&rehearsals), rehearsals.begin());
    let (folder, file) = (recording.folder().to_path_buf(), config_file()?);
    let now = SystemClock.now().unix();
    let run = move || rehearsals.run(number, (&folder, &file), &draft.into(), now);
    let ended = tauri::async_runtime::spawn_blocking(run).await;
    ended.map_err(|error| Failure::new(Code::Io, format!("The rule could not be tried: {error}.")))?
}

/// Saves a rule in the config file, if that still is of the version that the page saw.
#[tauri::command(async)]
pub(crate) fn save_rule(draft: RuleDraft, version: String) -> Result<(), Failure> {
    rules::save(&config_file()?, draft, &version)
}

/// Takes what the config file says of a rule out of it.
#[tauri::command(async)]
pub(crate) fn remove_rule(id: String, version: String) -> Result<(), Failure> {
    rules::remove(&config_file()?, &id, &version)
}

/// Says nothing of the alerts of a rule on a source until a Unix second, or until they are over.
#[tauri::command(async)]
pub(crate) fn snooze(recording: Shared<'_>, rule: String, source: String, until: Option<i64>) -> Result<(), Failure> {
    alerts::check_end(until, SystemClock.now().unix())?;
    recording.ask(|face| face.snooze(&rule, &source, until))
}

/// Takes back the snooze that names exactly this rule and this source. One that is gone already is no failure.
#[tauri::command(async)]
pub(crate) fn unsnooze(recording: Shared<'_>, rule: String, source: String) -> Result<(), Failure> {
    recording.ask(|face| face.take_back(&rule, &source)).map(drop)
}

/// Starts a recorder where none runs, and answers when it does.
#[tauri::command(async)]
pub(crate) fn start_recorder(recording: Shared<'_>) -> Result<(), Failure> {
    recording.start_recorder()
}

fn config_file() -> Result<PathBuf, Failure> {
    paths::config_file().map_err(|error| Failure::new(Code::BadConfig, sentence(&error.to_string())))
}

fn query(metric: &str, source: Option<String>, since: i64, until: i64, points: usize) -> Result<HistoryQuery, Failure> {
    let bad = |message: String| Failure::new(Code::BadRequest, message);
    let metric = Metric::from_key(metric).ok_or_else(|| bad(format!("There is no metric {metric:?}.")))?;
    if since >= until {
        return Err(bad(format!("The stretch from {since} to {until} is empty.")));
    }
    Ok(HistoryQuery { metric, source, since, until, points: points.clamp(1, MOST_POINTS) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_asks_is_checked() {
        #[track_caller]
        fn check(metric: &str, since: i64, until: i64, points: usize, expected: Result<usize, Code>) {
            let outcome = query(metric, None, since, until, points);
            assert_eq!(outcome.map(|query| query.points).map_err(|failure| failure.code), expected);
        }
        check("cpu.utilization", 0, 3600, 720, Ok(720));
        check("cpu.utilization", 0, 3600, 0, Ok(1));
        check("cpu.utilization", 0, 3600, usize::MAX, Ok(MOST_POINTS));
        check("cpu.utilisation", 0, 3600, 720, Err(Code::BadRequest));
        check("cpu.utilization", 3600, 3600, 720, Err(Code::BadRequest));
        check("'; drop table chunk; --", 0, 1, 1, Err(Code::BadRequest));
    }
}
