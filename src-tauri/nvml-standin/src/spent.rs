//! How much CPU time the client spent in here, for those who measure a client: what a real driver would take is not ours
//! to say, so it is taken off.
//!
//! Where `NVML_STANDIN_SPENT` names a file, a line a symbol is appended to it when the library is left: symbol, calls,
//! nanoseconds.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| Some(std::env::var_os("NVML_STANDIN_SPENT")?.into()));

/// The calls in the order of their first use: found by where their name stands, so that counting costs next to nothing, too.
static SPENT: Mutex<Vec<(&'static str, u64, Duration)>> = Mutex::new(Vec::new());

/// When a call began.
#[derive(Clone, Copy, Debug)]
pub enum Entered {
    /// What does not wait is measured by the clock: asking for it costs next to nothing.
    Quick(Instant),
    /// What waits, by the CPU time of its thread.
    Waiting(Duration),
}

impl Entered {
    /// Now, where anybody wants to know.
    pub fn now(waits: bool) -> Option<Entered> {
        FILE.as_ref()?;
        Some(if waits { Entered::Waiting(thread_time()) } else { Entered::Quick(Instant::now()) })
    }

    fn passed(self) -> Duration {
        match self {
            Entered::Quick(then) => then.elapsed(),
            Entered::Waiting(then) => thread_time().saturating_sub(then),
        }
    }
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
}

/// Counts a call that began then.
pub fn add(call: &'static str, entered: Option<Entered>) {
    let Some(entered) = entered else { return };
    let mut spent = SPENT.lock().unwrap_or_else(PoisonError::into_inner);
    let at = spent.iter().position(|(known, ..)| std::ptr::eq(*known, call)).unwrap_or_else(|| {
        spent.push((call, 0, Duration::ZERO));
        spent.len() - 1
    });
    let (_, calls, sum) = &mut spent[at];
    *calls += 1;
    // Last, because counting is time in here, too.
    *sum += entered.passed();
}

/// Writes down what was counted since the last time.
pub fn write() {
    // A thread that is stopped within a call may hold the lock for ever.
    let (Some(path), Ok(mut spent)) = (&*FILE, SPENT.try_lock()) else { return };
    let mut text = String::new();
    for (call, calls, sum) in std::mem::take(&mut *spent) {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{call}\t{calls}\t{}", sum.as_nanos());
    }
    // Whoever named a file that cannot be written misses it; a client must not stop for that.
    let _ =
        OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
}
