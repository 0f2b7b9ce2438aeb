//! Who used a GPU, bucket by bucket, for ribbons below a chart.
//!
//! Up to three days come from minutes, beyond from hours: a year of minutes cannot be read while a person waits. Times of
//! which no minutes are kept any more come from hours, too. Shares are of all of a bucket's time, so that what was not
//! recorded counts as unused; the line above has its gap there. Deliberately not here: sums without a course (`gpu_usage`).

use foldhash::HashMap;
use rusqlite::{Connection, params};

use super::error::StoreError;
use super::gpu_usage::{HOUR, HOURS, MINUTES};
use super::history::grid;
use super::read::Reader;
use super::{catalog, gpu_usage, schema};
use crate::model::HIDDEN;
use crate::model::answer::{Lane, LaneOf, Ribbons, SCHEMA};
use crate::untrusted::Untrusted;

/// Beyond so many seconds, hours are read.
const MINUTE_RANGE: i64 = 3 * 86_400;
/// Lines beyond this many cannot be told apart by colour.
const MOST_NAMED: usize = 5;
/// A smaller part of a GPU's work that nobody explains is rounding, and the driver's own.
const LEAST_UNEXPLAINED: f64 = 0.05;

impl Reader {
    /// See [`crate::api::Face::ribbons`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn ribbons(&self, source: &str, since: i64, until: i64, points: usize) -> Result<Ribbons, StoreError> {
        let transaction = self.db.unchecked_transaction()?;
        read(&transaction, source, (since, until), points)
    }

    /// The oldest minute of which it is kept who used GPUs.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn oldest_use(&self) -> Result<Option<i64>, StoreError> {
        if schema::version(&self.db)? < schema::WITH_PROCESSES {
            return Ok(None);
        }
        gpu_usage::oldest(&self.db, MINUTES)
    }
}

/// What is added up of somebody.
#[derive(Default)]
struct Sum {
    busy_ms: i64,
    vram_kib: Option<i64>,
    energy_mj: Option<i64>,
    count: usize,
    /// The milliseconds of each bucket, oldest first; `None` where nothing but memory was told.
    buckets: Vec<(i64, Option<i64>)>,
}

impl Sum {
    /// Adds to a bucket; none that is newer was added to before.
    fn add(&mut self, bucket: i64, busy_ms: Option<i64>) {
        self.busy_ms += busy_ms.unwrap_or(0);
        match self.buckets.last_mut() {
            Some((newest, sum)) if *newest == bucket => *sum = plus(*sum, busy_ms),
            _ => self.buckets.push((bucket, busy_ms)),
        }
    }

    fn absorb(&mut self, other: Sum) {
        self.count += other.count;
        self.vram_kib = self.vram_kib.max(other.vram_kib);
        self.energy_mj = plus(self.energy_mj, other.energy_mj);
        self.busy_ms += other.busy_ms;
        self.buckets.extend(other.buckets);
        self.buckets.sort_by_key(|(bucket, _)| *bucket);
        self.buckets.dedup_by(|(next, busy), (bucket, sum)| {
            let is_same = next == bucket;
            if is_same {
                *sum = plus(*sum, *busy);
            }
            is_same
        });
    }
}

/// What is known of either; nothing where nothing is known of both.
fn plus(sum: Option<i64>, more: Option<i64>) -> Option<i64> {
    more.map_or(sum, |more| Some(sum.unwrap_or(0) + more))
}

/// The buckets of a stretch.
struct Grid {
    width: i64,
    since: i64,
    until: i64,
}

impl Grid {
    fn bucket(&self, ts: i64) -> i64 {
        ts.div_euclid(self.width) * self.width
    }

    fn lane(&self, of: LaneOf, (identity, key, uid): Who, sum: Sum) -> Lane {
        let points: Vec<_> = sum
            .buckets
            .into_iter()
            .map(|(ts, busy)| {
                // A bucket at an edge holds only what was asked for.
                let seconds = ((ts + self.width).min(self.until) - ts.max(self.since)).max(1);
                // Two engines work at the same time, but nobody has more than all of a GPU.
                let share = busy.map(|busy| (busy as f64 / 10.0 / seconds as f64).clamp(0.0, 100.0));
                (ts, share.map(|share| (share * 10.0).round() / 10.0))
            })
            .collect();
        Lane {
            of,
            identity,
            key,
            uid,
            count: sum.count,
            busy: sum.busy_ms as f64 / 1000.0,
            vram: sum.vram_kib.map(|kib| kib.max(0) as u64 * 1024),
            energy: sum.energy_mj.map(|energy| energy as f64 / 1000.0),
            points,
        }
    }
}

/// Name, key and user.
type Who = (String, String, Option<u32>);

/// Whether only the driver tells of them.
fn is_hidden((_, key, _): &Who) -> bool {
    key == HIDDEN
}

fn read(db: &Connection, source: &str, (since, until): (i64, i64), points: usize) -> Result<Ribbons, StoreError> {
    let hours =
        schema::version(db)? >= schema::WITH_GPU_HOURS && (until - since > MINUTE_RANGE || is_only_hours(db, since)?);
    let grain = if hours { HOUR } else { 60 };
    let (start, width) = grid(since, until, points.max(1) as i64, grain);
    let mut ribbons = Ribbons { schema: SCHEMA, source: source.to_owned(), step: width, lanes: Vec::new() };
    if schema::version(db)? < schema::WITH_PROCESSES {
        return Ok(ribbons);
    }
    let Some(source_id) = catalog::source_id(db, source)? else { return Ok(ribbons) };
    // A minute that the stretch begins in is told as a whole.
    let grid = Grid { width, since: since.div_euclid(grain) * grain, until };
    let [usages, totals] = if hours { HOURS } else { MINUTES };
    let range = params![start.max(grid.since), until, source_id];

    let mut people = people(db, usages, range, &grid)?;
    let mut unexplained = unexplained(db, totals, range, &grid)?;
    let all: i64 = people.iter().filter(|(who, _)| !is_hidden(who)).map(|(_, sum)| sum.busy_ms).sum();
    let is_told = unexplained.busy_ms as f64 > (all + unexplained.busy_ms) as f64 * LEAST_UNEXPLAINED;
    if is_told {
        // What those did whom nobody can name is a part of it already, and told once.
        let hidden = people.extract_if(|who, _| is_hidden(who)).map(|(_, sum)| sum.vram_kib);
        unexplained.vram_kib = hidden.max().flatten();
    }
    let mut sums: Vec<(Who, Sum)> = people.into_iter().collect();
    sums.sort_by(|(a_who, a), (b_who, b)| {
        (b.busy_ms, b.vram_kib).cmp(&(a.busy_ms, a.vram_kib)).then_with(|| a_who.cmp(b_who))
    });
    let named = sums.len().min(MOST_NAMED);
    let mut rest = Sum::default();
    sums.drain(named..).for_each(|(_, sum)| rest.absorb(sum));
    ribbons.lanes.extend(sums.into_iter().map(|(who, sum)| grid.lane(LaneOf::Identity, who, sum)));
    if rest.count > 0 {
        ribbons.lanes.push(grid.lane(LaneOf::Others, Who::default(), rest));
    }
    if is_told {
        ribbons.lanes.push(grid.lane(LaneOf::Unexplained, Who::default(), unexplained));
    }
    Ok(ribbons)
}

/// Whether hours are kept of a time from which on the minutes are not.
fn is_only_hours(db: &Connection, since: i64) -> Result<bool, StoreError> {
    let minutes = gpu_usage::minutes_since(db)?;
    Ok(since < minutes && gpu_usage::oldest(db, HOURS)?.is_some_and(|oldest| oldest < minutes))
}

/// What each did. One that changed its name goes by the last of them.
fn people(
    db: &Connection,
    table: &str,
    range: &[&dyn rusqlite::ToSql],
    grid: &Grid,
) -> Result<HashMap<Who, Sum>, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT ts, identity_id, busy_ms, vram_kib, energy_mj FROM {table}
          WHERE ts >= ?1 AND ts < ?2 AND +source_id = ?3 ORDER BY ts",
    ))?;
    let mut rows = query.query(range)?;
    let mut sums: HashMap<i64, Sum> = HashMap::default();
    while let Some(row) = rows.next()? {
        let sum = sums.entry(row.get(1)?).or_default();
        sum.add(grid.bucket(row.get(0)?), row.get(2)?);
        sum.vram_kib = sum.vram_kib.max(row.get(3)?);
        sum.energy_mj = plus(sum.energy_mj, row.get(4)?);
    }
    let mut numbers: Vec<i64> = sums.keys().copied().collect();
    numbers.sort_unstable();
    let mut query = db.prepare_cached("SELECT name, key, uid FROM identity WHERE identity_id = ?")?;
    let mut names: HashMap<(String, Option<u32>), Who> = HashMap::default();
    let mut together: HashMap<Who, Sum> = HashMap::default();
    // The newest first: a later name has a higher number.
    for number in numbers.into_iter().rev() {
        let text = |bytes: Vec<u8>| Untrusted::new(bytes).json().into_owned();
        let who = query.query_row([number], |row| Ok((text(row.get(0)?), text(row.get(1)?), row.get(2)?)))?;
        let who = names.entry((who.1.clone(), who.2)).or_insert(who).clone();
        let Some(sum) = sums.remove(&number) else { continue };
        let whole = together.entry(who).or_default();
        whole.absorb(sum);
        whole.count = 1;
    }
    Ok(together)
}

/// Work that is nobody's, where the driver names processes at all.
fn unexplained(db: &Connection, table: &str, range: &[&dyn rusqlite::ToSql], grid: &Grid) -> Result<Sum, StoreError> {
    let mut query = db.prepare_cached(&format!(
        "SELECT ts, busy_ms - attributed_ms FROM {table}
          WHERE ts >= ?1 AND ts < ?2 AND +source_id = ?3 AND busy_ms > attributed_ms ORDER BY ts",
    ))?;
    let mut rows = query.query(range)?;
    let mut sum = Sum::default();
    while let Some(row) = rows.next()? {
        sum.add(grid.bucket(row.get(0)?), row.get(1)?);
    }
    Ok(sum)
}
