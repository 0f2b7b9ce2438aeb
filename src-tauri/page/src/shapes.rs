//! The shapes of what a page asks and hears: its own copy of them, in TypeScript, is made here and kept as they are.
//! Deliberately not here: the shapes of answers that are core's own.

use std::path::{Path, PathBuf};

use ts_rs::{Config, TS};

/// Rewrites the page's copy of a shape where it is stale, and says whether it was.
fn rewrite_stale<T: TS + 'static>(stale: &mut Vec<PathBuf>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/types/generated");
    let file = folder.join(T::output_path().unwrap());
    let text = T::export_to_string(&Config::default()).unwrap();
    if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&file, text).unwrap();
        stale.push(file);
    }
}

#[test]
fn the_page_knows_these_shapes() {
    let mut stale = Vec::new();
    rewrite_stale::<crate::News>(&mut stale);
    rewrite_stale::<crate::question::Question>(&mut stale);
    rewrite_stale::<crate::ending::Ending>(&mut stale);
    rewrite_stale::<crate::ending::Doubt>(&mut stale);
    rewrite_stale::<crate::AwayInfo>(&mut stale);
    rewrite_stale::<crate::AlertNow>(&mut stale);
    rewrite_stale::<crate::SnoozeInfo>(&mut stale);
    rewrite_stale::<crate::rules::Rules>(&mut stale);
    rewrite_stale::<crate::rules::RuleInfo>(&mut stale);
    rewrite_stale::<crate::rules::Compared>(&mut stale);
    rewrite_stale::<crate::rules::RuleDraft>(&mut stale);
    rewrite_stale::<crate::rules::DraftInfo>(&mut stale);
    rewrite_stale::<crate::rules::FieldProblem>(&mut stale);
    rewrite_stale::<crate::rules::Rehearsed>(&mut stale);
    rewrite_stale::<crate::rules::Told>(&mut stale);
    rewrite_stale::<crate::config::ConfigTrouble>(&mut stale);
    rewrite_stale::<crate::config::InForce>(&mut stale);
    rewrite_stale::<crate::expected::Expected>(&mut stale);
    rewrite_stale::<crate::expected::DeclaredInfo>(&mut stale);
    rewrite_stale::<crate::expected::ExpectKey>(&mut stale);
    rewrite_stale::<crate::expected::ExpectProblem>(&mut stale);
    rewrite_stale::<crate::expected::Habits>(&mut stale);
    rewrite_stale::<crate::expected::HabitInfo>(&mut stale);
    rewrite_stale::<crate::expected::ForecastInfo>(&mut stale);
    rewrite_stale::<crate::settings::Settings>(&mut stale);
    rewrite_stale::<crate::settings::SettingInfo>(&mut stale);
    rewrite_stale::<crate::settings::SettingForm>(&mut stale);
    rewrite_stale::<crate::settings::DataInfo>(&mut stale);
    rewrite_stale::<crate::settings::AboutInfo>(&mut stale);
    rewrite_stale::<crate::settings::ChannelInfo>(&mut stale);
    rewrite_stale::<crate::Failure>(&mut stale);
    rewrite_stale::<crate::Code>(&mut stale);
    assert!(
        stale.is_empty(),
        "these files were stale and are rewritten; look at the difference and commit it: {stale:?}"
    );
}
