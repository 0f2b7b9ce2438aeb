//! `hoofbeat data`: where the recording is, how large, and whether it is whole; and how history goes.

mod delete;

use hoofbeat_core::api::{SCHEMA, data_bytes};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Unit;
use hoofbeat_core::store::Reader;
use jiff::Zoned;
use serde::Serialize;

use crate::args::{self, DataCommand, Global};
use crate::failure::{Failure, Outcome};
use crate::output::{Cell, Output, Style};
use crate::time;

pub use self::delete::Options as Delete;

/// How many tables and indexes are shown to a person; what is large is what one asks for.
const LARGEST: usize = 8;

#[derive(Serialize)]
struct Summary {
    schema: u32,
    path: std::path::PathBuf,
    /// All files of the recording.
    bytes: u64,
    tables: Vec<Table>,
    /// Unix seconds of the first thing that is recorded.
    oldest: Option<i64>,
    /// Unix seconds of the newest tick.
    newest: Option<i64>,
    /// Whether history is to go that no recorder has deleted yet.
    awaits_deletion: bool,
}

#[derive(Serialize)]
struct Table {
    name: String,
    bytes: u64,
}

/// Shows or checks the recording.
pub fn run(global: &Global, options: &args::Data, output: &mut Output) -> Outcome {
    let folder = super::folder(global)?;
    match &options.command {
        Some(DataCommand::Path) if output.json => {
            Ok(output.json(&serde_json::json!({ "schema": SCHEMA, "path": folder }))?)
        }
        Some(DataCommand::Path) => Ok(output.line(folder.display().to_string())?),
        Some(DataCommand::Check) => check(&folder, output),
        Some(DataCommand::Delete(options)) => delete::run(&folder, options, output),
        None => summary(&folder, output),
    }
}

fn check(folder: &std::path::Path, output: &mut Output) -> Outcome {
    let problems = Reader::open(folder)?.check()?;
    if output.json {
        output.json(&serde_json::json!({ "schema": SCHEMA, "ok": problems.is_empty(), "problems": problems }))?;
    } else if problems.is_empty() {
        output.line("The recording is whole: every page and every checksum is right.")?;
    } else {
        for problem in &problems {
            output.line(crate::output::text(problem))?;
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

fn summary(folder: &std::path::Path, output: &mut Output) -> Outcome {
    let reader = Reader::open(folder)?;
    let tables = reader.table_bytes()?.into_iter().map(|(name, bytes)| Table { name, bytes }).collect();
    let (oldest, newest) = reader.range()?.unzip();
    let summary = Summary {
        schema: SCHEMA,
        path: folder.to_path_buf(),
        bytes: data_bytes(folder),
        tables,
        oldest,
        newest,
        awaits_deletion: reader.awaits_deletion()?,
    };
    if output.json {
        return Ok(output.json(&summary)?);
    }
    let now = Zoned::now();
    output.line(format!("{} · {}", folder.display(), output.paint(Style::Bold, &bytes(summary.bytes))))?;
    output.line(match summary.oldest.zip(summary.newest) {
        Some((oldest, newest)) => format!("from {} to {}", time::moment(oldest, &now), time::moment(newest, &now)),
        None => "nothing recorded yet".to_string(),
    })?;
    if summary.awaits_deletion {
        output.line("some of it is to be deleted, which the recorder does between two ticks, and at its next start where none runs")?;
    }
    output.line("")?;
    // They come largest first.
    let (shown, rest) = summary.tables.split_at(summary.tables.len().min(LARGEST));
    let rows: Vec<_> =
        shown.iter().map(|table| vec![Cell::new(&table.name), Cell::number(bytes(table.bytes))]).collect();
    output.table(&rows)?;
    if !rest.is_empty() {
        let size = bytes(rest.iter().map(|table| table.bytes).sum());
        let line = format!("and {} more with {size} together (--json lists all)", rest.len());
        output.line(output.paint(Style::Dim, &line))?;
    }
    Ok(())
}

fn bytes(bytes: u64) -> String {
    format::quantity(bytes as f64, Unit::Byte)
}
