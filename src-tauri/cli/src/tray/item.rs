//! The item as panels see it: icon, tooltip, menu.
//!
//! The menu has the same rows as long as the machine has the same GPUs, and only their words change: a panel rebuilds a menu whose rows change, which
//! closes it under the person's hand. Deliberately not here: when it changes.

use hoofbeat_core::engine::{Command, Handle};
use ksni::menu::{CheckmarkItem, StandardItem};
use ksni::{Category, MenuItem, Status, ToolTip};

use super::icon::{self, Icon};
use super::login::{self, Start};
use super::snooze::Offer;
use super::view::View;
use crate::window::{Window, absolute};

/// How long "Pause" pauses.
const PAUSE_SECONDS: i64 = 3600;

/// The tray icon with all that hangs on it.
pub struct Item {
    window: Window,
    engine: Handle,
    view: View,
    /// Drawn once per state: panels ask for the pixels many times.
    pixels: Vec<ksni::Icon>,
}

impl Item {
    /// An item that shows nothing yet.
    pub fn new(window: Window, engine: Handle) -> Item {
        let view = View::default();
        let pixels = pixels(view.icon);
        Item { window, engine, view, pixels }
    }

    /// Changes what is shown.
    pub fn show(&mut self, view: View) {
        if view.icon != self.view.icon {
            self.pixels = pixels(view.icon);
        }
        self.view = view;
    }

    fn snooze(&self) {
        self.view.snooze.clone().start(self.window.folder.clone());
    }

    fn open(&self) {
        say(self.window.open(ksni::current_xdg_activation_token().as_deref()));
    }

    fn toggle(&self) {
        say(self.window.toggle(ksni::current_xdg_activation_token().as_deref()));
    }
}

/// Starts with the session from now on, or does not any more.
fn set_at_login(item: &mut Item) {
    let Some(entry) = login::entry() else { return };
    let program = std::env::current_exe().unwrap_or_else(|_| "hoofbeat".into());
    let recording = absolute(&item.window.folder);
    let config = std::env::var_os("HOOFBEAT_CONFIG").map(|file| absolute(file.as_ref()));
    let start = Start { program: &program, recording: &recording, config };
    let wanted = !login::is_on(&entry);
    if let Err(problem) = login::set(&entry, wanted.then_some(&start)) {
        log::warn!("starting at login is not changed: {problem}");
    }
}

fn say(opened: Result<(), String>) {
    if let Err(problem) = opened {
        log::warn!("the window does not open: {problem}");
    }
}

/// A row that can be chosen.
fn row(label: &str, activate: fn(&mut Item)) -> MenuItem<Item> {
    MenuItem::Standard(StandardItem { label: label.into(), activate: Box::new(activate), ..StandardItem::default() })
}

/// A row that only tells something.
fn told(line: &str) -> MenuItem<Item> {
    // A single underscore would mark the key that follows it.
    MenuItem::Standard(StandardItem { label: line.replace('_', "__"), enabled: false, ..StandardItem::default() })
}

fn pixels(icon: Icon) -> Vec<ksni::Icon> {
    icon::SIZES
        .iter()
        .map(|size| ksni::Icon { width: *size as i32, height: *size as i32, data: icon::draw(icon, *size).argb() })
        .collect()
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "hoofbeat".into()
    }

    fn title(&self) -> String {
        "Hoofbeat".into()
    }

    fn category(&self) -> Category {
        Category::Hardware
    }

    fn status(&self) -> Status {
        if self.view.icon == Icon::Alert { Status::NeedsAttention } else { Status::Active }
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.pixels.clone()
    }

    fn attention_icon_pixmap(&self) -> Vec<ksni::Icon> {
        // Some panels show this one while attention is needed, others stay with the one above: both are right.
        if self.view.icon == Icon::Alert { self.pixels.clone() } else { Vec::new() }
    }

    fn tool_tip(&self) -> ToolTip {
        // The description may be read as markup.
        let description = hoofbeat_core::untrusted::Untrusted::from(self.view.sentence.as_str()).html();
        ToolTip { title: "Hoofbeat".into(), description, ..ToolTip::default() }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.toggle();
    }

    /// The middle button does what the row about alerts does.
    fn secondary_activate(&mut self, _x: i32, _y: i32) {
        self.snooze();
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let pause = if self.view.paused {
            row("Resume recording", |item| item.engine.send(Command::Resume))
        } else {
            row("Pause for 1 hour", |item| {
                let until = jiff::Timestamp::now().as_second() + PAUSE_SECONDS;
                item.engine.send(Command::Pause { until });
            })
        };
        // The row stays where there is nothing to snooze, greyed: its coming and going would rebuild the menu.
        let snooze = MenuItem::Standard(StandardItem {
            label: self.view.snooze.label(),
            enabled: self.view.snooze != Offer::Nothing,
            activate: Box::new(|item: &mut Item| item.snooze()),
            ..StandardItem::default()
        });
        let entry = login::entry();
        let mut rows = vec![told(&self.view.sentence)];
        rows.extend(self.view.gpus.iter().map(|line| told(line)));
        rows.extend([
            MenuItem::Separator,
            row("Open Hoofbeat", |item| item.open()),
            snooze,
            pause,
            MenuItem::Separator,
            MenuItem::Checkmark(CheckmarkItem {
                label: "Start at login".into(),
                enabled: entry.is_some(),
                checked: entry.is_some_and(|entry| login::is_on(&entry)),
                activate: Box::new(set_at_login),
                ..CheckmarkItem::default()
            }),
            row("Quit", |item| item.engine.send(Command::Stop)),
        ]);
        rows
    }
}
