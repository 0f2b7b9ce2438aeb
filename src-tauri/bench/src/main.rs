//! `hoofbeat-bench`: what Hoofbeat costs, measured and never asserted. `make bench` runs all of it.

mod query;
mod report;
mod storage;
mod trace;

use clap::{Parser, Subcommand};

/// Reproducible measurements of what Hoofbeat costs.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Bytes a sample by table, bytes written an hour, the cost of sealing and of retention.
    Storage {
        /// Days of the reference trace.
        #[arg(long, default_value_t = 7)]
        days: i64,
    },
    /// The time to read 1 h, 24 h, 30 d and 1 y at 1,000 points.
    Query {
        /// Days of raw samples before now; a year of rollups is always there.
        #[arg(long, default_value_t = 3)]
        days: i64,
    },
}

fn main() -> anyhow::Result<()> {
    let mut report = report::Report::default();
    match Arguments::parse().what {
        What::Storage { days } => storage::run(days, &mut report)?,
        What::Query { days } => query::run(days, &mut report)?,
    }
    report.print();
    Ok(())
}
