//! `hoofbeat config`: where the config file is, whether it is valid, and what can stand in it.

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::config::{
    Address, Channels, CommandChannel, Config, ConfigError, EditError, SecretFile, Tariff, WebhookChannel,
};
use hoofbeat_core::language::Language;
use hoofbeat_core::model::notify::Notify;
use hoofbeat_core::model::rule::{NoData, Rule, Side, Threshold, Watched, When};
use hoofbeat_core::model::{Keep, UseRules};
use hoofbeat_core::paths;
use serde_json::{Value, json};

use crate::args::{self, ConfigCommand, Global};
use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Shows, checks or explains the config file.
pub fn run(global: &Global, options: &args::Config, output: &mut Output) -> Outcome {
    let path = paths::config_file()?;
    match options.command.as_ref().unwrap_or(&ConfigCommand::Check) {
        ConfigCommand::Path if output.json => {
            output.json(&json!({ "schema": SCHEMA, "path": path, "exists": path.exists() }))?;
        }
        ConfigCommand::Path => output.line(path.display().to_string())?,
        ConfigCommand::Example if output.json => {
            output.json(&json!({ "schema": SCHEMA, "text": Config::example() }))?;
        }
        ConfigCommand::Example => output.raw(Config::example().as_bytes())?,
        ConfigCommand::Show if output.json => {
            let exists = path.exists();
            let config = Config::in_force(&path).map_err(refused)?;
            let (settings, rules) = (settings(&config), rules(&config));
            let expectations: Vec<Value> = config.expectations.iter().map(super::expect::in_json).collect();
            output.json(&json!({
                "schema": SCHEMA, "path": path, "exists": exists, "settings": settings, "rules": rules,
                "expectations": expectations,
            }))?;
        }
        ConfigCommand::Show => match std::fs::read(&path) {
            Ok(bytes) => output.raw(&bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                output.line(format!("# {} does not exist yet; the defaults are in force.", path.display()))?;
                output.raw(Config::example().as_bytes())?;
            }
            Err(error) => return Err(Failure::Failed(format!("{}: {error}", path.display()))),
        },
        ConfigCommand::Set { setting, value } => set(&path, setting, value, output)?,
        ConfigCommand::Check => check(global, &path, output)?,
    }
    Ok(())
}

fn set(path: &std::path::Path, setting: &str, value: &str, output: &mut Output) -> Outcome {
    let Some((section, key)) = setting.rsplit_once('.') else {
        return Err(Failure::Usage(format!("{setting:?} is not a setting; write its section and name: notify.quiet")));
    };
    Config::set(path, section, key, value).map_err(|error| match error {
        EditError::Io(sentence) => Failure::Failed(sentence),
        error => Failure::Usage(error.to_string()),
    })?;
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "set": setting, "path": path }))?);
    }
    Ok(output.line(format!("{setting} is set in {}.", path.display()))?)
}

fn check(global: &Global, path: &std::path::Path, output: &mut Output) -> Outcome {
    if !path.exists() {
        if output.json {
            let answer = json!({ "schema": SCHEMA, "path": path, "exists": false, "valid": true, "problem": null,
                                 "warnings": [] });
            return Ok(output.json(&answer)?);
        }
        return Ok(output.line(format!("{} does not exist yet; the defaults are in force.", path.display()))?);
    }
    let (problem, warnings) = match Config::load(path) {
        Ok(config) => {
            let folder = super::folder(global).ok();
            (None, folder.map(|folder| super::unmatched::warnings(&folder, &config)).unwrap_or_default())
        }
        Err(error) => (Some(error.to_string()), Vec::new()),
    };
    if output.json {
        let valid = problem.is_none();
        output.json(&json!({
            "schema": SCHEMA, "path": path, "exists": true, "valid": valid, "problem": problem, "warnings": warnings,
        }))?;
        return if valid { Ok(()) } else { Err(Failure::Reported) };
    }
    if let Some(problem) = problem {
        return Err(Failure::Failed(problem));
    }
    output.line(format!("{} is valid.", path.display()))?;
    for warning in warnings {
        output.line(format!("Warning: {warning}."))?;
    }
    Ok(())
}

fn refused(error: ConfigError) -> Failure {
    Failure::Failed(error.to_string())
}

/// What holds, under the names that the file has for it; times in seconds, sizes in bytes.
fn settings(config: &Config) -> Value {
    // Taken apart without a rest, so that a new setting is not forgotten here.
    let Config {
        tick,
        tick_on_battery,
        keep,
        notify,
        channels,
        icon,
        language,
        tariff,
        sessions,
        rules: _,
        off: _,
        expectations: _,
        learning,
    } = config;
    let Channels { command, webhook } = channels;
    let CommandChannel { run, timeout, severity } = command;
    let command = json!({ "run": run, "timeout": timeout.as_secs(), "severity": severity });
    let WebhookChannel { url, severity, format, secret_file, insecure } = webhook;
    let webhook = json!({
        // What stands behind the server's name may be a secret, and this is what people show when they ask for help.
        "url": url.as_ref().map_or("", Address::server),
        "severity": severity, "format": format.word(), "secret_file": secret_file.as_ref().map_or("", SecretFile::as_str),
        "insecure": insecure,
    });
    let Notify { enabled, quiet, burst, window, max_per_hour } = notify;
    let UseRules { bridge, share, vram, hold } = sessions;
    let Tariff { price, currency } = tariff;
    let Keep { raw, minutes, hours, usage, cap } = keep;
    json!({
        "recording": { "tick": tick.as_secs(), "tick_on_battery": tick_on_battery.as_secs() },
        "keep": {
            "raw": raw.as_secs(), "minutes": minutes.as_secs(), "hours": hours.as_secs(), "usage": usage.as_secs(),
            "cap": cap,
        },
        "notify": {
            "enabled": enabled, "quiet": quiet.map_or(String::new(), |hours| hours.words()), "burst": burst, "window": window.as_secs(),
            "max_per_hour": max_per_hour, "command": command, "webhook": webhook,
        },
        "baseline": { "report": learning.report, "learn": learning.learn.as_secs() },
        "tray": { "icon": icon.word() },
        "text": { "language": language.map_or("auto", Language::code) },
        "energy": { "price": price, "currency": currency },
        "sessions": { "share": share, "vram": vram, "for": hold.as_secs(), "bridge": bridge.as_secs() },
    })
}

/// The rules that hold, in the order of the file.
fn rules(config: &Config) -> Vec<Value> {
    let threshold = |threshold: Threshold| {
        let side = match threshold.side {
            Side::Above => ">",
            Side::Below => "<",
        };
        json!({ "side": side, "limit": threshold.limit })
    };
    let rule = |rule: &Rule| {
        // Taken apart without a rest, so that a new key is not forgotten here.
        let Rule {
            id,
            watched,
            source,
            window,
            fire,
            clear,
            when,
            hours,
            without,
            hold,
            keep,
            repeat,
            no_data,
            inhibit_by,
            text,
            severity,
        } = rule;
        let when = when.as_ref().map(|when| match when {
            When::Away => json!("away"),
            When::Metric(metric, past) => json!({ "metric": metric.key(), "past": threshold(*past) }),
        });
        let no_data = NoData::WORDS.iter().find(|(policy, _)| policy == no_data).map(|(_, word)| *word);
        let mut all = json!({
            "id": id, "source": source, "fire": threshold(*fire), "clear": threshold(*clear), "when": when,
            "hours": hours.map(|hours| hours.words()), "without": without.map(|metric| metric.key()),
            "for": hold.as_secs(), "keep": keep.as_secs(), "repeat": repeat.map(|every| every.as_secs()),
            "nodata": no_data, "inhibit_by": inhibit_by, "text": text, "severity": severity,
            "agg": window.map(|window| json!({ "how": window.aggregate.word(), "over": window.over.as_secs() })),
            "unit": rule.metric().map(|metric| metric.definition().unit.symbol()),
        });
        match watched {
            Watched::Metric { metric, of } => {
                all["metric"] = json!(metric.key());
                all["of"] = json!(of.map(|of| of.key()));
            }
            Watched::Event { kind, what } => {
                all["event"] = json!(kind);
                all["what"] = json!(what);
            }
            Watched::Health(health) => all["health"] = json!(health.word()),
            Watched::Verdict(word) => all["verdict"] = json!(word),
        }
        all
    };
    config.rules.iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::config::SETTINGS;

    use super::*;

    #[test]
    fn every_setting_of_the_file_is_told_under_its_name() {
        let told = settings(&Config::default());
        for setting in SETTINGS {
            let section = setting.section.split('.').fold(&told, |all, name| &all[name]);
            assert!(!section[setting.key].is_null(), "[{}] {}: {told}", setting.section, setting.key);
        }
        fn leaves(value: &Value) -> usize {
            value.as_object().map_or(1, |inner| inner.values().map(leaves).sum())
        }
        let count = leaves(&told);
        assert_eq!(count, SETTINGS.len());
    }
}
