//! A message bus of one test's own, and what stands on it in a desktop: a notification server and a tray that remember
//! what they were told.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, PipeReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use zbus::zvariant::{DynamicType, OwnedFd, OwnedValue};
use zbus::{Connection, connection::Builder};

/// A running `dbus-daemon`, which starts nothing of this machine's; killed when dropped.
pub struct Bus {
    daemon: Child,
    socket: PathBuf,
}

const CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <servicedir>SOCKET.services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

impl Bus {
    /// Starts one at this socket.
    pub fn start(socket: PathBuf) -> Bus {
        let _ = std::fs::remove_file(&socket);
        let config = socket.with_extension("conf");
        std::fs::create_dir_all(socket.with_extension("services")).unwrap();
        let text = CONFIG.replace("SOCKET.services", &socket.with_extension("services").display().to_string());
        std::fs::write(&config, text.replace("SOCKET", &socket.display().to_string())).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .args(["--nofork", "--nopidfile", "--print-address", "--config-file"])
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut line = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("unix:"), "dbus-daemon says {line:?}");
        Bus { daemon, socket }
    }

    pub fn address(&self) -> String {
        format!("unix:path={}", self.socket.display())
    }

    pub fn connect(&self) -> Connection {
        let address = self.address();
        block(Builder::address(address.as_str()).unwrap().build()).unwrap()
    }

    /// Starts one at this socket on which a notification server is started by the first notification, as xfce4-notifyd,
    /// dunst and mako are. The test has to start the server when [`Bus::wanted`] returns.
    pub fn start_with_server_on_demand(socket: PathBuf) -> Bus {
        let services = socket.with_extension("services");
        std::fs::create_dir_all(&services).unwrap();
        let service = format!(
            "[D-BUS Service]\nName={NOTIFICATIONS}\nExec=/usr/bin/touch {}\n",
            socket.with_extension("wanted").display()
        );
        std::fs::write(services.join("server.service"), service).unwrap();
        Bus::start(socket)
    }

    /// Waits until the server on demand is wanted.
    #[track_caller]
    pub fn wanted(&self) {
        let wanted = self.socket.with_extension("wanted");
        crate::sandbox::wait_for("the first notification", || wanted.exists().then_some(()));
    }

    pub fn stop(mut self) -> PathBuf {
        self.kill();
        self.socket.clone()
    }

    fn kill(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn block<T>(future: impl Future<Output = T>) -> T {
    async_io::block_on(future)
}

/// Width, height, bytes a row, whether it has transparency, bits a sample, channels, and the pixels.
pub type Image = (i32, i32, i32, bool, i32, i32, Vec<u8>);

/// One call of `Notify`.
#[derive(Clone, Debug)]
pub struct Notification {
    pub id: u32,
    pub replaces: u32,
    pub application: String,
    pub title: String,
    pub body: String,
    pub actions: Vec<String>,
    pub urgency: u8,
    pub desktop_entry: String,
    pub category: String,
    pub image: Option<Image>,
    pub transient: bool,
}

/// A notification server that remembers.
pub struct Server {
    bus: Connection,
    received: Arc<Mutex<Vec<Notification>>>,
}

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const NOTIFICATIONS_PATH: &str = "/org/freedesktop/Notifications";

impl Server {
    /// One that can do `capabilities`; where `mute`, it never answers.
    pub fn start(bus: &Bus, capabilities: &[&'static str], mute: bool) -> Server {
        let received = Arc::<Mutex<Vec<Notification>>>::default();
        let bus = bus.connect();
        let server = NotificationServer { capabilities: capabilities.to_vec(), mute, received: received.clone() };
        block(bus.object_server().at(NOTIFICATIONS_PATH, server)).unwrap();
        block(bus.request_name(NOTIFICATIONS)).unwrap();
        Server { bus, received }
    }

    pub fn received(&self) -> Vec<Notification> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until this many have come, and gives the last.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Notification {
        let received = || Some(self.received()).filter(|all| all.len() >= count);
        crate::sandbox::wait_for(&format!("notification {count}"), received)[count - 1].clone()
    }

    /// Goes, and leaves its name to another.
    pub fn leave(self) {
        assert!(block(self.bus.release_name(NOTIFICATIONS)).unwrap());
    }

    /// Emits one of the server's signals.
    pub fn emit(&self, signal: &str, body: &(impl serde::Serialize + DynamicType)) {
        block(self.bus.emit_signal(None::<&str>, NOTIFICATIONS_PATH, NOTIFICATIONS, signal, body)).unwrap();
    }
}

struct NotificationServer {
    capabilities: Vec<&'static str>,
    mute: bool,
    received: Arc<Mutex<Vec<Notification>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl NotificationServer {
    fn get_capabilities(&self) -> Vec<&'static str> {
        self.capabilities.clone()
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("memory", "hoofbeat-tests", "1", "1.2")
    }

    // The shape is the specification's.
    #[allow(clippy::too_many_arguments)]
    async fn notify(
        &self,
        application: String,
        replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let id = {
            let mut received = self.received.lock().unwrap();
            let id = if replaces > 0 { replaces } else { received.len() as u32 + 100 };
            let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok()).unwrap_or(255);
            let text = |name: &str| hints.get(name).and_then(|value| <&str>::try_from(value).ok()).unwrap_or_default();
            let desktop_entry = text("desktop-entry").to_string();
            let category = text("category").to_string();
            let image = hints.get("image-data").map(|image| Image::try_from(image.try_clone().unwrap()).unwrap());
            let transient = hints.get("transient").is_some_and(|value| bool::try_from(value) == Ok(true));
            received.push(Notification {
                id,
                replaces,
                application,
                title,
                body,
                actions,
                urgency,
                desktop_entry,
                category,
                image,
                transient,
            });
            id
        };
        if self.mute {
            std::future::pending::<()>().await;
        }
        id
    }
}

/// The part of logind that holds sleep up.
pub struct Logind {
    bus: Connection,
    held: Arc<Mutex<Vec<Hold>>>,
}

/// A program that wants a moment before the machine sleeps: what it said, and our end of what it holds.
struct Hold {
    what: (String, String),
    end: PipeReader,
}

const LOGIND: &str = "org.freedesktop.login1";
const LOGIND_PATH: &str = "/org/freedesktop/login1";
const LOGIND_MANAGER: &str = "org.freedesktop.login1.Manager";

impl Logind {
    pub fn start(bus: &Bus) -> Logind {
        let held = Arc::<Mutex<Vec<Hold>>>::default();
        let bus = bus.connect();
        block(bus.object_server().at(LOGIND_PATH, LogindManager { held: held.clone() })).unwrap();
        block(bus.request_name(LOGIND)).unwrap();
        Logind { bus, held }
    }

    /// Waits until sleep was asked to be held up this many times, and gives what for, and how, of the last.
    #[track_caller]
    pub fn held(&self, count: usize) -> (String, String) {
        crate::sandbox::wait_for(&format!("hold {count}"), || {
            let held = self.held.lock().unwrap();
            held.get(count - 1).map(|hold| hold.what.clone())
        })
    }

    /// Waits until the last hold is let go.
    pub fn let_go(&self) {
        let hold = self.held.lock().unwrap().pop().unwrap();
        // The end of the file is the end of whoever held the other end.
        let (sender, ended) = std::sync::mpsc::channel();
        let mut end = hold.end;
        std::thread::spawn(move || sender.send(end.read(&mut [0]).unwrap()));
        assert_eq!(ended.recv_timeout(crate::sandbox::LIMIT), Ok(0), "sleep is still held up");
    }

    /// Says that the machine is about to sleep, or woke.
    pub fn prepare_for_sleep(&self, begins: bool) {
        let signal = "PrepareForSleep";
        block(self.bus.emit_signal(None::<&str>, LOGIND_PATH, LOGIND_MANAGER, signal, &(begins,))).unwrap();
    }
}

struct LogindManager {
    held: Arc<Mutex<Vec<Hold>>>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl LogindManager {
    fn inhibit(&self, what: String, _who: String, _why: String, mode: String) -> OwnedFd {
        let (end, theirs) = std::io::pipe().unwrap();
        self.held.lock().unwrap().push(Hold { what: (what, mode), end });
        OwnedFd::from(std::os::fd::OwnedFd::from(theirs))
    }
}

/// A tray without a panel.
pub struct Tray {
    pub bus: Connection,
    registered: Arc<Mutex<Vec<String>>>,
}

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

impl Tray {
    pub fn start(bus: &Bus) -> Tray {
        Tray::start_mute(bus, 0)
    }

    /// One that never answers to the first `mute` icons.
    pub fn start_mute(bus: &Bus, mute: usize) -> Tray {
        let registered = Arc::<Mutex<Vec<String>>>::default();
        let bus = bus.connect();
        let host = TrayHost { mute, registered: registered.clone() };
        block(bus.object_server().at("/StatusNotifierWatcher", host)).unwrap();
        block(bus.request_name(WATCHER)).unwrap();
        Tray { bus, registered }
    }

    /// Waits until an item is registered, and gives its name on the bus.
    #[track_caller]
    pub fn item(&self) -> String {
        crate::sandbox::wait_for("a tray icon", || self.registered.lock().unwrap().last().cloned())
    }

    /// Waits until items came this many times, and gives the names of all on the bus.
    #[track_caller]
    pub fn items(&self, count: usize) -> Vec<String> {
        let registered = || Some(self.registered.lock().unwrap().clone()).filter(|all| all.len() >= count);
        crate::sandbox::wait_for(&format!("tray icon {count}"), registered)
    }

    /// Whether somebody on the bus has this name.
    pub fn knows(&self, name: &str) -> bool {
        let names = block(zbus::fdo::DBusProxy::new(&self.bus)).unwrap();
        block(names.name_has_owner(name.try_into().unwrap())).unwrap()
    }
}

struct TrayHost {
    mute: usize,
    registered: Arc<Mutex<Vec<String>>>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl TrayHost {
    async fn register_status_notifier_item(&self, service: String) {
        let count = {
            let mut registered = self.registered.lock().unwrap();
            registered.push(service);
            registered.len()
        };
        if count <= self.mute {
            std::future::pending::<()>().await;
        }
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}
