//! A sensor beside the engine: isolated, timed, bounded.
//!
//! A sensor that may wait for a device has a thread of its own: one that hangs holds up nobody, and is asked again only
//! after it has answered. Those that only read what the kernel has in memory share a thread, because waking one costs more
//! than each of them does: 76 µs in a virtual machine that is idle (`hoofbeat-bench gpu`), for 10 µs of reading. A sensor
//! that panics is made anew, wherever it is. A sensor of a long interval may take longer than a tick; its answer then joins
//! a later one.
//! Deliberately not here: what a late or failed sample means for its sources (`core`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::Event;
use super::core::own_source;
use crate::clock::Clock;
use crate::model::{Batch, Health, Now, Room, Source, SourceKind};
use crate::sensors::{Registration, Roots, Sensor, SensorError};
use crate::{format, say};

/// Reading a few files needs little stack, a driver's library some more; a dozen threads at the usual 8 MiB frighten
/// people who read VSZ.
const STACK: usize = 2 << 20;

/// The share of its interval that a sensor may take, and the most. (Each tick has a deadline of its own.)
const SHARE: f64 = 0.6;
const LONGEST: Duration = Duration::from_secs(10);

/// After a panic a sensor rests for this long, doubled each time, up to the second value.
const REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(300);

/// A request for one sample.
#[derive(Debug)]
pub(super) struct Request {
    /// Which sensor.
    pub sensor: usize,
    /// Told back with the answer.
    pub number: u64,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Sensed {
    /// Which sensor.
    pub sensor: usize,
    /// Which request.
    pub number: u64,
    /// What it read, or why it could not.
    pub outcome: Result<Batch, SensorError>,
    /// It panicked and was thrown away.
    pub panicked: bool,
    /// How long it took.
    pub took: Duration,
    /// How often it wants to be asked from now on.
    pub interval: Duration,
}

/// The engine's end of a sensor.
#[derive(Debug)]
pub(super) struct Probe {
    /// The sensor's name.
    pub name: &'static str,
    /// The source that stands for the sensor itself.
    pub source: Arc<Source>,
    /// The request that was not answered yet.
    pub flight: Option<Flight>,
    sensor: usize,
    requests: SyncSender<Request>,
    number: u64,
    interval: Duration,
    asked: Option<Asked>,
    panics: u32,
    rests_until: Option<Duration>,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    /// The tick that it was made in.
    pub ts: i64,
    /// Boot time of the request.
    pub since: Duration,
    /// Boot time after which its answer is too old to be used.
    pub limit: Duration,
    /// Its answer is not wanted any more.
    pub unwanted: bool,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    ts: i64,
    boot: Duration,
}

impl Probe {
    /// The engine's end for the sensor of this number, whose thread listens to `requests`: these have room for one of each
    /// sensor there.
    pub fn new(sensor: usize, name: &'static str, requests: SyncSender<Request>) -> Probe {
        Probe {
            name,
            source: Source::part(&own_source(), SourceKind::Sensor, format!("self:{name}"), name),
            flight: None,
            sensor,
            requests,
            number: 0,
            interval: Duration::ZERO,
            asked: None,
            panics: 0,
            rests_until: None,
        }
    }

    /// Whether its turn has come at the tick `ts`.
    pub fn is_due(&self, ts: i64, now: Now) -> bool {
        if self.rests_until.is_some_and(|until| now.boot < until) {
            return false;
        }
        let Some(asked) = self.asked else { return true };
        let interval = self.interval.as_secs().max(1) as i64;
        // On the grid of its own interval, so that histories line up; and never longer than that without a turn, where
        // the wall clock was set.
        ts.div_euclid(interval) != asked.ts.div_euclid(interval) || now.boot.saturating_sub(asked.boot) >= self.interval
    }

    /// Asks for a sample, which has until the deadline of its tick, or longer where its interval is long. Not to be called
    /// while one is under way.
    pub fn ask(&mut self, ts: i64, now: Now, deadline: Duration) {
        self.number += 1;
        self.asked = Some(Asked { ts, boot: now.boot });
        // The channel has room for one request of each sensor, and there is never another one; a thread that is gone is
        // overdue.
        let _ = self.requests.try_send(Request { sensor: self.sensor, number: self.number });
        let limit = deadline.max(now.boot + self.interval.mul_f64(SHARE).min(LONGEST));
        self.flight = Some(Flight { ts, since: now.boot, limit, unwanted: false });
    }

    /// Takes note of an answer; gives the flight that it ends, or `None` for an answer to an older request.
    pub fn land(&mut self, sensed: &Sensed, now: Now) -> Option<Flight> {
        if sensed.number != self.number {
            return None;
        }
        self.interval = sensed.interval;
        if sensed.panicked {
            let rest = REST.saturating_mul(1 << self.panics.min(16)).min(LONGEST_REST);
            self.panics += 1;
            self.rests_until = Some(now.boot + rest);
        } else {
            self.panics = 0;
            self.rests_until = None;
        }
        self.flight.take()
    }
}

/// Starts the threads of all sensors; gives the engine's ends, in the order of the sensors.
pub(super) fn start(
    sensors: &'static [Registration],
    roots: &Roots,
    clock: &Arc<dyn Clock>,
    events: &Sender<Event>,
) -> std::io::Result<Vec<Probe>> {
    let thread =
        |name: &str, seats, requests| spawn(name, seats, requests, roots.clone(), clock.clone(), events.clone());
    let (shared, together) = sync_channel(sensors.len());
    let mut seats = Vec::new();
    let mut probes = Vec::with_capacity(sensors.len());
    for (sensor, registration) in sensors.iter().enumerate() {
        let seat = Seat { sensor, registration, made: None, interval: Duration::ZERO, room: Room::default() };
        let requests = if registration.waits {
            let (requests, asked) = sync_channel(1);
            thread(registration.name, vec![seat], asked)?;
            requests
        } else {
            seats.push(seat);
            shared.clone()
        };
        probes.push(Probe::new(sensor, registration.name, requests));
    }
    if !seats.is_empty() {
        thread("kernel", seats, together)?;
    }
    Ok(probes)
}

/// A sensor on its thread.
struct Seat {
    sensor: usize,
    registration: &'static Registration,
    made: Option<Box<dyn Sensor>>,
    interval: Duration,
    /// How much it read the last time.
    room: Room,
}

impl Seat {
    /// Reads it once, for the request of this number.
    fn sample(&mut self, number: u64, roots: &Roots, clock: &dyn Clock) -> Sensed {
        let began = clock.now().boot;
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let sensor = self.made.get_or_insert_with(|| (self.registration.new)(roots));
            let mut batch = Batch::with_room(self.room);
            let outcome = sensor.sample(clock, &mut batch).map(|()| batch);
            self.room = outcome.as_ref().map_or(self.room, Batch::room);
            (outcome, sensor.interval())
        }));
        let took = clock.now().boot.saturating_sub(began);
        let panicked = attempt.is_err();
        let outcome = match attempt {
            Ok((outcome, wished)) => {
                self.interval = wished;
                outcome
            }
            Err(panic) => {
                let text = words(&*panic);
                // Dropping what is left of it may panic, too.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(self.made.take())));
                let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
                self.made = None;
                let reason = say!("its reader failed and was started anew: {text}", text);
                Err(SensorError { health: Health::Stale, reason })
            }
        };
        Sensed { sensor: self.sensor, number, outcome, panicked, took, interval: self.interval }
    }
}

/// Starts a thread that reads the sensors of its `seats`. It ends when the engine drops its ends. Nobody waits for that: a
/// sensor may hang in a system call.
fn spawn(
    name: &str,
    mut seats: Vec<Seat>,
    requests: Receiver<Request>,
    roots: Roots,
    clock: Arc<dyn Clock>,
    events: Sender<Event>,
) -> std::io::Result<()> {
    let serve = move || {
        for Request { sensor, number } in requests {
            let Some(seat) = seats.iter_mut().find(|seat| seat.sensor == sensor) else { continue };
            if events.send(Event::Sensed(seat.sample(number, &roots, &*clock))).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name(format!("hb-{name}")).stack_size(STACK).spawn(serve).map(drop)
}

/// "did not answer for 3 s", in steps that grow: every change is written to the store.
pub(super) fn overdue(time: Duration) -> String {
    let seconds = time.as_secs().max(1);
    let told = match seconds {
        0..=2 => seconds,
        3..=9 => 3,
        10..=29 => 10,
        30..=59 => 30,
        60..=3599 => seconds / 60 * 60,
        _ => seconds / 3600 * 3600,
    };
    say!("did not answer for {time}", time = format::duration(Duration::from_secs(told)))
}

/// What a panic said, on one line.
pub(super) fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let text: String = text.unwrap_or(say!("no reason given")).chars().take(200).collect();
    text.replace(char::is_control, " ")
}
