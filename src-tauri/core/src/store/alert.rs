//! The table `alert`: where each alert that is not inactive stands, so that a restart tells nobody twice.

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::schema;
use crate::model::{AlertPhase, AlertRow};

pub(super) const CREATE: &str = "
CREATE TABLE alert(rule TEXT NOT NULL, source TEXT NOT NULL, phase TEXT NOT NULL, since INTEGER NOT NULL, value REAL,
  PRIMARY KEY(rule, source)) STRICT, WITHOUT ROWID;
";

/// Whose doing it is joins the key, and what a flutter is known by joins the row.
pub(super) const WITH_WHO: &str = "
CREATE TABLE alert_who(rule TEXT NOT NULL, source TEXT NOT NULL, who TEXT NOT NULL DEFAULT '',
  phase TEXT NOT NULL, since INTEGER NOT NULL, value REAL, told INTEGER, turns TEXT NOT NULL DEFAULT '[]',
  damped INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(rule, source, who)) STRICT, WITHOUT ROWID;
INSERT INTO alert_who SELECT rule, source, '', phase, since, value, NULL, '[]', 0 FROM alert;
DROP TABLE alert;
ALTER TABLE alert_who RENAME TO alert;
";

/// The most extreme value joins the row: an alert that goes on is told with it.
pub(super) const WITH_PEAK: &str = "ALTER TABLE alert ADD COLUMN peak REAL;";

pub(super) fn write(db: &Connection, row: &AlertRow) -> Result<(), StoreError> {
    match AlertPhase::WORDS.iter().find(|(phase, _)| *phase == row.phase) {
        Some((_, word)) => {
            db.prepare_cached("INSERT OR REPLACE INTO alert VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
                row.rule,
                row.source,
                row.who,
                word,
                row.since,
                row.value,
                row.told,
                serde_json::json!(row.turns).to_string(),
                row.damped,
                row.peak
            ])?
        }
        None => db
            .prepare_cached("DELETE FROM alert WHERE rule = ? AND source = ? AND who = ?")?
            .execute(params![row.rule, row.source, row.who])?,
    };
    Ok(())
}

/// Every alert that is not inactive; of a file whose schema has this number.
pub(super) fn read(db: &Connection, version: i64) -> Result<Vec<AlertRow>, StoreError> {
    let mut query = db.prepare_cached(match version < schema::WITH_PEAKS {
        true => "SELECT rule, source, who, phase, since, value, told, turns, damped, NULL FROM alert ORDER BY 1, 2, 3",
        false => "SELECT rule, source, who, phase, since, value, told, turns, damped, peak FROM alert ORDER BY 1, 2, 3",
    })?;
    let mut rows = query.query([])?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(3)?;
        // A newer Hoofbeat may know other phases, and tell the changes otherwise.
        let Some((phase, _)) = AlertPhase::WORDS.iter().find(|(_, known)| *known == word) else { continue };
        let turns: String = row.get(7)?;
        alerts.push(AlertRow {
            rule: row.get(0)?,
            source: row.get(1)?,
            who: row.get(2)?,
            phase: *phase,
            since: row.get(4)?,
            value: row.get(5)?,
            told: row.get(6)?,
            turns: serde_json::from_str(&turns).unwrap_or_default(),
            damped: row.get(8)?,
            peak: row.get(9)?,
        });
    }
    Ok(alerts)
}
