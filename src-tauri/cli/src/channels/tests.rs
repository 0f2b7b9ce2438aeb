//! What is told, in which shape; how much waits; and real programs that are run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;

use hoofbeat_core::alerts::dispatch::{Over, Wait};
use hoofbeat_core::alerts::{Detail, Ending, NoticePhase, Who};
use hoofbeat_core::config::{CommandChannel, Config};
use hoofbeat_core::engine::DigestItem;
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::model::{Source, SourceKind};
use hoofbeat_core::untrusted::Untrusted;

use super::line::Outcome;
use super::queue::{Queue, Waiting};
use super::*;

const HOSTILE: &[u8] = b"evil\n\x1b[31m</b><img src=x> <!channel> @all \xff\xe2\x80\xaegnp.exe";

fn notice(rule: &str, phase: NoticePhase, label: &[u8]) -> Notice {
    let rules = Config::parse(&format!("[[rule]]\nid = \"test\"\n{rule}"), Path::new("x")).unwrap().rules;
    Notice {
        rule: Arc::new(rules.into_iter().find(|rule| rule.id == "test").unwrap()),
        source: Arc::new(Source {
            label: Untrusted::new(label),
            ..Source::clone(&Source::whole(SourceKind::Gpu, "gpu:1", ""))
        }),
        who: None,
        value: Some(96.5),
        phase,
        since: 1_795_262_400,
        detail: Detail::default(),
        text: None,
        because: None,
        flutters: None,
        notify: true,
    }
}

fn message() -> Message {
    Message::of(&notice("metric = \"gpu.temperature\"\nfire = \"> 90\"", NoticePhase::Fired, b"RTX"), 1_795_262_460)
}

#[test]
fn each_alert_has_one_shape_and_each_server_its_own() {
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let hot = "metric = \"gpu.temperature\"\nfire = \"> 90\"\nseverity = \"critical\"";
    let peak = Some(99.0);
    let over = NoticePhase::Cleared { ending: Ending::Read, lasted: minutes(7), peak };
    let who = Some(Who { key: "k".into(), name: Untrusted::new(HOSTILE) });
    let used = notice("event = \"unexpected_use\"\nseverity = \"info\"", NoticePhase::Fired, b"RTX");
    let notices = [
        notice(hot, NoticePhase::Fired, b"RTX 4090"),
        notice(hot, NoticePhase::Again { lasted: minutes(240) }, HOSTILE),
        notice(hot, over, b"RTX 4090"),
        notice(
            "metric = \"gpu.memory.used\"\nof = \"gpu.memory.total\"\nfire = \"> 95 %\"",
            NoticePhase::Fired,
            b"RTX",
        ),
        Notice { who, value: Some(1.0), ..used },
        Notice { value: None, ..notice("health = \"lost\"", NoticePhase::Fired, b"RTX") },
    ];
    let item = |severity, title, over| DigestItem {
        rule: "gpu-hot".into(),
        severity,
        source: "gpu:1".into(),
        title: Untrusted::new(title),
        since: 1_795_262_400,
        over,
    };
    let over = Some(Over { times: 3, seconds: Some(1260) });
    let items = vec![item(Severity::Critical, &b"RTX at 96"[..], None), item(Severity::Info, HOSTILE, over)];
    let (ts, window) = (1_795_262_460, minutes(1));
    let digest = Message::of_digest(&Digest { ts, wait: Wait::Burst, window, items, more: 2 });
    let messages = notices.iter().map(|notice| Message::of(notice, 1_795_262_460)).chain([digest]);
    let mut shown = String::new();
    for message in messages {
        for format in ["json", "slack", "ntfy", "gotify"] {
            let text = format!("[notify.webhook]\nurl = \"https://example/a/topic?x=y\"\nformat = {format:?}\n");
            let channel = Config::parse(&text, Path::new("x")).unwrap().channels.webhook;
            let request = webhook::format::request(channel.format, channel.url.as_ref().unwrap(), &message);
            let (to, body) = request.unwrap();
            assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{body}");
            shown.push_str(&format!("{to} {body}\n"));
        }
    }
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/channels/message.golden.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden, &shown).unwrap();
    }
    let expected = fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(shown, expected, "UPDATE_GOLDEN=1 takes the new shape over");
}

#[test]
fn a_name_of_any_length_makes_a_short_message() {
    let rule = "metric = \"gpu.temperature\"\nfire = \"> 90\"";
    let message = Message::of(&notice(rule, NoticePhase::Fired, &vec![b'x'; 4 << 20]), 0);
    assert!(message.json.len() < 8192, "{}", message.json.len());
}

#[test]
fn the_oldest_is_dropped_and_counted_where_too_many_wait() {
    let mut queue = Queue::new("test");
    let messages: Vec<_> = (0..100).map(|_| Arc::new(message())).collect();
    let oldest = {
        queue.push(messages[0].clone(), Duration::ZERO);
        queue.first().unwrap()
    };
    messages[1..].iter().for_each(|message| queue.push(message.clone(), Duration::ZERO));
    assert_eq!(queue.dropped(), 100 - queue::MOST as u64);
    // What was under way when it was dropped takes nothing else along.
    queue.done(&oldest, false);
    let mut left = Vec::new();
    while let Some(first) = queue.first() {
        left.push(first.message.clone());
        queue.done(&first, true);
    }
    assert_eq!(left.len(), queue::MOST);
    assert!(left.iter().zip(&messages[100 - queue::MOST..]).all(|(left, sent)| Arc::ptr_eq(left, sent)));
    assert_eq!(queue.dropped(), 0, "they were told of");
}

/// A script of its own in a folder of its own.
struct Script {
    folder: tempfile::TempDir,
}

impl Script {
    fn new(text: &str) -> Script {
        let script = Script { folder: tempfile::tempdir().unwrap() };
        let text = format!("#!/bin/sh\ncd {}\n{text}\n", script.folder.path().display());
        fs::write(script.path("text"), text).unwrap();
        // Another program copies, because a file that this one has open for writing, or a child of another test meanwhile,
        // cannot be started.
        let mut install = std::process::Command::new("install");
        assert!(
            install.args(["-m", "755"]).args([script.path("text"), script.path("run")]).status().unwrap().success()
        );
        script
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn channel(&self, seconds: u64) -> CommandChannel {
        let run = vec![self.path("run").display().to_string(), "a b".to_owned(), "$HOME".to_owned()];
        CommandChannel { run, timeout: Duration::from_secs(seconds), ..CommandChannel::default() }
    }

    /// Whether the process whose number is in a file has ended.
    fn has_ended(&self, name: &str) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.read(name).trim())).unwrap_or_default();
        // One that nobody waits for here stays as a zombie in a container without an init.
        stat.rsplit(')').next().is_none_or(|rest| rest.trim().is_empty() || rest.trim().starts_with('Z'))
    }
}

/// Waits as the channels' thread does; nobody ends it.
fn never(limit: Duration) -> bool {
    std::thread::sleep(limit);
    false
}

fn outcome(channel: &CommandChannel, stopped: &dyn Fn(Duration) -> bool) -> Outcome {
    let waiting = Waiting { message: Arc::new(message()), since: Duration::ZERO };
    Runner::new(channel).tell(&waiting, stopped)
}

/// Runs it once; says whether it worked.
fn run(channel: &CommandChannel) -> bool {
    outcome(channel, &never) == Outcome::Told
}

#[track_caller]
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_program_reads_the_alert_and_gets_its_arguments_as_they_are() {
    let script =
        Script::new("cat > in; printf '%s|' \"$HOOFBEAT_ALERT\" \"$@\" > words; env > env; echo done; echo no >&2");
    assert!(run(&script.channel(30)));
    assert_eq!(script.read("in"), format!("{}\n", message().json));
    assert_eq!(script.read("words"), "fired|a b|$HOME|");
    assert!(!script.read("env").contains("RTX"), "{}", script.read("env"));
}

#[test]
fn a_program_that_reads_nothing_and_prints_without_end_is_ended_at_its_limit() {
    let script = Script::new("echo $$ > pid; exec yes");
    assert!(!run(&script.channel(1)));
    // It was sent its end; the kernel takes a moment to bring it about.
    wait_for("the program's end", || script.has_ended("pid"));
}

#[test]
fn what_a_program_started_ends_with_it_at_the_limit_however_deaf() {
    let script = Script::new("(trap '' TERM; echo ok > deaf; exec sleep 1000) & echo $! > child; echo $$ > pid; wait");
    assert!(!run(&script.channel(1)));
    assert!(script.path("deaf").exists());
    // It was sent its end; the kernel takes a moment to bring it about.
    wait_for("the program's end", || script.has_ended("pid"));
    wait_for("the end of the child", || script.has_ended("child"));
}

#[test]
fn what_goes_on_in_the_background_holds_nothing_up() {
    let script = Script::new("(while [ ! -e go ]; do sleep 0.05; done; echo ok > late) & exit 0");
    assert!(run(&script.channel(300)), "it does not wait for the limit, which is longer than any test");
    assert!(!script.path("late").exists());
    fs::write(script.path("go"), "").unwrap();
    wait_for("the work in the background", || script.path("late").exists());
}

#[test]
fn a_program_that_fails_or_is_missing_is_a_failure_until_one_works() {
    let missing = CommandChannel { run: vec!["/no/such/program".to_owned()], ..CommandChannel::default() };
    for (channel, part) in [
        (Script::new("exit 3").channel(30), "failed with status 3"),
        (Script::new("kill -9 $$").channel(30), "was killed"),
        (missing, "cannot be started"),
    ] {
        match outcome(&channel, &never) {
            Outcome::GivenUp(reason) => assert!(reason.contains(part), "{reason}"),
            other => panic!("{part}: {other:?}"),
        }
    }
    assert!(run(&Script::new("exit 0").channel(30)));
}

#[test]
fn the_end_of_the_recorder_ends_a_program_that_hangs() {
    let script = Script::new("trap '' TERM; echo $$ > new; mv new pid; while true; do sleep 1000; done");
    let pid = script.path("pid");
    let outcome = outcome(&script.channel(300), &|limit| {
        std::thread::sleep(limit);
        pid.exists()
    });
    assert_eq!(outcome, Outcome::GivenUp("was ended with the recorder".to_owned()));
    // It was sent its end; the kernel takes a moment to bring it about.
    wait_for("the program's end", || script.has_ended("pid"));
}

/// A channel that takes what it is told to take, one by one.
struct Slow {
    from: Arc<Mutex<std::sync::mpsc::Receiver<Outcome>>>,
}

impl Channel for Slow {
    const NAME: &'static str = "slow";
    type Settings = Option<Arc<Mutex<std::sync::mpsc::Receiver<Outcome>>>>;

    fn is_on(settings: &Self::Settings) -> bool {
        settings.is_some()
    }

    fn least(_: &Self::Settings) -> Severity {
        Severity::Info
    }

    fn new(settings: &Self::Settings) -> Slow {
        Slow { from: settings.clone().unwrap() }
    }

    fn whom(&self) -> String {
        "nobody".to_owned()
    }

    fn tell(&mut self, _: &Waiting, stopped: child::Stopped<'_>) -> Outcome {
        let from = self.from.lock().unwrap();
        loop {
            if let Ok(outcome) = from.try_recv() {
                return outcome;
            }
            if stopped(Duration::from_millis(1)) {
                return Outcome::Stopped;
            }
        }
    }
}

#[test]
fn a_channel_that_takes_its_time_is_waited_for_by_nobody_and_ends_with_the_recorder() {
    let (outcomes, from) = std::sync::mpsc::channel();
    let settings = Some(Arc::new(Mutex::new(from)));
    let (mut line, mut quick) = (None::<Arc<Line<Slow>>>, None::<Arc<Line<Slow>>>);
    let (quick_outcomes, quick_from) = std::sync::mpsc::channel();
    let nowhere = Path::new("/no/such/folder");
    set(&mut line, &settings, nowhere);
    set(&mut quick, &Some(Arc::new(Mutex::new(quick_from))), nowhere);
    let (line, quick) = (line.unwrap(), quick.unwrap());
    let message = Arc::new(message());
    for line in [&line, &quick] {
        (0..2).for_each(|_| line.add(&message, Duration::ZERO));
    }
    // The other one works meanwhile.
    (0..2).for_each(|_| quick_outcomes.send(Outcome::Told).unwrap());
    wait_for("what waits", || quick.waiting() == 0);
    assert_eq!(line.waiting(), 2);

    // What is tried again later waits until then, unless the settings change.
    outcomes.send(Outcome::Later("is away".to_owned(), Duration::MAX)).unwrap();
    outcomes.send(Outcome::GivenUp("is gone".to_owned())).unwrap();
    line.set(&settings);
    wait_for("another attempt", || line.waiting() == 1);
    line.stop();
    line.wait_for_the_end(Instant::now() + Duration::from_secs(30));
    assert_eq!(line.waiting(), 1, "what was under way is not told");
}

#[test]
fn only_what_matters_enough_is_told() {
    let severities = [Severity::Info, Severity::Warning, Severity::Critical];
    let told = |least| severities.map(|severity| Message { severity, ..message() }.is_worth(least));
    assert_eq!(told(Severity::Info), [true, true, true]);
    assert_eq!(told(Severity::Warning), [false, true, true]);
    assert_eq!(told(Severity::Critical), [false, false, true]);
}

#[test]
fn a_secret_is_read_only_where_it_is_ours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let text = format!("[notify.webhook]\nsecret_file = {:?}\n", path.display().to_string());
    let file = Config::parse(&text, Path::new("x")).unwrap().channels.webhook.secret_file.unwrap();
    let said = || read_secret(&file).expect_err("must be refused").to_string();
    assert!(said().contains("does not exist"), "{}", said());
    fs::write(&path, "tk_123\n").unwrap();
    for mode in [0o644, 0o640, 0o604, 0o620, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(said().contains("can be read by others") && said().ends_with("chmod 600 it"), "{}", said());
        assert!(!said().contains("tk_123"));
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(read_secret(&file).ok().as_deref(), Some("tk_123"));
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for bad in ["", "\n", "two words", "two\nlines", "\u{e4}", &"x".repeat(5000)] {
        fs::write(&path, bad).unwrap();
        assert!(said().contains("holds no token"), "{bad:?}: {}", said());
    }
    fs::remove_file(&path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    assert!(said().contains("is not a regular file"), "{}", said());
}
