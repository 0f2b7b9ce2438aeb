//! The item as panels see it: icon, tooltip, menu.
//!
//! The menu always has the same rows, and only their words change, and which of them are seen: a panel rebuilds a menu
//! whose rows come and go, which closes it under the person's hand. Deliberately not here: when it changes.

use hoofbeat_core::autostart::{self, Entry, Start};
use hoofbeat_core::engine::{Command, Handle};
use hoofbeat_core::model::UNTIL_RESUMED;
use hoofbeat_core::{say, say_count};
use ksni::menu::{CheckmarkItem, StandardItem};
use ksni::{Category, MenuItem, OfflineReason, Status, ToolTip};

use super::icon::{self, Icon};
use super::missing::Watcher;
use super::snooze::{self, Offer};
use super::view::{LISTED, View};
use crate::time::now;
use crate::window::Window;

/// How long "Pause" pauses.
const PAUSE_SECONDS: i64 = 3600;

/// The tray icon with all that hangs on it.
pub struct Item {
    window: Window,
    engine: Handle,
    watcher: Watcher,
    view: View,
    /// Drawn once per state: panels ask for the pixels many times.
    pixels: Vec<ksni::Icon>,
}

impl Item {
    /// An item that shows nothing yet.
    pub fn new(window: Window, engine: Handle, watcher: Watcher) -> Item {
        let view = View::default();
        let pixels = pixels(view.icon);
        Item { window, engine, watcher, view, pixels }
    }

    /// Changes what is shown.
    pub fn show(&mut self, view: View) {
        if view.icon != self.view.icon {
            self.pixels = pixels(view.icon);
        }
        self.view = view;
    }

    fn snooze(&self) {
        self.carry_out(self.view.snooze.clone());
    }

    fn carry_out(&self, offer: Offer) {
        offer.start(self.window.folder.clone());
    }

    fn open(&self) {
        note(self.window.open(ksni::current_xdg_activation_token().as_deref()));
    }

    fn toggle(&self) {
        note(self.window.toggle(ksni::current_xdg_activation_token().as_deref()));
    }
}

/// Starts with the session from now on, or does not any more.
fn set_at_login(item: &mut Item) {
    let Some(file) = autostart::file() else { return };
    let start = Start::of_this(&item.window.folder);
    let wanted = !Entry::read(&file).is_on();
    if let Err(problem) = autostart::set(&file, wanted.then_some(&start)) {
        log::warn!("starting at login is not changed: {problem}");
    }
}

fn note(opened: Result<(), String>) {
    if let Err(problem) = opened {
        log::warn!("the window does not open: {problem}");
    }
}

/// A row that can be chosen.
fn row(label: &str, activate: fn(&mut Item)) -> MenuItem<Item> {
    MenuItem::Standard(StandardItem { label: label.into(), activate: Box::new(activate), ..StandardItem::default() })
}

/// A row that can be chosen, while there is something to choose.
fn row_if(label: Option<&str>, activate: impl Fn(&mut Item) + Send + 'static) -> MenuItem<Item> {
    MenuItem::Standard(StandardItem {
        label: plain(label.unwrap_or_default()),
        visible: label.is_some(),
        activate: Box::new(activate),
        ..StandardItem::default()
    })
}

/// A row that tells something, while there is something to tell.
fn told_if(line: Option<&str>) -> MenuItem<Item> {
    let (label, visible) = (plain(line.unwrap_or_default()), line.is_some());
    MenuItem::Standard(StandardItem { label, visible, enabled: false, ..StandardItem::default() })
}

/// A row that tells of a snooze and undoes it.
fn undo(snooze: Option<&(String, Offer)>) -> MenuItem<Item> {
    let offer = snooze.map_or(Offer::Nothing, |(_, offer)| offer.clone());
    row_if(snooze.map(|(line, _)| &**line), move |item| item.carry_out(offer.clone()))
}

/// A single underscore would mark the key that follows it.
fn plain(line: &str) -> String {
    line.replace('_', "__")
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

    /// The middle button snoozes what is loud; where nothing is, it undoes what silences it.
    fn secondary_activate(&mut self, _x: i32, _y: i32) {
        self.snooze();
    }

    fn watcher_online(&self) {
        self.watcher.comes();
    }

    fn watcher_offline(&self, _reason: OfflineReason) -> bool {
        self.watcher.goes();
        // Panels start late and are restarted.
        true
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let pause = if self.view.paused {
            row(say!("Resume recording"), |item| item.engine.send(Command::Resume))
        } else {
            row(say!("Pause for 1 hour"), |item| {
                let until = now() + PAUSE_SECONDS;
                item.engine.send(Command::Pause { until });
            })
        };
        // Greyed where there is nothing to snooze, so that it is found where it always is.
        let snooze = MenuItem::Standard(StandardItem {
            label: say!("Snooze alerts for 1 h").into(),
            enabled: matches!(self.view.snooze, Offer::Snooze(_)),
            activate: Box::new(|item: &mut Item| item.snooze()),
            ..StandardItem::default()
        });
        let entry = autostart::file().map(|file| Entry::read(&file));
        let mut rows = vec![told_if(Some(&self.view.sentence))];
        let gpus = &self.view.gpus;
        rows.extend((0..LISTED).map(|at| told_if(gpus.get(at).map(String::as_str))));
        let more = self.view.more_gpus;
        let more_gpus =
            (more > 0).then(|| say_count!(more, "and {count} more GPU", "and {count} more GPUs", count = more));
        rows.push(row_if(more_gpus.as_deref(), |item| item.open()));
        rows.extend([MenuItem::Separator, row(say!("Open Hoofbeat"), |item| item.open())]);
        rows.push(row_if(self.view.away.as_deref(), |item| item.open()));
        rows.push(snooze);
        let snoozed = &self.view.snoozed;
        rows.extend((0..snooze::LISTED).map(|at| undo(snoozed.rows.get(at))));
        let more = (snoozed.more > 0).then(|| say!("and {count} more snoozes, in the window", count = snoozed.more));
        rows.push(told_if(more.as_deref()));
        let lasting = (!self.view.paused).then(|| say!("Pause until I resume it"));
        rows.extend([
            pause,
            row_if(lasting, |item| item.engine.send(Command::Pause { until: UNTIL_RESUMED })),
            MenuItem::Separator,
            MenuItem::Checkmark(CheckmarkItem {
                label: say!("Start at login").into(),
                enabled: entry.is_some(),
                checked: entry.is_some_and(|entry| entry.is_on()),
                activate: Box::new(set_at_login),
                ..CheckmarkItem::default()
            }),
            row(say!("Quit"), |item| item.engine.send(Command::Stop)),
        ]);
        rows
    }
}
