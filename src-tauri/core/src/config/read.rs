//! From TOML to [`Config`], by the table of settings.
//!
//! Deliberately not here: rules and expectations (`rule`, `expect`).

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::channels::{self, Channels};
use super::limits::{age, cap, count, currency, icon, language, learn, pause, price, quiet, share, tick, vram, window};
use super::rule::severity;
use super::typed::{Located, boolean, string};
use super::values::Problem;
use super::{Config, ConfigError, Tariff};
use crate::metrics::nearest;
use crate::model::baseline::Learning;
use crate::model::notify::Notify;
use crate::model::tray::IconStyle;
use crate::model::{Keep, UseRules};
use crate::say;

/// One line of [`SETTINGS`].
pub struct Setting {
    /// The table of the file that it stands in.
    pub section: &'static str,
    /// Its name there.
    pub key: &'static str,
    /// What holds where it is not set, as it would be written in the file.
    pub default: &'static str,
    /// What it means, for the example file and the docs.
    pub doc: &'static str,
    /// How it is typed.
    pub form: Form,
    set: fn(&mut Config, &DeValue<'_>) -> Result<(), Problem>,
}

/// How the value of a setting is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As words, without quotes.
    Text,
    /// As a number.
    Number,
    /// As `true` or `false`.
    Switch,
    /// As a list of words, with brackets and quotes.
    List,
    /// As one of these words.
    OneOf(&'static [&'static str]),
    /// As a web address, of which only the server is shown once it stands in the file.
    Address,
}

impl Setting {
    /// Sets it to a value as it stands in a file.
    pub(super) fn put(&self, config: &mut Config, value: &str) -> Result<(), Problem> {
        let parsed = DeValue::parse(value).map_err(|error| Problem::new(message(&error), say!("write one value")))?;
        (self.set)(config, parsed.get_ref())
    }
}

/// Every setting, in the order of the example file; those of one section stand together.
pub const SETTINGS: &[Setting] = &[
    Setting {
        section: "recording",
        key: "tick",
        default: "\"1s\"",
        doc: "How often everything is read on mains power: 1s, 2s, 5s, 10s or another divisor of a minute.",
        form: Form::Text,
        set: |config, value| tick(value).map(|set| config.tick = set),
    },
    Setting {
        section: "recording",
        key: "tick_on_battery",
        default: "\"5s\"",
        doc: "How often everything is read on battery.",
        form: Form::Text,
        set: |config, value| tick(value).map(|set| config.tick_on_battery = set),
    },
    Setting {
        section: "keep",
        key: "raw",
        default: "\"30d\"",
        doc: "How long every sample is kept.",
        form: Form::Text,
        set: |config, value| age(value).map(|set| config.keep.raw = set),
    },
    Setting {
        section: "keep",
        key: "minutes",
        default: "\"365d\"",
        doc: "How long minimum, mean and maximum of every minute are kept.",
        form: Form::Text,
        set: |config, value| age(value).map(|set| config.keep.minutes = set),
    },
    Setting {
        section: "keep",
        key: "hours",
        default: "\"5y\"",
        doc: "How long minimum, mean and maximum of every hour are kept, and sessions, episodes and events.",
        form: Form::Text,
        set: |config, value| age(value).map(|set| config.keep.hours = set),
    },
    Setting {
        section: "keep",
        key: "usage",
        default: "\"90d\"",
        doc: "How long it is kept what each program used, by minute; who used a GPU is kept by hour for as long as hours.",
        form: Form::Text,
        set: |config, value| age(value).map(|set| config.keep.usage = set),
    },
    Setting {
        section: "keep",
        key: "cap",
        default: "\"512MiB\"",
        doc: "The most that the database may take on disk; beyond it the oldest samples go first.",
        form: Form::Text,
        set: |config, value| cap(value).map(|set| config.keep.cap = set),
    },
    Setting {
        section: "notify",
        key: "enabled",
        default: "true",
        doc: "Whether alerts are shown as notifications; they are recorded in any case.",
        form: Form::Switch,
        set: |config, value| boolean(value).map(|set| config.notify.enabled = set),
    },
    Setting {
        section: "notify",
        key: "quiet",
        default: "\"\"",
        doc: "Hours, local time, in which only critical alerts are shown; the rest comes as one when they are over: \"22:00-07:00\".",
        form: Form::Text,
        set: |config, value| quiet(value).map(|set| config.notify.quiet = set),
    },
    Setting {
        section: "notify",
        key: "burst",
        default: "3",
        doc: "How many notifications may come within the window below; what is more comes as one at its end.",
        form: Form::Number,
        set: |config, value| count(value, 100).map(|set| config.notify.burst = set),
    },
    Setting {
        section: "notify",
        key: "window",
        default: "\"60s\"",
        doc: "The time that the burst counts in.",
        form: Form::Text,
        set: |config, value| window(value).map(|set| config.notify.window = set),
    },
    Setting {
        section: "notify",
        key: "max_per_hour",
        default: "10",
        doc: "How many may come within an hour, critical ones not counted; what is more comes as one at its end.",
        form: Form::Number,
        set: |config, value| count(value, 1000).map(|set| config.notify.max_per_hour = set),
    },
    Setting {
        section: "notify.command",
        key: "run",
        default: "[]",
        doc: "A program that is run for each alert, which it reads as JSON: [\"/usr/bin/mpv\", \"ping.ogg\"]. No shell is between.",
        form: Form::List,
        set: |config, value| channels::run(value).map(|set| config.channels.command.run = set),
    },
    Setting {
        section: "notify.command",
        key: "timeout",
        default: "\"10s\"",
        doc: "How long it may take before it is ended.",
        form: Form::Text,
        set: |config, value| channels::timeout(value).map(|set| config.channels.command.timeout = set),
    },
    Setting {
        section: "notify.command",
        key: "severity",
        default: "\"warning\"",
        doc: "The least that it is told.",
        form: Form::OneOf(&["info", "warning", "critical"]),
        set: |config, value| string(value).and_then(severity).map(|set| config.channels.command.severity = set),
    },
    Setting {
        section: "notify.webhook",
        key: "url",
        default: "\"\"",
        doc: "A web address that each alert is sent to; with this, names of programs and GPUs leave the machine.",
        form: Form::Address,
        set: |config, value| channels::url(value).map(|set| config.channels.webhook.url = set),
    },
    Setting {
        section: "notify.webhook",
        key: "severity",
        default: "\"warning\"",
        doc: "The least that is sent.",
        form: Form::OneOf(&["info", "warning", "critical"]),
        set: |config, value| string(value).and_then(severity).map(|set| config.channels.webhook.severity = set),
    },
    Setting {
        section: "notify.webhook",
        key: "format",
        default: "\"json\"",
        doc: "What the server understands: \"json\", \"slack\", \"ntfy\" or \"gotify\".",
        form: Form::OneOf(&["json", "slack", "ntfy", "gotify"]),
        set: |config, value| channels::format(value).map(|set| config.channels.webhook.format = set),
    },
    Setting {
        section: "notify.webhook",
        key: "secret_file",
        default: "\"\"",
        doc: "A file that only you may read; what stands in it is sent as a bearer token: \"~/.config/hoofbeat/webhook.secret\".",
        form: Form::Text,
        set: |config, value| channels::secret_file(value).map(|set| config.channels.webhook.secret_file = set),
    },
    Setting {
        section: "notify.webhook",
        key: "insecure",
        default: "false",
        doc: "Whether http:// to another machine is allowed; everybody on the way can then read along.",
        form: Form::Switch,
        set: |config, value| boolean(value).map(|set| config.channels.webhook.insecure = set),
    },
    Setting {
        section: "tray",
        key: "icon",
        default: "\"bar\"",
        doc: "How the icon says how busy the busiest GPU is (without one, the CPU): \"bar\", a tile that fills, or \"digits\", its percent as well, where a panel's icons are 22 pixels or larger.",
        form: Form::OneOf(&["bar", "digits"]),
        set: |config, value| icon(value).map(|set| config.icon = set),
    },
    Setting {
        section: "text",
        key: "language",
        default: "\"auto\"",
        doc: "In which language the tray, notifications and pages speak: \"auto\", that of the desktop or browser, \"en\", English, or \"de\", German. The command line speaks English.",
        form: Form::OneOf(&["auto", "en", "de"]),
        set: |config, value| language(value).map(|set| config.language = set),
    },
    Setting {
        section: "energy",
        key: "price",
        default: "0.0",
        doc: "What a kilowatt-hour costs, for `hoofbeat usage`; with 0 nothing is said of money.",
        form: Form::Number,
        set: |config, value| price(value).map(|set| config.tariff.price = set),
    },
    Setting {
        section: "energy",
        key: "currency",
        default: "\"EUR\"",
        doc: "What that money is called: \"EUR\", \"$\", \"kr\".",
        form: Form::Text,
        set: |config, value| currency(value).map(|set| config.tariff.currency = set),
    },
    Setting {
        section: "sessions",
        key: "share",
        default: "\"10%\"",
        doc: "How much of a GPU's time is use worth a line in `hoofbeat sessions`, on the mean of the time below.",
        form: Form::Text,
        set: |config, value| share(value).map(|set| config.sessions.share = set),
    },
    Setting {
        section: "sessions",
        key: "vram",
        default: "\"256MiB\"",
        doc: "How much of its memory is such use, too, be the GPU idle.",
        form: Form::Text,
        set: |config, value| vram(value).map(|set| config.sessions.vram = set),
    },
    Setting {
        section: "sessions",
        key: "for",
        default: "\"30s\"",
        doc: "How long either must be kept up first; what is shorter is noise.",
        form: Form::Text,
        set: |config, value| string(value).and_then(pause).map(|set| config.sessions.hold = set),
    },
    Setting {
        section: "sessions",
        key: "bridge",
        default: "\"60s\"",
        doc: "How long a pause may be; after a longer one another session begins.",
        form: Form::Text,
        set: |config, value| string(value).and_then(pause).map(|set| config.sessions.bridge = set),
    },
    Setting {
        section: "baseline",
        key: "report",
        default: "true",
        doc: "Whether uses of a GPU that are new, at an odd hour or from a changed file are told; see `hoofbeat expect forecast`.",
        form: Form::Switch,
        set: |config, value| boolean(value).map(|set| config.learning.report = set),
    },
    Setting {
        section: "baseline",
        key: "learn",
        default: "\"14d\"",
        doc: "For how long what is new is only listed, because everything is.",
        form: Form::Text,
        set: |config, value| learn(value).map(|set| config.learning.learn = set),
    },
];

/// The setting of this name.
///
/// # Errors
/// A sentence that names the nearest ones.
pub(super) fn setting(section: &str, key: &str) -> Result<&'static Setting, String> {
    SETTINGS.iter().find(|one| one.section == section && one.key == key).ok_or_else(|| {
        let all: Vec<_> = SETTINGS.iter().map(|one| format!("{}.{}", one.section, one.key)).collect();
        let near = nearest(&format!("{section}.{key}"), all.iter().map(String::as_str)).join(", ");
        say!(
            "there is no setting \"{setting}\"; the nearest are {near}, and `hoofbeat config example` shows all",
            setting = format_args!("{section}.{key}"),
            near
        )
    })
}

pub(super) fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| {
        let problem = Problem::new(
            message(&error),
            say!("check the quotes, brackets and = of this line (text stands in \"quotes\", a comment begins with #)"),
        );
        locate(text, file, (error.span().unwrap_or(0..0), problem))
    })?;
    read(table.get_ref()).map_err(|problem| locate(text, file, problem))
}

fn message(error: &toml::de::Error) -> String {
    error.message().trim_end().replace('\n', ", ")
}

fn locate(text: &str, file: &Path, (span, problem): Located) -> ConfigError {
    let mut at = span.start.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    ConfigError::Invalid {
        file: file.to_path_buf(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        reason: problem.reason,
        remedy: problem.remedy,
    }
}

fn read(root: &DeTable<'_>) -> Result<Config, Located> {
    let mut config = defaults();
    for (name, value) in root {
        let section = name.get_ref().as_ref();
        if section == "rule" {
            let rules = super::rule::all_rules(value.get_ref());
            (config.rules, config.off) =
                rules.map_err(|found| found.unwrap_or_else(|problem| (value.span(), problem)))?;
            continue;
        }
        if section == "expect" {
            let expectations = super::expect::expectations(value.get_ref());
            config.expectations =
                expectations.map_err(|found| found.unwrap_or_else(|problem| (value.span(), problem)))?;
            continue;
        }
        if section.contains('.') || !is_section(section) {
            let mut known: Vec<_> = SETTINGS.iter().map(|setting| format!("[{}]", setting.section)).collect();
            known.dedup();
            let problem = Problem::new(
                say!("there is no section {section}", section = format_args!("{section:?}")),
                say!("the sections are {sections}, [[rule]] and [[expect]]", sections = known.join(", ")),
            );
            return Err((name.span(), problem));
        }
        read_section(&mut config, section, name.span(), value.get_ref())?;
    }
    Ok(config)
}

fn is_section(name: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.section == name)
}

/// Reads one section, and those within it.
fn read_section(config: &mut Config, section: &str, at: Range<usize>, value: &DeValue<'_>) -> Result<(), Located> {
    let DeValue::Table(table) = value else {
        let problem = Problem::new(
            say!("{name} is a section", name = format_args!("{section:?}")),
            say!("write [{section}] on a line of its own", section),
        );
        return Err((at, problem));
    };
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let inner = format!("{section}.{name}");
        let known = || SETTINGS.iter().filter(|setting| setting.section == section);
        if let Some(setting) = known().find(|setting| setting.key == name) {
            (setting.set)(config, value.get_ref()).map_err(|problem| (value.span(), problem))?;
        } else if is_section(&inner) {
            read_section(config, &inner, key.span(), value.get_ref())?;
        } else {
            let within = SETTINGS.iter().filter_map(|setting| setting.section.strip_prefix(section)?.strip_prefix('.'));
            let mut names: Vec<_> = known().map(|setting| setting.key).chain(within).collect();
            names.dedup();
            let problem = Problem::new(
                say!("[{section}] has no setting {name}", section, name = format_args!("{name:?}")),
                say!("it has {names}", names = names.join(", ")),
            );
            return Err((key.span(), problem));
        }
    }
    if section == "notify.webhook" {
        channels::check(&config.channels.webhook, table)?;
    }
    Ok(())
}

/// Every setting's default, and the built-in rules.
pub(super) fn defaults() -> Config {
    let mut config = Config {
        tick: Duration::ZERO,
        tick_on_battery: Duration::ZERO,
        keep: Keep::default(),
        channels: Channels::default(),
        notify: Notify::default(),
        icon: IconStyle::default(),
        language: None,
        tariff: Tariff::default(),
        sessions: UseRules::default(),
        rules: super::rule::rules(None).expect("the built-in rules are valid: a test reads them").0,
        off: Vec::new(),
        expectations: Vec::new(),
        learning: Learning { report: false, learn: Duration::ZERO },
    };
    for setting in SETTINGS {
        setting.put(&mut config, setting.default).expect("every default is valid: a test reads them all");
    }
    config
}
