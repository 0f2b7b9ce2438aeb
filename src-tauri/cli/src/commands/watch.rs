//! `hoofbeat watch`: the recorder, with its tray icon and its notifications.
//!
//! This thread owns the engine's handle and does what the others ask for. Tray, notifications and buses have threads
//! of their own, so that none of them can hold up the recording.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use hoofbeat_core::clock::SystemClock;
use hoofbeat_core::engine::{self, Command, EngineError, Options, Published};
use hoofbeat_core::{paths, sensors};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::args::{self, Global};
use crate::bus::{self, BusEvent};
use crate::failure::{Failure, Outcome};
use crate::notify::Notifier;
use crate::tray::{self, Tray};
use crate::window::Window;

/// What the threads ask of this one.
enum Request {
    Send(Command),
    Stopped,
}

/// Records until told to stop.
pub fn run(global: &Global, options: &args::Watch) -> Outcome {
    let folder = super::folder(global)?;
    let handle = match engine::start(Options {
        folder: folder.clone(),
        config: paths::config_file()?,
        roots: super::roots(global),
        clock: Arc::new(SystemClock),
        run_for: options.run_for,
        sensors: sensors::SENSORS,
    }) {
        Ok(handle) => handle,
        // Starting a second one is what autostart, menus and impatient people do; it is not an error.
        Err(error @ EngineError::AlreadyRecording { .. }) => {
            log::info!("{error}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let (ask, asked) = mpsc::channel();
    stop_on_signals(ask.clone()).map_err(no_thread)?;
    let faces = if options.headless {
        None
    } else {
        Some(Faces::start(global, folder.clone(), ask.clone()).map_err(no_thread)?)
    };
    forward(handle.subscribe(), faces, ask).map_err(no_thread)?;
    log::info!("recording into {}", folder.display());
    for request in asked {
        match request {
            Request::Send(command) => handle.send(command),
            Request::Stopped => break,
        }
    }
    Ok(handle.wait()?)
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Failure::Failed(error.to_string())
    }
}

fn no_thread(error: std::io::Error) -> Failure {
    Failure::Failed(format!("the system gives us no thread: {error}"))
}

/// The faces of the recorder.
struct Faces {
    tray: Tray,
    notifier: Notifier,
}

impl Faces {
    fn start(global: &Global, folder: PathBuf, ask: Sender<Request>) -> std::io::Result<Faces> {
        let window = Window { folder, root: global.root.clone() };
        let notifier = Notifier::start(window.clone())?;
        let wishes = {
            let ask = ask.clone();
            // An engine that has stopped needs no commands.
            move |command| drop(ask.send(Request::Send(command)))
        };
        let tray = Tray::start(window, wishes)?;
        let (to_tray, to_notifier) = (tray.clone(), notifier.clone());
        bus::watch(move |event| {
            match event {
                BusEvent::SessionUp => to_tray.tell(tray::News::BusUp),
                BusEvent::SessionDown => to_tray.tell(tray::News::BusDown),
                BusEvent::Sleeping => drop(ask.send(Request::Send(Command::Suspending))),
                BusEvent::ServerUp(_) | BusEvent::Pressed { .. } | BusEvent::Closed(_) => {}
            }
            to_notifier.bus(event);
        })?;
        Ok(Faces { tray, notifier })
    }
}

/// Hands what the engine publishes to the faces.
fn forward(published: Receiver<Published>, faces: Option<Faces>, ask: Sender<Request>) -> std::io::Result<()> {
    let run = move || {
        for news in published {
            match (news, &faces) {
                (Published::Stopped, _) => break,
                (Published::Trouble(trouble), faces) => {
                    log::warn!("{trouble}");
                    if let Some(faces) = faces {
                        faces.tray.tell(tray::News::Trouble(trouble));
                    }
                }
                (Published::Alert(notice), faces) => {
                    log::info!("{}", crate::wording::title(&notice));
                    if let Some(faces) = faces {
                        faces.notifier.notice(notice);
                    }
                }
                (Published::Status(snapshot), Some(faces)) => faces.tray.tell(tray::News::Status(snapshot)),
                (Published::Status(_), None) => {}
            }
        }
        // Told to stop, or gone: either way nothing more will come.
        drop(ask.send(Request::Stopped));
    };
    std::thread::Builder::new().name("faces".into()).spawn(run)?;
    Ok(())
}

/// The first signal stops in order; a second one while that lasts (a disk that hangs) ends at once.
fn stop_on_signals(ask: Sender<Request>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let run = move || {
        for (count, signal) in signals.forever().enumerate() {
            if count > 0 && signal != SIGHUP {
                std::process::exit(128 + signal);
            }
            drop(ask.send(Request::Send(Command::Stop)));
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(run)?;
    Ok(())
}
