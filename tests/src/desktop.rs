//! A whole desktop without a screen: X server, session bus, window manager, and on demand a panel with a tray and a
//! notification server. Each is Debian's, started by us, waited for by what it offers, and ended by its pid.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;

use crate::bus::Bus;
use crate::program::{Program, say_skipped, wait_for, wait_until};
use crate::sandbox::Sandbox;

/// What must be installed; `scripts/setup test` does it.
const NEEDED: &[&str] = &[
    "Xvfb",
    "dbus-daemon",
    "openbox",
    "xfce4-panel",
    "dunst",
    "WebKitWebDriver",
    "wmctrl",
    "xprop",
    "import",
    "sqlite3",
];

/// The panel's settings: a list of windows on the left, and the tray on the right.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=8;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="icon-size" type="uint" value="22"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray"/>
  </property>
</channel>
"#;

/// See the module. Everything of [`Sandbox`] is there too.
#[derive(Debug)]
pub struct Desktop {
    // Fields are dropped in this order: first who needs the others.
    panel: Option<Program>,
    notifications: Option<Program>,
    _window_manager: Program,
    bus: Option<Program>,
    _x_server: Program,
    sandbox: Sandbox,
}

impl Deref for Desktop {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl DerefMut for Desktop {
    fn deref_mut(&mut self) -> &mut Sandbox {
        &mut self.sandbox
    }
}

impl Desktop {
    /// Starts X server, bus and window manager. `None`, with a word about it, where the packages are not installed.
    ///
    /// # Panics
    /// One of them does not come up, or is missing although `HOOFBEAT_NEED_DESKTOP` is set, as in `make test`.
    #[track_caller]
    pub fn start() -> Option<Desktop> {
        let missing: Vec<&str> = NEEDED.iter().copied().filter(|program| !installed(program)).collect();
        if !missing.is_empty() {
            let word = format!("{} not installed; `scripts/setup test` installs them", missing.join(", "));
            assert!(std::env::var_os("HOOFBEAT_NEED_DESKTOP").is_none(), "{word}");
            say_skipped(&word);
            return None;
        }
        let mut sandbox = Sandbox::new();
        let x_server = start_x_server(&mut sandbox);
        let address = format!("unix:path={}", sandbox.path("run/bus").display());
        sandbox.set("DBUS_SESSION_BUS_ADDRESS", address);
        // Without a GPU the DMA-BUF renderer only copies more.
        sandbox.set("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        sandbox.set("NO_AT_BRIDGE", "1");
        sandbox.set("GDK_BACKEND", "x11");
        let bus = start_bus(&sandbox);
        let start = |sandbox: &Sandbox| Program::start("openbox", &mut sandbox.command("openbox"), &sandbox.logs());
        let mut window_manager = start(&sandbox);
        wait_until("the window manager", || {
            // On a busy machine the display, which was there a moment ago, refuses it now and then.
            if window_manager.ended().is_some() {
                window_manager = start(&sandbox);
            }
            let output = sandbox.command("xprop").args(["-root", "_NET_SUPPORTING_WM_CHECK"]).output();
            output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("window id"))
        });
        Some(Desktop {
            panel: None,
            notifications: None,
            _window_manager: window_manager,
            bus: Some(bus),
            _x_server: x_server,
            sandbox,
        })
    }

    /// A connection to the session bus.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn bus(&self) -> Bus {
        Bus::connect(self.get("DBUS_SESSION_BUS_ADDRESS")).expect("the session bus runs")
    }

    /// Starts the panel and waits until its tray takes icons.
    ///
    /// # Panics
    /// It does not come up.
    #[track_caller]
    pub fn start_panel(&mut self) {
        let settings = self.path("home/.config/xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&settings).expect("our own folder is writable");
        std::fs::write(settings.join("xfce4-panel.xml"), PANEL).expect("our own folder is writable");
        // Without a panel it is none: a desktop that says its name and shows no icons is told of it.
        self.sandbox.set("XDG_CURRENT_DESKTOP", "XFCE");
        let mut command = self.command("xfce4-panel");
        self.panel = Some(Program::start("panel", command.arg("--disable-wm-check"), &self.logs()));
        let bus = self.bus();
        wait_until("the panel's tray", || bus.has_owner("org.kde.StatusNotifierWatcher"));
    }

    /// Ends the panel, and the tray with it.
    pub fn stop_panel(&mut self) {
        self.panel = None;
        let bus = self.bus();
        wait_until("the tray's end", || !bus.has_owner("org.kde.StatusNotifierWatcher"));
    }

    /// Starts Debian's notification server.
    ///
    /// # Panics
    /// It does not come up.
    #[track_caller]
    pub fn start_dunst(&mut self) {
        self.notifications = Some(Program::start("dunst", &mut self.command("dunst"), &self.logs()));
        let bus = self.bus();
        wait_until("the notification server", || bus.has_owner("org.freedesktop.Notifications"));
    }

    /// Kills the session bus, as a crash would. Panel and notification server end with it.
    pub fn kill_bus(&mut self) {
        if let Some(mut bus) = self.bus.take() {
            bus.end(Signal::KILL);
        }
        self.panel = None;
        self.notifications = None;
    }

    /// Starts a session bus again, at the same address.
    ///
    /// # Panics
    /// It does not come up.
    #[track_caller]
    pub fn restart_bus(&mut self) {
        let _ = std::fs::remove_file(self.path("run/bus"));
        self.bus = Some(start_bus(&self.sandbox));
    }

    /// The titles of the windows that the window manager shows, with their ids.
    pub fn windows(&self) -> Vec<(String, String)> {
        let output = self.command("wmctrl").arg("-l").output().expect("wmctrl is installed");
        // `0x01200003  0 host title of several words`
        let words = |line: &str| {
            let mut rest = line;
            let mut next = || {
                let (word, tail) = rest.trim_start().split_once(' ')?;
                rest = tail;
                Some(word.to_string())
            };
            let (id, _desktop, _host) = (next()?, next()?, next()?);
            Some((id, rest.trim().to_string()))
        };
        String::from_utf8_lossy(&output.stdout).lines().filter_map(words).collect()
    }

    /// Waits for a window whose title holds `title`; its id.
    ///
    /// # Panics
    /// None appears.
    #[track_caller]
    pub fn wait_for_window(&self, title: &str) -> String {
        let found = || self.windows().into_iter().find(|(_, other)| other.contains(title)).map(|(id, _)| id);
        wait_for(&format!("a window called {title}"), found)
    }

    /// Closes a window the way its button does.
    ///
    /// # Panics
    /// wmctrl is not installed.
    pub fn close_window(&self, id: &str) {
        self.command("wmctrl").args(["-i", "-c", id]).status().expect("wmctrl is installed");
    }

    /// Whether a window is the one that takes what is typed.
    ///
    /// # Panics
    /// xprop is not installed.
    pub fn is_in_front(&self, id: &str) -> bool {
        let number = |id: &str| u64::from_str_radix(id.trim().strip_prefix("0x")?, 16).ok();
        let output = self.command("xprop").args(["-root", "_NET_ACTIVE_WINDOW"]).output().expect("xprop is installed");
        // `_NET_ACTIVE_WINDOW(WINDOW): window id # 0x1200003`
        let told = String::from_utf8_lossy(&output.stdout).rsplit_once('#').and_then(|(_, active)| number(active));
        told.is_some() && told == number(id)
    }

    /// Shows the bare desktop, as a person does who works with something else.
    ///
    /// # Panics
    /// wmctrl is not installed.
    pub fn put_away_windows(&self) {
        self.command("wmctrl").args(["-k", "on"]).status().expect("wmctrl is installed");
    }

    /// Saves a picture of a window, or of the whole screen (`root`).
    ///
    /// # Panics
    /// It cannot be taken.
    #[track_caller]
    pub fn picture(&self, window: &str, file: &Path) {
        let status = self.command("import").args(["-window", window]).arg(file).status();
        assert!(status.is_ok_and(|status| status.success()), "no picture of {window}");
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.command("import").args(["-window", "root"]).arg(self.logs().join("screen.png")).status();
        }
    }
}

fn start_x_server(sandbox: &mut Sandbox) -> Program {
    // It picks a free number itself and tells it once it takes clients.
    let number = sandbox.path("run/display");
    let mut command = sandbox.command("sh");
    command.args(["-c", "exec Xvfb -displayfd 3 -screen 0 1400x1000x24 -nolisten tcp -noreset 3>\"$0\""]).arg(&number);
    let program = Program::start("xvfb", &mut command, &sandbox.logs());
    let display = wait_for("the X server", || {
        let text = std::fs::read_to_string(&number).ok()?;
        text.ends_with('\n').then(|| text.trim().to_string())
    });
    sandbox.set("DISPLAY", format!(":{display}"));
    program
}

/// Starts a session bus at the address in a sandbox's environment.
///
/// # Panics
/// It does not come up, or the environment names none.
pub fn start_bus(sandbox: &Sandbox) -> Program {
    let address = sandbox.get("DBUS_SESSION_BUS_ADDRESS").to_string();
    let mut command = sandbox.command("dbus-daemon");
    command.args(["--session", "--nofork", "--nopidfile", "--address"]).arg(&address);
    let program = Program::start("dbus", &mut command, &sandbox.logs());
    wait_until("the session bus", || Bus::connect(&address).is_ok());
    program
}

fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Whether a program runs to its end well; what it says is dropped.
pub fn succeeds(command: &mut std::process::Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
