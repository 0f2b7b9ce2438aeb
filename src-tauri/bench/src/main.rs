//! `hoofbeat-bench`: what Hoofbeat costs, measured and never asserted. `make bench` runs all of it.

mod alert;
mod expect;
mod gpu;
mod machine;
mod query;
mod replay;
mod report;
mod scan;
mod storage;
mod stretches;
mod tick;
mod trace;
mod tray;
mod why;
mod window;

use clap::{Parser, Subcommand};

/// Reproducible measurements of what Hoofbeat costs; all of them where none is named.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
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
    /// The time to replay one rule over the recorded past, as `hoofbeat alerts check` does.
    Replay {
        /// Days of samples each second.
        #[arg(long, default_value_t = 30)]
        days: i64,
    },
    /// The time from the exec of `hoofbeat why` to its answer, on a year of data.
    Why {
        /// Days of samples each second before now; a year of minutes and hours is always there.
        #[arg(long, default_value_t = 30)]
        days: i64,
    },
    /// CPU and memory of the real recorder beside programs that read the same files.
    Tick {
        /// Sleeping processes to start, beside those that are there.
        #[arg(long, default_value_t = 300)]
        processes: usize,
        /// How long each figure is measured.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// What the percent in the tray's icon costs beside the bar.
    Tray {
        /// How long it is measured.
        #[arg(long, default_value_t = 70)]
        seconds: u64,
    },
    /// What a tick costs more with two scripted GPUs and ten processes on them.
    Gpu {
        /// How long it is measured.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// The window: from the click to its first values, what it costs while it is open, and what is left of it; and what
    /// its pages weigh.
    Window {
        /// How often it is opened.
        #[arg(long, default_value_t = 9)]
        times: usize,
        /// How long its cost is measured.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// The cost of finding who uses a GPU.
    Scan {
        /// Sleeping processes to start, beside those that are there.
        #[arg(long, default_value_t = 500)]
        processes: usize,
    },
    /// What sessions, episodes and expectations cost a tick.
    Stretches,
    /// The time from a crossed threshold to its notification, and what 50 rules on 20 sources cost a tick.
    Alert {
        /// Thresholds that are crossed, one after the other.
        #[arg(long, default_value_t = 15)]
        crossings: u32,
    },
    /// What the search for unexpected uses finds in a simulated quarter of a year, and how often it is wrong.
    Expect,
    /// What `tick` compares with.
    #[command(hide = true)]
    Read { reader: tick::Reader },
}

fn main() -> anyhow::Result<()> {
    let mut report = report::Report::default();
    match Arguments::parse().what {
        Some(What::Storage { days }) => storage::run(days, &mut report)?,
        Some(What::Query { days }) => query::run(days, &mut report)?,
        Some(What::Replay { days }) => replay::run(days, &mut report)?,
        Some(What::Why { days }) => why::run(days, &mut report)?,
        Some(What::Tick { processes, seconds }) => tick::run(processes, seconds, &mut report)?,
        Some(What::Tray { seconds }) => tray::run(seconds, &mut report)?,
        Some(What::Gpu { seconds }) => gpu::run(seconds, &mut report)?,
        Some(What::Window { times, seconds }) => window::run(times, seconds, &mut report)?,
        Some(What::Scan { processes }) => scan::run(processes, &mut report)?,
        Some(What::Stretches) => stretches::run(&mut report)?,
        Some(What::Alert { crossings }) => alert::run(crossings, &mut report)?,
        Some(What::Expect) => expect::run(&mut report)?,
        Some(What::Read { reader }) => return tick::read(reader),
        None => {
            tick::run(300, 60, &mut report)?;
            window::run(9, 60, &mut report)?;
            tray::run(70, &mut report)?;
            gpu::run(60, &mut report)?;
            scan::run(500, &mut report)?;
            stretches::run(&mut report)?;
            alert::run(15, &mut report)?;
            storage::run(7, &mut report)?;
            query::run(3, &mut report)?;
            replay::run(30, &mut report)?;
            why::run(3, &mut report)?;
            expect::run(&mut report)?;
        }
    }
    report.print();
    Ok(())
}
