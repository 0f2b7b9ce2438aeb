//! What every exported function has in common: one lock around the driver's state, the scenario's faults and delays, the
//! trace, and no panic that leaves the library.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::argument::Argument;
use crate::code::Code;
use crate::driver::Driver;
use crate::fault::Outcome;
use crate::loader;
use crate::spent;

static DRIVER: Mutex<Option<Driver>> = Mutex::new(None);

/// What was wrong with the scenario last. A client that tries again every second is told once.
static COMPLAINT: Mutex<String> = Mutex::new(String::new());

/// Calls for which the real driver takes its time.
const SLOW: &[(&str, Duration)] = &[("nvmlDeviceGetPcieThroughput", Duration::from_millis(20))];

/// A waiting call looks at least this often whether something has happened.
const WAIT: Duration = Duration::from_secs(5);

/// A panic in one call must not make every later one fail.
fn lock() -> MutexGuard<'static, Option<Driver>> {
    DRIVER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers a call.
pub fn answer(
    call: &'static str,
    arguments: &[&dyn Argument],
    body: impl FnOnce(&mut Driver) -> Result<(), Code>,
) -> u32 {
    let mut body = Some(body);
    answer_in(call, arguments, Duration::ZERO, |driver| body.take().map(|body| body(driver)))
}

/// Answers a call that waits until its body has something to say, or the time is over.
pub fn answer_in(
    call: &'static str,
    arguments: &[&dyn Argument],
    limit: Duration,
    mut body: impl FnMut(&mut Driver) -> Option<Result<(), Code>>,
) -> u32 {
    let slow = SLOW.iter().find(|(slow, _)| *slow == call).map_or(Duration::ZERO, |(_, time)| *time);
    let entered = spent::Entered::now(!(slow + limit).is_zero());
    let answered = catch_unwind(AssertUnwindSafe(|| {
        let Some(outcome) = begin(call, arguments) else { return Code::DriverNotLoaded };
        // Nobody else waits meanwhile: the lock is free.
        std::thread::sleep(outcome.delay + slow);
        let started = Instant::now();
        let code = loop {
            if let Some(code) = outcome.code {
                break code;
            }
            let (answer, quiet) = match lock().as_mut() {
                Some(driver) => (body(driver), driver.quiet()),
                None => break Code::Uninitialized,
            };
            if let Some(answer) = answer {
                break answer.err().unwrap_or(Code::Success);
            }
            let left = limit.saturating_sub(started.elapsed());
            if left.is_zero() {
                break Code::Timeout;
            }
            std::thread::sleep(left.min(quiet).min(WAIT));
        };
        if let Some(driver) = lock().as_mut() {
            let at = driver.now();
            driver.trace.write(at, call, arguments, code);
        }
        code
    }));
    spent::add(call, entered);
    answered.unwrap_or(Code::Unknown) as u32
}

/// Loads the scenario if need be. `None` without one.
fn begin(call: &str, arguments: &[&dyn Argument]) -> Option<Outcome> {
    let mut driver = lock();
    if driver.as_ref().is_none_or(Driver::is_idle) {
        let path = loader::scenario_path();
        if driver.as_ref().is_none_or(|driver| driver.path != path) {
            if let Some(mut old) = driver.take() {
                old.children.end();
            }
            *driver = Driver::load(&path).map_err(complain).ok();
        }
    }
    let handle = arguments.iter().find_map(|argument| argument.handle());
    driver.as_mut().map(|driver| driver.begin(call, handle))
}

fn complain(error: String) {
    let mut complaint = COMPLAINT.lock().unwrap_or_else(PoisonError::into_inner);
    if *complaint != error {
        eprintln!("nvml-standin: {error}");
        *complaint = error;
    }
}

/// Ends the children, when the client's process ends.
pub fn end() {
    // A thread that is stopped within a call may hold the lock for ever.
    if let Ok(mut driver) = DRIVER.try_lock()
        && let Some(driver) = driver.as_mut()
    {
        driver.children.end();
    }
    spent::write();
}

/// Declares exported functions: their bodies see the driver and return what went wrong.
macro_rules! exports {
    ($(fn $name:ident($driver:ident $(, $argument:ident: $type:ty)* $(,)?) $body:block)*) => {$(
        #[doc = concat!("NVML's `", stringify!($name), "`.")]
        ///
        /// # Safety
        /// The caller keeps NVML's contract: each pointer is null or leads to what NVML's header says.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $type),*) -> u32 {
            let body = |$driver: &mut $crate::driver::Driver| -> Result<(), $crate::code::Code> { $body };
            $crate::call::answer(stringify!($name), &[$(&$argument as &dyn $crate::argument::Argument),*], body)
        }
    )*};
}
pub(crate) use exports;
