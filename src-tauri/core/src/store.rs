//! All SQLite: status in place and history, in one transaction a tick; and everything that keeps that file healthy.
//!
//! A table is one file with its migration, reads and writes. SQL stands nowhere else, and parameters are always bound.
//! The recorder holds the one [`Store`]; faces hold [`Reader`]s. Deliberately not here: when to sample, and what to do
//! while the disk refuses (`engine`).

mod alert;
mod ballast;
mod baseline;
mod binary;
mod catalog;
mod channel;
mod check;
mod chunk;
mod codec;
mod connection;
mod episode;
mod error;
mod event;
mod fold;
mod folder;
mod gpu_usage;
mod history;
mod hour;
mod identity;
mod layout;
mod meta;
mod minute;
mod open;
mod pages;
mod processes;
mod read;
mod recent;
mod recorder;
mod replace;
mod retention;
mod ribbon;
mod salvage;
mod samples;
mod schema;
mod seal;
mod session;
mod snooze;
mod usage;
mod view;
mod wish;

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};

pub use codec::{Columns, Effort, Encoded, encode};
pub use error::StoreError;
pub use folder::{DATABASE, RecorderLock, database, lock_recorder, recorder_runs};
pub use gpu_usage::UsedSince;
pub use history::{Point, Seconds};
pub use open::Opened;
pub use read::{Oldest, Reader};
pub use samples::{Kept, Sample, Spread};
pub use wish::{accept, ask_deletion, ask_pause, first_told_of_no_tray, note_channel, note_look, snooze, unsnooze};

use catalog::Catalog;

use crate::model::baseline::Acceptance;
use crate::model::snooze::Snooze;
use crate::model::{Keep, Now, RecorderState, Tick};
use crate::say;

/// The recorder's store: the only writer of measurements.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    folder: PathBuf,
    keep: Keep,
    catalog: Catalog,
    durable: bool,
    /// The database's data version when others' writes were last asked for.
    heard: i64,
    /// The database's data version at the last look for wishes, and the wish then.
    wish: (i64, Option<i64>),
    /// The same for people's words on who may use GPUs, with the numbers of those that were handed over already.
    answers: (i64, Vec<i64>),
    /// The database's data version at the last look for a deletion that was asked for.
    deletion: i64,
    /// The same for snoozes, with those that the recorder knows of.
    snoozes: (i64, Vec<Snooze>),
    /// Which files the database and its log are, since the first durable commit.
    files: Option<[(u64, u64); 2]>,
    /// The hour of the newest tick at the last seal.
    sealed_hour: Option<i64>,
    /// Reused between ticks: the slots of each pack of a tick.
    packs: HashMap<i64, Vec<Option<i64>>>,
    processes: processes::Writer,
}

impl Store {
    /// Appends ticks, oldest first, in one transaction. With `durable` the commit survives a power cut, and so does
    /// everything that was committed before; that alone happens where there are no ticks.
    ///
    /// # Errors
    /// Nothing of `ticks` was stored. `Busy`, `Full`, `ReadOnly` and `Io` may pass: try again with the same ticks.
    /// `Damaged`: call [`Store::open`] again, which sets the file aside.
    pub fn append(&mut self, ticks: &[Tick], durable: bool) -> Result<(), StoreError> {
        if durable != self.durable {
            connection::set_durable(&self.db, durable)?;
            self.durable = durable;
        }
        if durable {
            self.check_files()?;
        }
        if ticks.is_empty() {
            if durable {
                // Any page written with `synchronous=FULL` brings the log to the disk with all that stands in it.
                self.db.pragma_update(None, "user_version", schema::VERSION)?;
            }
            return Ok(());
        }
        let columns_before = self.catalog.len();
        match self.write(ticks) {
            Ok(()) => {
                if self.catalog.len() != columns_before {
                    // The copy helps a later salvage; history itself does not depend on it.
                    if let Err(error) = layout::write(&self.db, &self.folder) {
                        log::debug!("the copy of the layout was not written: {error}");
                    }
                }
                Ok(())
            }
            Err(error) => {
                // A half-written tick leaves values behind that belong to no other one.
                self.packs.clear();
                // What the failed transaction added to the catalog is not in the file.
                if self.catalog.len() != columns_before
                    && let Ok(catalog) = Catalog::load(&self.db)
                {
                    self.catalog = catalog;
                }
                if matches!(error, StoreError::Full) && ballast::release(&self.folder) {
                    log::warn!("the disk is full: the reserve is used up to go on recording");
                    return self.append(ticks, durable);
                }
                if matches!(error, StoreError::Full) && retention::make_room(&mut self.db)? {
                    log::warn!("the disk is full: the oldest hour of samples was given up for the newest");
                    return self.append(ticks, durable);
                }
                Err(error)
            }
        }
    }

    /// SQLite goes on with files that were deleted or replaced under it, and all of it would be gone in the end.
    fn check_files(&mut self) -> Result<(), StoreError> {
        let identity = |file: PathBuf| std::fs::metadata(file).map(|meta| (meta.dev(), meta.ino()));
        let database = folder::database(&self.folder);
        let log = connection::log_of(&database);
        let (Ok(database), Ok(log)) = (identity(database), identity(log)) else {
            return Err(StoreError::Damaged(say!("its file or its log was deleted while it was recorded into").into()));
        };
        if *self.files.get_or_insert([database, log]) != [database, log] {
            return Err(StoreError::Damaged(
                say!("its file or its log was replaced while it was recorded into").into(),
            ));
        }
        Ok(())
    }

    fn write(&mut self, ticks: &[Tick]) -> Result<(), StoreError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for tick in ticks {
            for (source, condition) in &tick.conditions {
                self.catalog.set_condition(&transaction, source, condition, tick.ts)?;
            }
            for (before, source) in &tick.replaced {
                self.catalog.replace(&transaction, before, source, tick.ts)?;
            }
            // Readings of one source mostly stand together: the catalog is asked once for all of them.
            for readings in tick.readings.chunk_by(|a, b| Arc::ptr_eq(&a.source, &b.source)) {
                let Some(source) = readings.first().map(|first| &first.source) else { continue };
                let mut columns = self.catalog.columns(&transaction, source, tick.ts)?;
                let slots = self.packs.entry(columns.pack_id()).or_default();
                for reading in readings {
                    let col = columns.of(&transaction, reading.metric)?;
                    if slots.len() <= col {
                        slots.resize(col + 1, None);
                    }
                    slots[col] = Some(reading.stored);
                }
            }
            let processes = self.processes.by_pack(&self.catalog, &tick.gpu_uses);
            let mut rows = recent::Rows::of(&transaction, tick.ts)?;
            for (pack_id, slots) in &mut self.packs {
                if slots.is_empty() {
                    continue;
                }
                let vals = recent::to_json(slots);
                let processes = processes.iter().find(|(pack, _)| pack == pack_id).map(|(_, text)| text.as_str());
                rows.write(*pack_id, &vals, processes)?;
                slots.clear();
            }
            drop(rows);
            for source in &tick.emptied {
                if let Some(pack_id) = self.catalog.pack(source) {
                    recent::empty(&transaction, pack_id, tick.ts)?;
                }
            }
            for row in &tick.alerts {
                alert::write(&transaction, row)?;
            }
            if let Some((minute, usage)) = &tick.usage {
                usage::add(&transaction, *minute, usage)?;
            }
            if let Some(minute) = &tick.gpu_minute {
                gpu_usage::add(&transaction, &mut self.catalog, minute)?;
            }
            for one in &tick.episodes {
                episode::write(&transaction, &mut self.catalog, one)?;
            }
            for one in &tick.sessions {
                session::write(&transaction, &mut self.catalog, one)?;
            }
            if let Some(seconds) = tick.step {
                recorder::write_tick(&transaction, seconds)?;
            }
            if let Some((state, until)) = tick.recorder {
                recorder::write(&transaction, state, tick.ts, until)?;
                // The wish and the deed agree, so that a pause ended in the tray does not come back from the table.
                match state {
                    RecorderState::Recording | RecorderState::Paused => {
                        let wish = until.filter(|_| state == RecorderState::Paused);
                        recorder::write_wish(&transaction, wish)?;
                        // Our own writes do not change the version by which a face's wish is noticed.
                        self.wish.1 = wish;
                    }
                    RecorderState::Off => {}
                }
            }
            if let Some(state) = &tick.dispatch {
                snooze::write_dispatch(&transaction, state)?;
            }
            snooze::remove(&transaction, &tick.snoozes_ended)?;
            self.snoozes.1.retain(|one| !tick.snoozes_ended.contains(&one.seq));
            baseline::write(&transaction, &tick.baseline)?;
            binary::write(&transaction, &tick.binaries)?;
            if let Some((began, trusted)) = tick.learning {
                baseline::write_learning(&transaction, began, trusted)?;
            }
            if let Some(seq) = tick.answered {
                baseline::answered(&transaction, seq)?;
                self.answers.1.retain(|handed| *handed > seq);
            }
            for event in &tick.events {
                event::insert(&transaction, event)?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Seals finished hours, applies retention and the size cap, and gives back disk space, a bounded amount of work
    /// a call. Cheap where there is nothing to do. Call between ticks.
    ///
    /// # Errors
    /// As for [`Store::append`]; nothing is lost.
    pub fn maintain(&mut self, now: Now) -> Result<(), StoreError> {
        self.delete_as_asked()?;
        let Some(last) = recent::last_ts(&self.db)? else { return Ok(()) };
        let hour = last.div_euclid(3600);
        if self.sealed_hour == Some(hour) {
            return Ok(());
        }
        let work = |store: &mut Store| -> Result<(), StoreError> {
            if seal::seal(&mut store.db)? {
                retention::pass(&mut store.db, &store.keep, now.unix())?;
                ballast::keep(&store.folder, store.keep.cap);
            }
            Ok(())
        };
        match work(self) {
            Err(StoreError::Full) if ballast::release(&self.folder) => {
                log::warn!("the disk is full: the reserve is used up to put the last hour away");
                work(self)?;
            }
            done => done?,
        }
        self.sealed_hour = Some(hour);
        Ok(())
    }

    /// Deletes what a person does not want to keep. Costs microseconds where nobody asked.
    fn delete_as_asked(&mut self) -> Result<(), StoreError> {
        let version = data_version(&self.db)?;
        if version == self.deletion {
            return Ok(());
        }
        if let Some(before) = recorder::read_deletion(&self.db)? {
            retention::forget(&mut self.db, before)?;
            recorder::end_deletion(&self.db)?;
            log::info!("history was deleted, as a person asked for");
        }
        self.deletion = version;
        Ok(())
    }

    /// Whether anybody else has written since this was last asked: only then the three below are worth asking.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn has_heard(&mut self) -> Result<bool, StoreError> {
        let version = data_version(&self.db)?;
        Ok(std::mem::replace(&mut self.heard, version) != version)
    }

    /// The pause that a person asked for in a face, as Unix seconds until which it lasts. Costs microseconds where
    /// nothing changed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn wished_pause(&mut self) -> Result<Option<i64>, StoreError> {
        // Only other connections' writes change this number; our own are reflected already.
        let version = data_version(&self.db)?;
        if version != self.wish.0 {
            self.wish = (version, recorder::read_wish(&self.db)?);
        }
        Ok(self.wish.1)
    }

    /// What people said of who may use GPUs, each once. Costs microseconds where nothing changed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn answers(&mut self) -> Result<Vec<(i64, Acceptance)>, StoreError> {
        let version = data_version(&self.db)?;
        if version == self.answers.0 {
            return Ok(Vec::new());
        }
        let mut answers = baseline::answers(&self.db)?;
        answers.retain(|(seq, _)| !self.answers.1.contains(seq));
        self.answers.1.extend(answers.iter().map(|(seq, _)| *seq));
        self.answers.0 = version;
        Ok(answers)
    }

    /// The snoozes, where people changed them since this was last asked. Costs microseconds where nothing changed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn snoozes(&mut self) -> Result<Option<Vec<Snooze>>, StoreError> {
        let version = data_version(&self.db)?;
        if version == self.snoozes.0 {
            return Ok(None);
        }
        let snoozes = snooze::read(&self.db, schema::VERSION)?;
        let changed = snoozes != self.snoozes.1;
        self.snoozes = (version, snoozes);
        Ok(changed.then(|| self.snoozes.1.clone()))
    }

    /// Changes how long history is kept; acts at the next hour.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn set_keep(&mut self, keep: Keep) -> Result<(), StoreError> {
        self.keep = keep;
        open::limit_size(&self.db, &self.keep)
    }

    /// Bytes that the database takes on disk, its write-ahead log included.
    pub fn bytes(&self) -> u64 {
        read::bytes_on_disk(&self.folder)
    }

    /// Writes everything through to the disk and closes.
    ///
    /// # Errors
    /// The disk refused; what was committed is in the write-ahead log all the same.
    pub fn close(self) -> Result<(), StoreError> {
        connection::set_durable(&self.db, true)?;
        // A reader may hold the log: what cannot be moved now is moved at the next start.
        self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.db.close().map_err(|(_, error)| error.into())
    }
}

fn data_version(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}
