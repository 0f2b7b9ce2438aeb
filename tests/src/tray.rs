//! A tray icon, seen and used over D-Bus the way a panel does.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use zbus::blocking::MessageIterator;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Structure, Value};

use crate::bus::Bus;

const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// One pixmap of an icon: width, height, ARGB bytes.
pub type Pixmap = (i32, i32, Vec<u8>);

/// A tray icon that is registered with the panel.
#[derive(Debug)]
pub struct Item {
    bus: Bus,
    destination: String,
    path: String,
}

/// One row of its menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The menu's own number for it.
    pub id: i32,
    /// What it says; empty for a line between rows.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
}

/// How often a signal was heard.
#[derive(Debug)]
pub struct Count(Arc<AtomicUsize>);

impl Count {
    /// So far.
    pub fn so_far(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Item {
    /// The icons that the panel knows.
    ///
    /// # Errors
    /// There is no tray.
    pub fn registered(bus: &Bus) -> Result<Vec<Item>> {
        const WATCHER: (&str, &str) = ("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher");
        let names: Vec<String> =
            bus.property(WATCHER, "org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems")?;
        let parts = |name: String| match name.split_once('/') {
            Some((destination, path)) => (destination.to_string(), format!("/{path}")),
            None => (name, "/StatusNotifierItem".to_string()),
        };
        let items = names.into_iter().map(parts);
        Ok(items.map(|(destination, path)| Item { bus: bus.clone(), destination, path }).collect())
    }

    /// Hoofbeat's icon, if it is there.
    pub fn of_hoofbeat(bus: &Bus) -> Option<Item> {
        let is_ours = |item: &Item| item.text("Id").is_ok_and(|id| id.to_lowercase().contains("hoofbeat"));
        Item::registered(bus).ok()?.into_iter().find(is_ours)
    }

    /// A property that is text.
    ///
    /// # Errors
    /// The icon has none of that name.
    pub fn text(&self, property: &str) -> Result<String> {
        self.bus.property(self.at(), ITEM, property)
    }

    /// The icon's pictures, in each size that it offers.
    ///
    /// # Errors
    /// It offers none.
    pub fn pixmaps(&self) -> Result<Vec<Pixmap>> {
        let body = (ITEM, "IconPixmap");
        let value: OwnedValue = self.bus.call(self.at(), "org.freedesktop.DBus.Properties", "Get", &body)?;
        let Value::Array(pictures) = &*value else { anyhow::bail!("IconPixmap is no list") };
        pictures.iter().map(|picture| Ok(Pixmap::try_from(Structure::try_from(picture.try_clone()?)?)?)).collect()
    }

    /// Title and text of the tooltip.
    ///
    /// # Errors
    /// It has none.
    pub fn tooltip(&self) -> Result<(String, String)> {
        let body = (ITEM, "ToolTip");
        let value: OwnedValue = self.bus.call(self.at(), "org.freedesktop.DBus.Properties", "Get", &body)?;
        let fields = Structure::try_from(value)?;
        // Icon name, icon pixmaps, title, text.
        let [_, _, title, text] = fields.fields() else { anyhow::bail!("a tooltip has four parts") };
        Ok((<&str>::try_from(title)?.to_string(), <&str>::try_from(text)?.to_string()))
    }

    /// A left click.
    ///
    /// # Errors
    /// The icon refuses.
    pub fn activate(&self) -> Result<()> {
        self.bus.call(self.at(), ITEM, "Activate", &(0_i32, 0_i32))
    }

    /// A click of the middle button.
    ///
    /// # Errors
    /// The icon refuses.
    pub fn activate_secondary(&self) -> Result<()> {
        self.bus.call(self.at(), ITEM, "SecondaryActivate", &(0_i32, 0_i32))
    }

    /// Counts a signal of the icon from now on, until the bus is gone.
    ///
    /// # Errors
    /// The bus refuses.
    pub fn count(&self, signal: &'static str) -> Result<Count> {
        let rule = zbus::MatchRule::builder().msg_type(zbus::message::Type::Signal);
        let rule = rule.sender(self.destination.as_str())?.interface(ITEM)?.member(signal)?.build();
        let signals = MessageIterator::for_match_rule(rule, &self.bus.0, None)?;
        let count = Count(Arc::default());
        let counted = count.0.clone();
        std::thread::spawn(move || {
            for _ in signals.flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(count)
    }

    /// The rows of the menu, those of submenus included.
    ///
    /// # Errors
    /// It has none.
    pub fn menu(&self) -> Result<Vec<Row>> {
        type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);
        fn collect((id, properties, children): Layout, rows: &mut Vec<Row>) -> Result<()> {
            let property = |name: &str| properties.get(name).map(|value| &**value);
            let label = match property("label") {
                // An underscore marks the access key.
                Some(Value::Str(label)) => label.replace('_', ""),
                _ => String::new(),
            };
            let enabled = !matches!(property("enabled"), Some(Value::Bool(false)));
            if id != 0 && !matches!(property("visible"), Some(Value::Bool(false))) {
                rows.push(Row { id, label, enabled });
            }
            for child in children {
                collect(Layout::try_from(Structure::try_from(child)?)?, rows)?;
            }
            Ok(())
        }
        let path = self.menu_path()?;
        let body = (0_i32, -1_i32, Vec::<String>::new());
        let (_, layout): (u32, Layout) = self.bus.call((&self.destination, path.as_str()), MENU, "GetLayout", &body)?;
        let mut rows = Vec::new();
        collect(layout, &mut rows)?;
        Ok(rows)
    }

    /// Chooses the first row whose label starts with `label`.
    ///
    /// # Errors
    /// There is none that can be chosen.
    pub fn choose(&self, label: &str) -> Result<()> {
        let rows = self.menu()?;
        let row = rows.iter().find(|row| row.enabled && row.label.starts_with(label));
        let row = row.with_context(|| format!("no row {label} among {rows:?}"))?;
        let path = self.menu_path()?;
        let body = (row.id, "clicked", Value::from(0_i32), 0_u32);
        self.bus.call((&self.destination, path.as_str()), MENU, "Event", &body)
    }

    fn menu_path(&self) -> Result<OwnedObjectPath> {
        self.bus.property(self.at(), ITEM, "Menu")
    }

    fn at(&self) -> (&str, &str) {
        (&self.destination, &self.path)
    }
}
