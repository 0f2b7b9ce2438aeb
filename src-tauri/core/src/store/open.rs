//! Opening the recorder's database: a new one, an old one, one that is not ours, one that is damaged.
//!
//! A damaged file is never repaired in place and never deleted: it is renamed to `*.corrupt-<time>`, a fresh one takes
//! its place, and what can be read moves over.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;

use super::catalog::{self, Catalog};
use super::connection::{self, APPLICATION_ID};
use super::error::StoreError;
use super::{Store, alert, ballast, check, folder, layout, recent, recorder, salvage, schema};
use crate::model::{AlertRow, Event, EventKind, Keep, Now, RecorderState};

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
        folder::prepare(folder)?;
        let file = folder::database(folder);
        let mut events = Vec::new();
        let db = match open_sound(folder, &file) {
            Ok(db) => db,
            Err(StoreError::Damaged(reason)) => {
                let aside = set_aside(&file, now)?;
                let mut db = create(&file)?;
                let saved = salvage::salvage(&aside, &mut db, folder)?;
                events.push(Event {
                    ts: now.unix(),
                    kind: EventKind::DatabaseSetAside,
                    source: None,
                    detail: json!({
                        "reason": reason,
                        "file": aside.to_string_lossy(),
                        "salvaged": { "hours": saved.chunks, "days": saved.minutes, "rows": saved.rows },
                    }),
                });
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
            wish: (super::data_version(&db)?, recorder::read_wish(&db)?),
            files: None,
            sealed_hour: None,
            packs: Default::default(),
            text: String::new(),
            db,
        };
        ballast::keep(folder, store.keep.cap);
        Ok(Opened {
            events,
            warnings: folder::network_warning(folder).into_iter().collect(),
            alerts: alert::read(&store.db)?,
            paused_until: store.wish.1.filter(|until| *until > now.unix()),
            last_ts: recent::last_ts(&store.db)?,
            left,
            store,
        })
    }
}

/// The hard limit of the file's size: reached only where the soft one could not hold.
pub(super) fn limit_size(db: &Connection, keep: &Keep) -> Result<(), StoreError> {
    let page_size: u32 = db.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = (keep.cap / u64::from(page_size)).clamp(256, i64::from(u32::MAX - 1) as u64) as i64;
    db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(())
}

fn open_sound(folder: &Path, file: &Path) -> Result<Connection, StoreError> {
    match fs::metadata(file) {
        Err(_) if connection::log_of(file).exists() => {
            // SQLite would take the log for that of the new database.
            return Err(StoreError::Damaged("the log of a database is there, and the database is gone".into()));
        }
        Err(_) => return create(file),
        // SQLite takes an empty file for a new database.
        Ok(meta) if meta.len() == 0 => {
            return if layout::exists(folder) {
                Err(StoreError::Damaged("the file is empty, but history was recorded here before".into()))
            } else {
                create(file)
            };
        }
        Ok(_) => {}
    }
    // Read first: opening for writing changes the journal mode, and this may be somebody else's file.
    let looked = connection::reader(file)?;
    let id: i64 = looked.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = looked.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found = schema::version(&looked)?;
    drop(looked);
    if id != APPLICATION_ID && tables > 0 {
        return Err(StoreError::Refused(format!(
            "{} is a database of another program (application id {id:#x}); choose another folder with --data-dir",
            file.display()
        )));
    }
    if found > schema::VERSION {
        return Err(StoreError::Newer { file: file.to_path_buf(), found, known: schema::VERSION });
    }
    let mut db = connection::writer(file)?;
    schema::migrate(&mut db)?;
    let in_order = matches!(recorder::read(&db)?, Some(recorder) if recorder.state == RecorderState::Off);
    if !in_order {
        // Reading the whole file costs half a second, so only after an end that was not orderly.
        if let Some(finding) = check::structure(&db)?.into_iter().next() {
            return Err(StoreError::Damaged(finding));
        }
    }
    Ok(db)
}

/// Makes a database under another name and moves it into place whole: a process that is killed meanwhile leaves nothing
/// that the next one would have to roll back.
fn create(file: &Path) -> Result<Connection, StoreError> {
    let new = file.with_extension("db.new");
    let named = |suffix: &str| PathBuf::from(format!("{}{suffix}", new.display()));
    let failed = |error: &std::io::Error| StoreError::io(format_args!("cannot make {}", file.display()), error);
    for left in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(named(left));
    }
    // Made here and not by SQLite, so that it is private from its first moment on; SQLite gives its log the same mode.
    let made =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(|error| failed(&error))?;
    let mut db = connection::writer(&new)?;
    schema::migrate(&mut db)?;
    catalog::write_metrics(&db)?;
    // Its log moves into it; a log goes by the name of its database and would be lost.
    db.close().map_err(|(_, error)| StoreError::from(error))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    made.sync_all()
        .and_then(|()| fs::rename(&new, file))
        .and_then(|()| fs::File::open(folder)?.sync_all())
        .map_err(|error| failed(&error))?;
    // Closed before SQLite opens the file: closing any handle of a file drops all locks that this process has on it, and
    // then another program's end would take the log away from under us (<https://sqlite.org/howtocorrupt.html>, §2.2).
    drop(made);
    connection::writer(file)
}

/// Renames the database and its log; the names still match, so that SQLite finds the log of the renamed file.
fn set_aside(file: &Path, now: Now) -> Result<PathBuf, StoreError> {
    let name = |suffix: &str, aside: &str| PathBuf::from(format!("{}{aside}{suffix}", file.display()));
    let mut aside = format!(".corrupt-{}", now.unix());
    let mut tries = 1;
    while name("", &aside).exists() {
        tries += 1;
        aside = format!(".corrupt-{}-{tries}", now.unix());
    }
    for suffix in ["", "-wal"] {
        let from = name(suffix, "");
        if from.exists() {
            fs::rename(&from, name(suffix, &aside)).map_err(|error| StoreError::io(from.display(), &error))?;
        }
    }
    // The index of the log is made anew from it.
    let _ = fs::remove_file(name("-shm", ""));
    Ok(name("", &aside))
}
