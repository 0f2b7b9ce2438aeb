//! Takes the pictures of the product at work: `hoofbeat-screenshots FOLDER [SECONDS]`.
//!
//! It records this machine for so many seconds (60) first, so that the chart has something to show, and says what it saved.
//! Where `HOOFBEAT_DEMO` names a folder in which `scripts/demo stage` plays, that evening's GPU is in the pictures.
//! A person looks at the pictures; no test compares them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hoofbeat_product_tests::desktop::succeeds;
use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::tray::Item;
use hoofbeat_product_tests::{Desktop, Program, wait_for, wait_until};

/// Fires at once on any machine, and reads like a real one.
const RULE: &str = r#"
[[rule]]
id = "memory-used"
metric = "memory.used"
fire = "> 268435456"
clear = "< 134217728"
for = "0s"
severity = "warning"
"#;

/// The class of the windows of the panel's tray: the icons, their tooltips and menus.
const PANEL: &str = "wrapper-2.0";

/// So many pixels of what is around a part of the screen are in its picture.
const AROUND: i32 = 24;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), seconds) = (arguments.next().map(PathBuf::from), arguments.next()) else {
        eprintln!("usage: hoofbeat-screenshots FOLDER [SECONDS]");
        std::process::exit(2);
    };
    let seconds = seconds.map_or(60, |text| text.parse().expect("SECONDS is a whole number"));
    std::fs::create_dir_all(&folder).expect("FOLDER can be made");
    let folder = folder.canonicalize().expect("FOLDER was just made");
    let Some(mut desktop) = Desktop::start() else { std::process::exit(1) };
    backdrop(&desktop);
    desktop.start_panel();
    desktop.start_dunst();
    let root = stage(&mut desktop);
    let root: Vec<&str> = root.iter().flat_map(|root| ["--root", root]).collect();
    let _watch = desktop.watch(&root);
    let bus = desktop.bus();
    wait_for("the icon", || Item::of_hoofbeat(&bus));
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        desktop.wait_for_ticks(1);
    }
    tray(&desktop, &folder);
    // The demo's render ends soon: first those that README shows.
    window(&desktop, "Adwaita", Some("2"), &folder.join("history-light.png"));
    window(&desktop, "Adwaita", None, &folder.join("window-light.png"));
    window(&desktop, "Adwaita:dark", None, &folder.join("window-dark.png"));
    window(&desktop, "Adwaita:dark", Some("2"), &folder.join("history-dark.png"));
    german(&desktop, &folder);

    desktop.configure(RULE);
    wait_until("the notification", || {
        let output = desktop.command("dunstctl").args(["count", "displayed"]).output();
        output.is_ok_and(|output| output.stdout.starts_with(b"1"))
    });
    let notification = wait_for("its place", || Part::of(&desktop, &["--class", "Dunst"]).pop());
    save(&desktop, "root", &folder.join("notification.png"), Some(notification));
}

/// Lets every program see the demo's GPU; the folder that the recorder reads, where there is a demo.
fn stage(desktop: &mut Desktop) -> Option<String> {
    let demo = PathBuf::from(std::env::var_os("HOOFBEAT_DEMO")?);
    let text = |path: PathBuf| path.into_os_string().into_string().expect("the demo's folder has a name that is text");
    desktop.set("HOOFBEAT_NVML", text(product("libnvml_standin.so")));
    desktop.set("NVML_STANDIN", text(demo.join("evening.toml")));
    Some(text(demo.join("machine")))
}

/// A plain colour instead of the X server's black. It only looks better: pictures without it serve as well.
fn backdrop(desktop: &Desktop) {
    let (picture, screen) = (desktop.path("backdrop.png"), desktop.path("screen.png"));
    let made = succeeds(desktop.command("convert").args(["-size", "64x64", "xc:#4f6d7a"]).arg(&picture));
    // Some versions paint and end with 1 all the same, so the screen is asked.
    let _ = succeeds(desktop.command("display").args(["-window", "root"]).arg(&picture));
    desktop.picture("root", &screen);
    let pixel = desktop.command("convert").arg(&screen).args(["-format", "%[pixel:p{0,0}]", "info:"]).output();
    let pixel = pixel.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if !made || !pixel.contains("(79,109,122") {
        eprintln!("no backdrop: ImageMagick's `display` left the screen {pixel}");
    }
}

/// The icon's tooltip and its menu, with a real pointer.
fn tray(desktop: &Desktop, folder: &Path) {
    let pointer = |arguments: &[&str]| assert!(succeeds(desktop.command("xdotool").args(arguments)));
    let mouse_to = |x: i32, y: i32| pointer(&["mousemove", &x.to_string(), &y.to_string()]);
    let popup = |what: &str| {
        wait_for(what, || Part::of(desktop, &["--maxdepth", "1", "--class", PANEL]).pop());
        // It is painted, and as large as its words, before the next tick is over.
        desktop.wait_for_ticks(1);
        wait_for(what, || Part::of(desktop, &["--maxdepth", "1", "--class", PANEL]).pop())
    };
    // Hoofbeat's is the only icon, and nothing has popped up yet.
    let icon = wait_for("the icon's place", || Part::of(desktop, &["--class", PANEL]).pop());
    let (x, y) = (icon.left.midpoint(icon.right), icon.top.midpoint(icon.bottom));
    // A tooltip is for a pointer that moves.
    mouse_to(x - 3, y - 3);
    mouse_to(x, y);
    save(desktop, "root", &folder.join("tray-tooltip.png"), Some(popup("the tooltip").with(icon)));
    pointer(&["click", "3"]);
    let is_menu = |part: &Part| part.bottom - part.top > 2 * (icon.bottom - icon.top);
    wait_until("the menu", || Part::of(desktop, &["--maxdepth", "1", "--class", PANEL]).iter().any(is_menu));
    save(desktop, "root", &folder.join("tray-menu.png"), Some(popup("the menu").with(icon)));
    pointer(&["key", "Escape"]);
    // The left button of a real pointer opens the window.
    pointer(&["click", "1"]);
    let id = desktop.wait_for_window("Hoofbeat");
    desktop.close_window(&id);
    wait_until("the window's end", || desktop.named("hoofbeat-desktop").is_empty());
    // A pointer that stays has its tooltip over the lower edge of every window whose picture is taken.
    mouse_to(0, 0);
    wait_until("the tooltip's end", || Part::of(desktop, &["--maxdepth", "1", "--class", PANEL]).is_empty());
}

/// The window on the page that it opens with, or on that of a key.
fn window(desktop: &Desktop, theme: &str, page: Option<&str>, file: &Path) {
    let mut command = desktop.product("hoofbeat-desktop", &[]);
    let mut program = Program::start("desktop", command.env("GTK_THEME", theme), &desktop.logs());
    let id = desktop.wait_for_window("Hoofbeat");
    // The page has no sign for a picture taker; some ticks on, the first values and the chart are painted.
    desktop.wait_for_ticks(5);
    if let Some(key) = page {
        assert!(succeeds(desktop.command("xdotool").args(["windowfocus", &id, "key", key])));
        desktop.wait_for_ticks(5);
    }
    save(desktop, &id, file, None);
    desktop.close_window(&id);
    program.wait(hoofbeat_product_tests::LIMIT);
}

/// Every page in German, whose words are longer: here is seen what no longer fits.
fn german(desktop: &Desktop, folder: &Path) {
    desktop.configure("[text]\nlanguage = \"de\"\n");
    let mut program = Program::start("desktop", &mut desktop.product("hoofbeat-desktop", &[]), &desktop.logs());
    let id = desktop.wait_for_window("Hoofbeat");
    for key in ["1", "2", "3", "4", "5", "6"] {
        desktop.wait_for_ticks(3);
        assert!(succeeds(desktop.command("xdotool").args(["windowfocus", &id, "key", key])));
        desktop.wait_for_ticks(4);
        save(desktop, &id, &folder.join(format!("german-{key}.png")), None);
    }
    desktop.close_window(&id);
    program.wait(hoofbeat_product_tests::LIMIT);
}

/// A part of the screen, in pixels.
#[derive(Clone, Copy)]
struct Part {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Part {
    /// Where the windows are that are shown and that `xdotool search` finds by this.
    fn of(desktop: &Desktop, search: &[&str]) -> Vec<Part> {
        let mut command = desktop.command("xdotool");
        command.args(["search", "--onlyvisible"]).args(search).args(["getwindowgeometry", "--shell", "%@"]);
        let output = command.output().expect("xdotool is installed");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let of_one = |lines: &str| {
            let number = |name: &str| {
                lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse::<i32>().ok())
            };
            let (left, top) = (number("X")?, number("Y")?);
            Some(Part { left, top, right: left + number("WIDTH")?, bottom: top + number("HEIGHT")? })
        };
        // Toolkits keep a small window outside of the screen for themselves.
        text.split("WINDOW=").filter_map(of_one).filter(|part| part.left >= 0 && part.top >= 0).collect()
    }

    /// What holds both.
    fn with(self, other: Part) -> Part {
        Part {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// As ImageMagick wants it, with some of what is around; it leaves out what is beyond the screen.
    fn crop(self) -> String {
        let (left, top) = ((self.left - AROUND).max(0), (self.top - AROUND).max(0));
        format!("{}x{}+{left}+{top}", self.right + AROUND - left, self.bottom + AROUND - top)
    }
}

fn save(desktop: &Desktop, window: &str, file: &Path, part: Option<Part>) {
    desktop.picture(window, file);
    if let Some(part) = part {
        assert!(succeeds(desktop.command("mogrify").args(["-crop", &part.crop(), "+repage"]).arg(file)), "no crop");
    }
    println!("{}", file.display());
}
