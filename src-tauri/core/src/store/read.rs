//! What faces read.

mod extent;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::Path;

use rusqlite::Connection;

pub use self::extent::Oldest;
use super::error::StoreError;
use super::gpu_usage::{UsedSince, hour_of};
use super::history::Seconds;
use super::{
    alert, baseline, catalog, channel, check, connection, episode, event, folder, gpu_usage, history, layout,
    processes, recent, recorder, samples, schema, session, snooze,
};
use crate::metrics::Metric;
use crate::model::answer::{
    EpisodeInfo, EventInfo, GpuUsages, Happened, History, HistoryQuery, Recorder, SCHEMA, SessionInfo, SourceStatus,
    Status, Value,
};
use crate::model::baseline::{BaselineRow, PastUse};
use crate::model::channel::ChannelState;
use crate::model::snooze::Snooze;
use crate::model::{AlertRow, EventKind, Health, RecorderState, SourceKind};
use crate::say;
use crate::untrusted::Untrusted;

/// A face's read-only view of the database.
pub struct Reader {
    pub(super) db: Connection,
    recent: RefCell<recent::Seconds>,
}

impl Reader {
    /// Opens the database in `folder` for reading. One that a newer Hoofbeat wrote opens too: what this build knows of
    /// it can be read.
    ///
    /// # Errors
    /// [`StoreError::NoRecording`] where there is none.
    pub fn open(folder: &Path) -> Result<Reader, StoreError> {
        let file = folder::database(folder);
        if std::fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_symlink()) {
            return Err(folder::is_link(folder));
        }
        let length = match std::fs::metadata(&file) {
            Ok(meta) => Some(meta.len()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(StoreError::Refused(say!(
                    "{file} may not be read: it belongs to another user; choose a folder of yours with --data-dir",
                    file = file.display()
                )));
            }
            Err(_) => None,
        };
        // An empty file where history was recorded before is damage, and its own error.
        if length.is_none() || (length == Some(0) && !layout::exists(folder)) {
            return Err(StoreError::NoRecording(folder.to_path_buf()));
        }
        let db = connection::reader(&file)?;
        let id: i64 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        if id != connection::APPLICATION_ID {
            return Err(StoreError::Refused(say!(
                "{file} is not a database of Hoofbeat; choose another folder with --data-dir",
                file = file.display()
            )));
        }
        Ok(Reader { db, recent: RefCell::default() })
    }

    /// `PRAGMA data_version`: changes whenever another connection wrote.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn version(&self) -> Result<i64, StoreError> {
        super::data_version(&self.db)
    }

    /// See [`crate::api::Face::status`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn status(&self, recorder_runs: bool) -> Result<Status, StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        let ts = recent::last_ts(&transaction)?;
        let never = Recorder { state: RecorderState::Off, since: None, until: None, tick: None };
        let mut said = recorder::read(&transaction)?.unwrap_or(never);
        if !recorder_runs && said.state != RecorderState::Off {
            // It was ended without a word: nothing was recorded since its last tick.
            said = Recorder { state: RecorderState::Off, since: ts, until: None, ..said };
        }
        let sources = sources(&transaction, said.state)?;
        Ok(Status { schema: SCHEMA, ts, recorder: said, sources })
    }

    /// See [`crate::api::Face::last_look`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_look(&self) -> Result<Option<i64>, StoreError> {
        recorder::read_look(&self.db)
    }

    /// See [`crate::api::Face::history`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn history(&self, query: &HistoryQuery) -> Result<History, StoreError> {
        // One transaction, so that a seal in between moves nothing out of sight.
        let transaction = self.db.unchecked_transaction()?;
        history::read(&transaction, &mut self.recent.borrow_mut(), query)
    }

    /// Metrics of a source in `since..until`, second by second, and how far its samples lie apart at the moment `at`: the
    /// same as [`Reader::history`] says of each, for much less where there are several.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn seconds(
        &self,
        source: &str,
        metrics: &[Metric],
        since: i64,
        until: i64,
        at: i64,
    ) -> Result<Seconds, StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        history::seconds(&transaction, &mut self.recent.borrow_mut(), (source, metrics), (since, until), at)
    }

    /// Calls `each` with what was kept of these metrics of a source in `since..until`, as fine as it was kept, oldest
    /// first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn samples(
        &self,
        source: &str,
        metrics: &[Metric],
        since: i64,
        until: i64,
        each: impl FnMut(&samples::Sample<'_>),
    ) -> Result<samples::Kept, StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        samples::visit(&transaction, &mut self.recent.borrow_mut(), (source, metrics), (since, until), each)
    }

    /// See [`crate::api::Face::events`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events(&self, since: i64, limit: usize) -> Result<Vec<EventInfo>, StoreError> {
        event::read(&self.db, since, limit)
    }

    /// See [`crate::api::Face::happened`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn happened(&self, kinds: &[EventKind], since: i64, until: i64, limit: usize) -> Result<Happened, StoreError> {
        // Otherwise an event in between would be in one of them only.
        let transaction = self.db.unchecked_transaction()?;
        let events = event::between(&transaction, kinds, [since, until], limit)?;
        Ok(Happened { events, counts: event::counts(&transaction, [since, until])? })
    }

    /// Unexpected uses of one reason from `since` on, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unexpected(&self, since: i64, why: &str, limit: usize) -> Result<Vec<EventInfo>, StoreError> {
        event::unexpected(&self.db, since, why, limit)
    }

    /// Events of these kinds from `since` until `until` (Unix seconds, both included), oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events_of(
        &self,
        kinds: &[EventKind],
        since: i64,
        until: i64,
        each: impl FnMut(EventInfo),
    ) -> Result<(), StoreError> {
        event::visit(&self.db, kinds, [since, until], each)
    }

    /// Where each alert stands.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        // A recorder of an older Hoofbeat writes still.
        let version = schema::version(&self.db)?;
        if version < schema::WITH_ALERTS_OF_WHOM {
            return Ok(Vec::new());
        }
        alert::read(&self.db, version)
    }

    /// Events of one kind about a source from `since` until `until` (Unix seconds, both included), newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events_about(
        &self,
        source: &str,
        kind: EventKind,
        since: i64,
        until: i64,
    ) -> Result<Vec<EventInfo>, StoreError> {
        event::about(&self.db, source, kind, [since, until])
    }

    /// The newest event of these kinds of a source from `since` until `until` (Unix seconds, both included).
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_event(
        &self,
        source: &str,
        kinds: &[EventKind],
        since: i64,
        until: i64,
    ) -> Result<Option<EventInfo>, StoreError> {
        event::newest(&self.db, source, kinds, [since, until])
    }

    /// The word on whether people are there that was recorded last.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_presence(&self) -> Result<Option<EventInfo>, StoreError> {
        event::last_presence(&self.db)
    }

    /// See [`crate::api::Face::gpu_usages`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn gpu_usages(&self, since: i64, until: i64) -> Result<GpuUsages, StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        // A recorder of an older Hoofbeat writes still.
        if schema::version(&transaction)? < schema::WITH_PROCESSES {
            return Ok(GpuUsages { schema: SCHEMA, since, until, counted: None, gpus: Vec::new() });
        }
        let gpus = gpu_usage::totals(&transaction, since, until)?;
        let last = recent::last_ts(&transaction)?.filter(|_| !gpus.is_empty());
        let counted = last.map(|last| gpu_usage::counted(&transaction, last)).transpose()?.map(|told| told.min(until));
        Ok(GpuUsages { schema: SCHEMA, since, until, counted, gpus })
    }

    /// Since when (Unix seconds) each of these identities (key and user) uses a GPU without a long pause, at the moment
    /// `at`, and the joules that are its doing since then; `None` for one that did not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn gpu_stretches(
        &self,
        source: &str,
        who: &[(&Untrusted, Option<u32>)],
        at: i64,
    ) -> Result<Vec<Option<UsedSince>>, StoreError> {
        if who.is_empty() || schema::version(&self.db)? < schema::WITH_PROCESSES {
            return Ok(vec![None; who.len()]);
        }
        gpu_usage::stretches(&self.db, source, who, at)
    }

    /// See [`crate::api::Face::sessions`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sessions(&self, source: Option<&str>, since: i64, until: i64) -> Result<Vec<SessionInfo>, StoreError> {
        if schema::version(&self.db)? < schema::WITH_SESSIONS {
            return Ok(Vec::new());
        }
        session::read(&self.db, source, [since, until])
    }

    /// See [`crate::api::Face::episodes`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn episodes(&self, source: Option<&str>, since: i64, until: i64) -> Result<Vec<EpisodeInfo>, StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        if schema::version(&transaction)? < schema::WITH_SESSIONS {
            return Ok(Vec::new());
        }
        let mut episodes = episode::read(&transaction, source, [since, until])?;
        // One that reaches into the stretch may have sessions that do not.
        let first = episodes.iter().map(|one| one.start).min().unwrap_or(since);
        let mut places: HashMap<i64, usize> = HashMap::new();
        places.extend(episodes.iter().enumerate().map(|(at, one)| (one.id, at)));
        for one in session::read(&transaction, source, [first, i64::MAX])? {
            if let Some(&at) = one.episode.as_ref().and_then(|id| places.get(id)) {
                episodes[at].sessions.push(one);
            }
        }
        Ok(episodes)
    }

    /// What was learnt of who uses GPUs; and since when, and whether a person has ended the learning.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn baseline(&self) -> Result<(Vec<BaselineRow>, Option<i64>, bool), StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        if schema::version(&transaction)? < schema::WITH_BASELINE {
            return Ok((Vec::new(), None, false));
        }
        let (began, trusted) = baseline::read_learning(&transaction)?;
        Ok((baseline::read(&transaction)?, began, trusted))
    }

    /// Every snooze, oldest first, those whose time is over among them where no recorder has removed them yet.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn snoozes(&self) -> Result<Vec<Snooze>, StoreError> {
        let version = schema::version(&self.db)?;
        if version < schema::WITH_SNOOZES {
            return Ok(Vec::new());
        }
        snooze::read(&self.db, version)
    }

    /// See [`crate::api::Face::channels`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn channels(&self) -> Result<Vec<ChannelState>, StoreError> {
        if schema::version(&self.db)? < schema::WITH_CHANNELS {
            return Ok(Vec::new());
        }
        channel::read(&self.db)
    }

    /// Every minute of every use of a GPU from `since` on, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn gpu_past(&self, since: i64, each: impl FnMut(PastUse)) -> Result<(), StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        if schema::version(&transaction)? < schema::WITH_PROCESSES {
            return Ok(());
        }
        gpu_usage::past(&transaction, since, each)
    }

    /// The ids of the sources that have a metric.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sources_of(&self, metric: Metric) -> Result<Vec<String>, StoreError> {
        Ok(catalog::series_of(&self.db, metric, None)?.into_iter().map(|(_, source, _)| source).collect())
    }

    /// Bytes of each table and index, largest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn table_bytes(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut query = self.db.prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC, 1")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.max(0) as u64)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The first and the last second of history, hours included. Of a beginning of which only hours are kept any more, it
    /// is the first of its hour.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn range(&self) -> Result<Option<(i64, i64)>, StoreError> {
        // Asked series by series: their keys begin with it, so that each is one step down an index and not all of the hours.
        let mut query = self.db.prepare_cached(
            "SELECT min(ts) FROM (
               SELECT (SELECT min(ts) FROM hour WHERE hour.series_id = series.series_id) AS ts FROM series
               UNION ALL SELECT (SELECT min(hour) FROM chunk WHERE pack_id = source_id) FROM source
               UNION ALL SELECT ts FROM (SELECT ts FROM recent ORDER BY seq LIMIT 1))",
        )?;
        let first: Option<i64> = query.query_row([], |row| row.get(0))?;
        let Some(first) = first else { return Ok(None) };
        // An hour is kept under its first second, which may be long before anything was recorded in it.
        let mut query = self.db.prepare_cached(
            "SELECT min(ts) FROM (
               SELECT (SELECT min(t0) FROM chunk WHERE pack_id = source_id AND hour = ?1) AS ts FROM source
               UNION ALL SELECT ts FROM (SELECT ts FROM recent ORDER BY seq LIMIT 1) WHERE ts < ?1 + 3600)",
        )?;
        let exact: Option<i64> = query.query_row([hour_of(first)], |row| row.get(0))?;
        Ok(Some(exact.unwrap_or(first)).zip(recent::last_ts(&self.db)?))
    }

    /// Checks the whole file and every checksum; the findings in words, empty where all is well.
    ///
    /// # Errors
    /// The database cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut findings = check::structure(&self.db)?;
        findings.extend(check::checksums(&self.db)?);
        Ok(findings)
    }
}

fn sources(db: &Connection, state: RecorderState) -> Result<Vec<SourceStatus>, StoreError> {
    let mut columns: HashMap<i64, Vec<(Metric, usize)>> = HashMap::new();
    let mut query = db.prepare_cached("SELECT source_id, metric_id, col FROM series")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(metric) = Metric::from_id(row.get(1)?) {
            columns.entry(row.get(0)?).or_default().push((metric, row.get(2)?));
        }
    }
    let told = if schema::version(db)? < schema::WITH_PROCESSES { "NULL" } else { "c.processes" };
    let mut query = db.prepare_cached(&format!(
        "SELECT s.source_id, s.uid, s.kind, s.label, p.uid, s.health, s.reason, c.ts, c.vals, {told}
           FROM source s JOIN source p ON p.source_id = s.pack_id LEFT JOIN current c ON c.pack_id = s.pack_id
          WHERE {}",
        catalog::LISTED
    ))?;
    let mut rows = query.query([])?;
    let mut sources = Vec::new();
    while let Some(row) = rows.next()? {
        let (source_id, id, kind, whole): (i64, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(4)?);
        // A kind of a newer Hoofbeat: this build cannot show it.
        let Some(kind) = SourceKind::from_word(&kind) else { continue };
        let health = Health::from_word(&row.get::<_, String>(5)?).unwrap_or(Health::Stale);
        let (health, reason) = match (state, health) {
            (RecorderState::Off, Health::Ok) => (Health::Stale, say!("the recorder is off").to_owned()),
            (RecorderState::Paused, Health::Ok) => (Health::Stale, say!("recording is paused").to_owned()),
            _ => (health, row.get(6)?),
        };
        let slots: Vec<Option<i64>> = match row.get_ref(8)?.as_str_or_null().map_err(rusqlite::Error::from)? {
            // One row that cannot be read hides its own source's values and no other's.
            Some(vals) => recent::slots(vals).unwrap_or_default(),
            None => Vec::new(),
        };
        let metrics: BTreeMap<_, _> = columns
            .get(&source_id)
            .into_iter()
            .flatten()
            .filter_map(|(metric, col)| {
                let stored = slots.get(*col).copied().flatten()?;
                let line = metric.definition();
                Some((line.key, Value { value: metric.to_value(stored as f64), unit: line.unit.symbol() }))
            })
            .collect();
        let part_of = Some(whole).filter(|whole| *whole != id);
        // What was done on a GPU that is not read now is not what is done on it.
        let column = row.get_ref(9)?.as_str_or_null().map_err(rusqlite::Error::from)?.filter(|_| health == Health::Ok);
        let processes = processes::of_source(column, &id, part_of.is_some());
        let (label, ts) = (row.get(3)?, row.get(7)?);
        sources.push(SourceStatus { id, kind, label, part_of, health, reason, ts, metrics, processes });
    }
    // Wholes in the order of kinds, each followed by its parts in natural order: core 10 comes after core 9.
    let rank = |kind: SourceKind| SourceKind::WORDS.iter().position(|(known, _)| *known == kind);
    let kinds: HashMap<String, Option<usize>> =
        sources.iter().map(|source| (source.id.clone(), rank(source.kind))).collect();
    sources.sort_by_cached_key(|source| {
        let whole = source.part_of.as_ref().unwrap_or(&source.id);
        let kind = kinds.get(whole).copied().flatten();
        (kind, natural(whole), source.part_of.is_some(), natural(&source.id))
    });
    Ok(sources)
}

/// A key that sorts numbers inside text by their value.
fn natural(text: &str) -> Vec<(String, u64)> {
    let mut key = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(words);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (number, tail) = tail.split_at(digits);
        key.push((word.to_owned(), number.parse().unwrap_or(0)));
        rest = tail;
    }
    key
}

/// Bytes of the database, its log and its index in a folder.
pub(super) fn bytes_on_disk(folder: &Path) -> u64 {
    let file = folder::database(folder);
    ["", "-wal", "-shm"]
        .iter()
        .filter_map(|suffix| std::fs::metadata(format!("{}{suffix}", file.display())).ok())
        .map(|meta| meta.len())
        .sum()
}
