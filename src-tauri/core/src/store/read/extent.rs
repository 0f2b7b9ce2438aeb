//! How far back a recording reaches, and whether some of that is to go.

use super::Reader;
use crate::store::error::StoreError;
use crate::store::recorder;

/// The beginning of each kind of history, in Unix seconds; `None` where there is none. Whole days have minutes, from
/// midnight in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Oldest {
    /// Every sample.
    pub samples: Option<i64>,
    /// Minutes.
    pub minutes: Option<i64>,
    /// Hours.
    pub hours: Option<i64>,
}

impl Reader {
    /// Whether a person asked for a deletion that no recorder has done yet.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn awaits_deletion(&self) -> Result<bool, StoreError> {
        Ok(recorder::read_deletion(&self.db)?.is_some())
    }

    /// How far back each kind of history reaches.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn oldest(&self) -> Result<Oldest, StoreError> {
        let first = |sql: &str| self.db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
        // Series by series, as above.
        Ok(Oldest {
            samples: first(
                "SELECT min(ts) FROM (
                   SELECT (SELECT min(hour) FROM chunk WHERE pack_id = source_id) AS ts FROM source
                   UNION ALL SELECT ts FROM (SELECT ts FROM recent ORDER BY seq LIMIT 1))",
            )?,
            minutes: first(
                "SELECT min((SELECT min(day) FROM minute WHERE minute.series_id = series.series_id)) FROM series",
            )?,
            hours: first("SELECT min((SELECT min(ts) FROM hour WHERE hour.series_id = series.series_id)) FROM series")?,
        })
    }
}
