//! `hoofbeat watch`: the recorder, with its tray icon and its notifications.
//!
//! This thread waits for the engine. Tray, notifications, channels and buses have threads of their own, so that none of them can
//! hold up the recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hoofbeat_core::clock::SystemClock;
use hoofbeat_core::engine::{self, Command, EngineError, Handle, Options, Published};
use hoofbeat_core::language::{self, Language};
use hoofbeat_core::{heap, paths, sensors};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::args::{self, Global};
use crate::bus::{self, BusEvent};
use crate::channels::Channels;
use crate::failure::{Failure, Outcome};
use crate::notify::{self, Notifier};
use crate::tray::{self, Tray};
use crate::window::Window;
use crate::wording;

/// Records until told to stop.
pub fn run(global: &Global, options: &args::Watch) -> Outcome {
    heap::share();
    let folder = super::folder(global)?;
    let config = paths::config_file()?;
    language::follow(Language::of_environment(|name| std::env::var(name).ok()));
    // Before anything is opened: a signal that comes while it starts is to end it in order, too.
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(no_thread)?;
    let engine = match engine::start(Options {
        folder: folder.clone(),
        config: config.clone(),
        roots: super::machine(global)?,
        clock: Arc::new(SystemClock),
        run_for: options.run_for,
        sensors: sensors::SENSORS,
    }) {
        Ok(engine) => engine,
        // Starting a second one is what autostart, menus and impatient people do; it is not an error.
        Err(error @ EngineError::AlreadyRecording { .. }) => {
            log::info!("{error}");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    log::info!("recording into {}", folder.display());
    stop_on(signals, engine.clone()).map_err(no_thread)?;
    let channels = Channels::new(folder.clone());
    let faces = if options.headless {
        let engine = engine.clone();
        bus::watch_system(move |event| {
            for_engine(&event).into_iter().for_each(|command| engine.send(command));
        })
        .map_err(no_thread)?;
        None
    } else {
        Some(Faces::start(Window { folder, root: global.root.clone() }, &config, &engine).map_err(no_thread)?)
    };
    let published = if faces.is_some() { engine.subscribe() } else { engine.listen() };
    let forwarding = forward(published, faces, channels, config).map_err(no_thread)?;
    let ended = engine.wait();
    // It hears of the end before we do, and takes a second at most.
    let _ = forwarding.join();
    Ok(ended?)
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Failure::Failed(logged(|| error.to_string()))
    }
}

fn no_thread(error: std::io::Error) -> Failure {
    Failure::Failed(format!("the system gives us no thread: {error}"))
}

/// What the engine is to know of what happens on the buses.
fn for_engine(event: &BusEvent) -> Option<Command> {
    match event {
        BusEvent::Sleeping => Some(Command::Suspending),
        BusEvent::Presence(said) => Some(Command::Presence(*said)),
        BusEvent::SessionUp(_)
        | BusEvent::SessionDown
        | BusEvent::ServerUp { .. }
        | BusEvent::ServerDown
        | BusEvent::Pressed { .. }
        | BusEvent::Closed(_) => None,
    }
}

/// The faces of the recorder.
struct Faces {
    tray: Tray,
    notifier: Notifier,
}

impl Faces {
    fn start(window: Window, config: &Path, engine: &Handle) -> std::io::Result<Faces> {
        let keeps = engine.clone();
        let keep = move |said| keeps.send(Command::Unshown(said));
        let notifier = Notifier::start(window.clone(), config.to_path_buf(), Box::new(keep))?;
        let missed = missed(&notifier, window.folder.clone(), config.to_path_buf());
        let tray = Tray::start(window, engine.clone(), missed)?;
        let (to_tray, to_notifier, engine) = (tray.clone(), notifier.clone(), engine.clone());
        bus::watch(move |event| {
            for_engine(&event).into_iter().for_each(|command| engine.send(command));
            match event {
                BusEvent::SessionUp(_) => to_tray.tell(tray::News::BusUp),
                BusEvent::SessionDown => to_tray.tell(tray::News::BusDown),
                _ => {}
            }
            to_notifier.bus(event);
        })?;
        Ok(Faces { tray, notifier })
    }
}

/// What is done where nothing shows the icon. Only a desktop that says its name is told of it: whoever put one together
/// from parts knows what it has.
fn missed(notifier: &Notifier, folder: PathBuf, config: PathBuf) -> Box<dyn Fn() + Send> {
    let notifier = notifier.clone();
    Box::new(move || {
        let desktop = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
        if !desktop.is_empty() {
            notifier.no_tray(folder.clone(), config.clone(), desktop);
        }
    })
}

/// Hands what the engine publishes to the faces and the channels. Alerts and trouble go to the log as well, which is all
/// that a machine without a desktop has.
fn forward(
    published: Receiver<Published>,
    faces: Option<Faces>,
    mut channels: Channels,
    config: PathBuf,
) -> std::io::Result<JoinHandle<()>> {
    let run = move || {
        for news in published {
            match &news {
                Published::Alert(notice) => {
                    log::info!("{}", crate::output::text(&logged(|| wording::title(notice))));
                    channels.notice(notice);
                }
                Published::Channels(settings) => channels.set(settings),
                Published::Digest(digest) => {
                    log::info!("{}", crate::output::text(&logged(|| wording::digest_title(digest))));
                    channels.digest(digest);
                }
                Published::Trouble(trouble) => {
                    log::warn!("{}", crate::output::text(trouble));
                    // Who wants no notifications gets none elsewhere either.
                    if !notify::is_wanted(&config) {
                        continue;
                    }
                    channels.trouble(trouble);
                }
                Published::Stopped => break,
                Published::Status(_)
                | Published::Unshown(_)
                | Published::Withdrawn(_)
                | Published::Back(_)
                | Published::Icon(_) => {}
            }
            let Some(faces) = &faces else { continue };
            match news {
                Published::Status(snapshot) => faces.tray.tell(tray::News::Status(snapshot)),
                Published::Back(absence) => faces.tray.tell(tray::News::Back(absence)),
                Published::Icon(style) => faces.tray.tell(tray::News::Icon(style)),
                Published::Alert(notice) => faces.notifier.notice(notice),
                Published::Digest(digest) => faces.notifier.digest(digest),
                Published::Unshown(said) => faces.notifier.unshown(said),
                Published::Withdrawn(keys) => faces.notifier.withdraw(keys),
                Published::Trouble(trouble) => faces.notifier.trouble(trouble),
                Published::Channels(_) | Published::Stopped => {}
            }
        }
        channels.end();
    };
    std::thread::Builder::new().name("faces".into()).spawn(run)
}

/// A sentence as it stands in the log, which is English everywhere.
fn logged(sentence: impl FnOnce() -> String) -> String {
    language::within(Language::English, sentence)
}

/// A terminal that closes, and a terminal and a script that both pass Ctrl-C on, send several signals for one wish.
const ONE_WISH: Duration = Duration::from_secs(2);

/// The first signal stops in order; a later one while that lasts (a disk that hangs) ends at once.
fn stop_on(mut signals: Signals, engine: Handle) -> std::io::Result<()> {
    let run = move || {
        let mut first: Option<Instant> = None;
        for signal in signals.forever() {
            match first {
                None => {
                    first = Some(Instant::now());
                    engine.send(Command::Stop);
                }
                Some(at) if signal != SIGHUP && at.elapsed() >= ONE_WISH => std::process::exit(128 + signal),
                Some(_) => {}
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(run)?;
    Ok(())
}
