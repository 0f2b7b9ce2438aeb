//! Opening the recorder's database: a new one, an old one, one that is not ours, one that is damaged.
//!
//! Deliberately not here: how a new file takes a damaged one's place (`replace`), and what is saved of it (`salvage`).

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::catalog::{self, Catalog};
use super::connection::{self, APPLICATION_ID};
use super::error::StoreError;
use super::{
    Store, alert, ballast, baseline, binary, check, episode, event, folder, layout, minute, recent, recorder, replace,
    schema, session, snooze,
};
use crate::metrics::Metric;
use crate::model::answer::EventInfo;
use crate::model::baseline::BaselineRow;
use crate::model::binary::BinaryRow;
use crate::model::snooze::Snooze;
use crate::model::{AlertRow, Event, Keep, Now, RecorderState, Stretches, UNUSED_PERCENT};
use crate::say;

/// How far back it is looked for what a GPU takes when nobody uses it, which changes with drivers and screens.
const IDLE_OF: i64 = 30 * 86_400;

/// What opening found.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Things that a person should be told, as events to be recorded (a damaged file set aside).
    pub events: Vec<Event>,
    /// Things to be said once in the log (a network file system).
    pub warnings: Vec<String>,
    /// Alerts as they stood.
    pub alerts: Vec<AlertRow>,
    /// A pause that a person asked for earlier, as Unix seconds until which it lasts.
    pub paused_until: Option<i64>,
    /// The second of the newest tick in the store.
    pub last_ts: Option<i64>,
    /// What each GPU took in the last weeks when nobody used it, in watts, by the source's id.
    pub idle_power: Vec<(String, f64)>,
    /// Sessions and episodes that an earlier recorder left open.
    pub stretches: Stretches,
    /// What was learnt of who uses GPUs.
    pub baseline: Vec<BaselineRow>,
    /// What was in the files of programs that use GPUs.
    pub binaries: Vec<BinaryRow>,
    /// Unix seconds since when that is learnt, and whether a person has ended the learning.
    pub learning: (Option<i64>, bool),
    /// The newest event of who is at this machine.
    pub presence: Option<EventInfo>,
    /// What a person does not want to hear of.
    pub snoozes: Vec<Snooze>,
    /// What waits to be told, as a recorder left it.
    pub dispatch: Option<String>,
    /// What the recorder was doing when it last wrote: anything but `Off` means that it did not end in order.
    pub left: Option<RecorderState>,
}

impl Store {
    /// Opens or makes the database in `folder` (made with mode 0700 where missing) for writing. The caller holds the
    /// recorder's lock (see [`super::lock_recorder`]). A damaged database is set aside and salvaged.
    ///
    /// # Errors
    /// See [`StoreError`]; `Damaged` is not among them, unless setting the file aside failed too.
    pub fn open(folder: &Path, keep: Keep, now: Now) -> Result<Opened, StoreError> {
        Self::open_trusting(folder, keep, now, Trust::AfterOrderlyEnd)
    }

    /// Opens the database again after it turned out damaged while it was recorded into: every page and every checksum
    /// is looked at, and with `replace` it is set aside whatever that finds.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn open_again(folder: &Path, keep: Keep, now: Now, replace: bool) -> Result<Opened, StoreError> {
        Self::open_trusting(folder, keep, now, if replace { Trust::Never } else { Trust::AfterFullCheck })
    }

    fn open_trusting(folder: &Path, keep: Keep, now: Now, trust: Trust) -> Result<Opened, StoreError> {
        folder::prepare(folder)?;
        let file = folder::database(folder);
        let mut events = Vec::from_iter(replace::finish(folder, &file, now)?);
        let db = match open_sound(folder, &file, trust) {
            Ok(db) => db,
            Err(StoreError::Damaged(reason)) => {
                let (db, event) = replace::replace(folder, &file, now, &reason)?;
                events.push(event);
                db
            }
            Err(error) => return Err(error),
        };
        catalog::write_metrics(&db)?;
        limit_size(&db, &keep)?;
        let left = recorder::read(&db)?.map(|recorder| recorder.state);
        let store = Store {
            catalog: Catalog::load(&db)?,
            folder: folder.to_path_buf(),
            keep,
            durable: false,
            // No version is this one.
            heard: -1,
            wish: (super::data_version(&db)?, recorder::read_wish(&db)?),
            // Nor this one, so that words from while nothing recorded are heard.
            answers: (-1, Vec::new()),
            deletion: -1,
            snoozes: (super::data_version(&db)?, snooze::read(&db, schema::VERSION)?),
            files: None,
            sealed_hour: None,
            packs: Default::default(),
            processes: Default::default(),
            db,
        };
        ballast::keep(folder, store.keep.cap);
        Ok(Opened {
            events,
            warnings: folder::network_warning(folder).into_iter().collect(),
            alerts: alert::read(&store.db, schema::VERSION)?,
            paused_until: store.wish.1.filter(|until| *until > now.unix()),
            last_ts: recent::last_ts(&store.db)?,
            idle_power: idle_power(&store.db, now.unix())?,
            stretches: Stretches {
                sessions: session::open(&store.db)?,
                episodes: episode::open(&store.db)?,
                numbered: episode::numbered(&store.db)?,
            },
            baseline: baseline::read(&store.db)?,
            binaries: binary::read(&store.db)?,
            learning: baseline::read_learning(&store.db)?,
            presence: event::last_presence(&store.db)?,
            snoozes: store.snoozes.1.clone(),
            dispatch: snooze::read_dispatch(&store.db)?,
            left,
            store,
        })
    }
}

/// What each GPU takes when it does nothing: its lowest power in minutes all of which it was unused. An hour would seldom
/// be.
fn idle_power(db: &Connection, now: i64) -> Result<Vec<(String, f64)>, StoreError> {
    let unused = Metric::GpuUtilization.to_stored(UNUSED_PERCENT);
    let loads = catalog::series_of(db, Metric::GpuUtilization, None)?;
    let mut found = Vec::new();
    for (power, source, _) in catalog::series_of(db, Metric::GpuPower, None)? {
        let Some((load, ..)) = loads.iter().find(|(_, of, _)| *of == source) else { continue };
        // A damaged day tells nothing, and is told of where it is looked for.
        let mut quiet = HashSet::new();
        minute::visit(db, load.series_id, now - IDLE_OF, now, |ts, fold| {
            if Some(fold.max) <= unused {
                quiet.insert(ts);
            }
        })?;
        let mut lowest = None;
        minute::visit(db, power.series_id, now - IDLE_OF, now, |ts, fold| {
            if fold.min > 0 && quiet.contains(&ts) {
                lowest = Some(lowest.map_or(fold.min, |lowest: i64| lowest.min(fold.min)));
            }
        })?;
        found.extend(lowest.map(|stored| (source, Metric::GpuPower.to_value(stored as f64))));
    }
    Ok(found)
}

/// The hard limit of the file's size: reached only where the soft one could not hold.
pub(super) fn limit_size(db: &Connection, keep: &Keep) -> Result<(), StoreError> {
    let page_size: u32 = db.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let now = db.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0))?.max(0) as u64;
    let cap = keep.cap / u64::from(page_size);
    // A file beyond a lowered cap needs air to seal an hour, or nothing would ever be deleted from it.
    let limit = if now > cap { now + (8 << 20) / u64::from(page_size) } else { cap };
    let pages = limit.clamp(256, i64::from(u32::MAX - 1) as u64);
    db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(())
}

/// What an existing file must pass before it is recorded into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// A look at its structure, unless it was closed in order.
    AfterOrderlyEnd,
    /// A look at its structure and at every checksum.
    AfterFullCheck,
    /// Nothing: a full check found no damage, and then there was damage again.
    Never,
}

fn open_sound(folder: &Path, file: &Path, trust: Trust) -> Result<Connection, StoreError> {
    // SQLite takes an empty file for a new database.
    let length = fs::metadata(file).ok().map(|meta| meta.len());
    if length.unwrap_or(0) == 0 {
        return if connection::log_of(file).exists() {
            // SQLite would take the log for that of the new database.
            let reason = match length {
                Some(_) => say!("the file is empty, but its log is there"),
                None => say!("the file is gone, but its log is there"),
            };
            Err(StoreError::Damaged(reason.into()))
        } else if length.is_some() && layout::exists(folder) {
            Err(StoreError::Damaged(say!("the file is empty, but history was recorded here before").into()))
        } else {
            replace::create(folder, file)
        };
    }
    // Read first: opening for writing changes the journal mode, and this may be somebody else's file.
    let looked = connection::reader(file)?;
    let id: i64 = looked.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = looked.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found = schema::version(&looked)?;
    drop(looked);
    if id != APPLICATION_ID && tables > 0 {
        return Err(StoreError::Refused(say!(
            "{file} is a database of another program; choose another folder with --data-dir",
            file = file.display()
        )));
    }
    if found > schema::VERSION {
        return Err(StoreError::Newer { file: file.to_path_buf(), found, known: schema::VERSION });
    }
    let mut db = connection::writer(file)?;
    schema::migrate(&mut db)?;
    let in_order = matches!(recorder::read(&db)?, Some(recorder) if recorder.state == RecorderState::Off);
    let findings = match trust {
        Trust::AfterOrderlyEnd if in_order => Vec::new(),
        // Reading the whole file costs half a second, so only after an end that was not orderly.
        Trust::AfterOrderlyEnd => check::structure(&db)?,
        Trust::AfterFullCheck => [check::structure(&db)?, check::checksums(&db)?].concat(),
        Trust::Never => vec![say!("it turned out damaged again while it was recorded into").to_owned()],
    };
    match findings.into_iter().next() {
        Some(finding) => Err(StoreError::Damaged(finding)),
        None => Ok(db),
    }
}
