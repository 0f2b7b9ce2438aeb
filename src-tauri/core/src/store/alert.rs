//! The table `alert`: where each alert that is not inactive stands, so that a restart tells nobody twice.

use rusqlite::{Connection, params};

use super::error::StoreError;
use crate::model::{AlertPhase, AlertRow};

pub(super) const CREATE: &str = "
CREATE TABLE alert(rule TEXT NOT NULL, source TEXT NOT NULL, phase TEXT NOT NULL, since INTEGER NOT NULL, value REAL,
  PRIMARY KEY(rule, source)) STRICT, WITHOUT ROWID;
";

const PHASES: [(AlertPhase, &str); 3] =
    [(AlertPhase::Pending, "pending"), (AlertPhase::Firing, "firing"), (AlertPhase::Recovering, "recovering")];

pub(super) fn write(db: &Connection, row: &AlertRow) -> Result<(), StoreError> {
    match PHASES.iter().find(|(phase, _)| *phase == row.phase) {
        Some((_, word)) => db
            .prepare_cached("INSERT OR REPLACE INTO alert VALUES(?, ?, ?, ?, ?)")?
            .execute(params![row.rule, row.source, word, row.since, row.value])?,
        None => db
            .prepare_cached("DELETE FROM alert WHERE rule = ? AND source = ?")?
            .execute(params![row.rule, row.source])?,
    };
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<Vec<AlertRow>, StoreError> {
    let mut query = db.prepare_cached("SELECT rule, source, phase, since, value FROM alert ORDER BY rule, source")?;
    let mut rows = query.query([])?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        let word: String = row.get(2)?;
        if let Some((phase, _)) = PHASES.iter().find(|(_, known)| *known == word) {
            alerts.push(AlertRow {
                rule: row.get(0)?,
                source: row.get(1)?,
                phase: *phase,
                since: row.get(3)?,
                value: row.get(4)?,
            });
        }
    }
    Ok(alerts)
}
