//! How much CPU time the client spent in here, for those who measure a client: what a real driver would take is not ours to say, so
//! it is taken off.
//!
//! Where `NVML_STANDIN_SPENT` names a file, a line a symbol is appended to it when the library is left: symbol, calls,
//! nanoseconds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| Some(std::env::var_os("NVML_STANDIN_SPENT")?.into()));

type Calls = BTreeMap<&'static str, (u64, Duration)>;

static SPENT: Mutex<Calls> = Mutex::new(BTreeMap::new());

/// What asking for the time takes itself. A call asks twice and sees one of them: the other one is added.
static ASKING: LazyLock<Duration> = LazyLock::new(|| {
    const TIMES: u32 = 1000;
    let before = thread_time();
    for _ in 0..TIMES {
        std::hint::black_box(thread_time());
    }
    thread_time().saturating_sub(before) / TIMES
});

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
}

/// The CPU time of this thread until now, where anybody wants to know: a call that sleeps costs nothing.
pub fn now() -> Option<Duration> {
    FILE.as_ref()?;
    Some(thread_time())
}

/// Counts a call that began when [`now`] said `entered`.
pub fn add(call: &'static str, entered: Option<Duration>) {
    let Some(time) = entered.and_then(|entered| now()?.checked_sub(entered)) else { return };
    let mut spent = SPENT.lock().unwrap_or_else(PoisonError::into_inner);
    let (calls, sum) = spent.entry(call).or_default();
    *calls += 1;
    *sum += time + *ASKING;
}

/// Writes down what was counted since the last time.
pub fn write() {
    // A thread that is stopped within a call may hold the lock for ever.
    let (Some(path), Ok(mut spent)) = (&*FILE, SPENT.try_lock()) else { return };
    let mut text = String::new();
    for (call, (calls, sum)) in std::mem::take(&mut *spent) {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{call}\t{calls}\t{}", sum.as_nanos());
    }
    // Whoever named a file that cannot be written misses it; a client must not stop for that.
    let _ =
        OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
}
