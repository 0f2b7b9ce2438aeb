//! The machines that come with the stand-in, by name.

use toml::{Table, Value};

macro_rules! profiles {
    ($($name:literal,)*) => {
        pub const PROFILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../profiles/", $name, ".toml"))),)*];
    };
}

profiles! { "geforce-rtx-2080-super", "geforce-rtx-4090", "laptop-rtx-3060", "h100", "h100-mig", "h200", }

/// A profile's whole table.
pub fn load(name: &str) -> Result<Table, String> {
    let Some((_, text)) = PROFILES.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = PROFILES.iter().map(|(name, _)| *name).collect();
        return Err(format!("no profile is called {name:?}; there are {}", known.join(", ")));
    };
    text.parse().map_err(|error| format!("profile {name:?}: {error}"))
}

/// The device of a profile.
pub fn first_device(mut profile: Table) -> Option<Table> {
    match profile.remove("device") {
        Some(Value::Array(devices)) => devices.into_iter().find_map(|device| match device {
            Value::Table(table) => Some(table),
            _ => None,
        }),
        _ => None,
    }
}
