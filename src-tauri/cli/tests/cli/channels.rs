//! The channels that leave the machine, against real programs and real servers on this one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use crate::sandbox::{Sandbox, Watcher, wait_for};
use crate::web::{Answer, Server};

const RULE: &str = "\n[[rule]]\nid = \"cpu-hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\nclear = \"< 60\"\n\
                    severity = \"critical\"\n";

fn watch(sandbox: &Sandbox, channel: &str) -> Watcher {
    sandbox.config(&format!("{channel}{RULE}"));
    sandbox.watch(|command| command.arg("--headless").env("RUST_LOG", "trace"))
}

fn webhook(server: &Server, more: &str) -> String {
    format!("[notify.webhook]\nurl = \"{}/hook?token=hunter2\"\n{more}\n", server.address())
}

/// Whether the recorder has a thread of a channel.
fn has_thread(watcher: &Watcher) -> bool {
    let tasks = fs::read_dir(format!("/proc/{}/task", watcher.id())).unwrap();
    let is_one = |name: String| ["command\n", "webhook\n"].contains(&name.as_str());
    tasks.flatten().any(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(is_one))
}

/// The process that speaks with a server for a recorder, while there is one.
fn sending(watcher: &Watcher) -> Option<u32> {
    let children = Command::new("pgrep").args(["--parent", &watcher.id().to_string(), "hoofbeat-webho"]).output();
    String::from_utf8(children.unwrap().stdout).unwrap().trim().parse().ok()
}

#[test]
fn a_program_is_told_of_the_beginning_and_the_end() {
    let sandbox = Sandbox::new();
    let out = sandbox.path("out");
    let script =
        sandbox.script("told", &format!("#!/bin/sh\necho \"$HOOFBEAT_ALERT\" >> {0}\ncat >> {0}\n", out.display()));
    let mut watcher = watch(&sandbox, &format!("[notify.command]\nrun = [{:?}]\n", script.display().to_string()));
    sandbox.temperature(96);
    let lines = |count: usize| {
        let text = fs::read_to_string(&out).ok()?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        (lines.len() == count).then_some(lines)
    };
    wait_for("the beginning", || lines(2));
    sandbox.temperature(50);
    let all = wait_for("the end", || lines(4));
    assert_eq!((all[0].as_str(), all[2].as_str()), ("fired", "cleared"));
    let fired: serde_json::Value = serde_json::from_str(&all[1]).unwrap();
    assert_eq!((&fired["schema"], &fired["phase"]), (&1.into(), &"fired".into()), "{fired}");
    assert_eq!((&fired["rule"], &fired["source"]["id"]), (&"cpu-hot".into(), &"cpu".into()), "{fired}");
    assert_eq!((&fired["value"], &fired["unit"], &fired["limit"]), (&96.0.into(), &"°C".into(), &90.0.into()));
    assert_eq!(fired["title"], "CPU at 96 °C");
    watcher.terminate();
}

#[test]
fn a_program_that_hangs_holds_up_neither_the_recording_nor_its_end() {
    let sandbox = Sandbox::new();
    let pid = sandbox.path("pid");
    let script =
        format!("trap '' TERM; echo $$ > {0}.new; mv {0}.new {0}; while :; do sleep 1000; done", pid.display());
    let run = format!("[notify.command]\ntimeout = \"5m\"\nrun = [\"/bin/sh\", \"-c\", {script:?}]\n");
    let mut watcher = watch(&sandbox, &run);
    sandbox.temperature(96);
    let id = wait_for("the program", || fs::read_to_string(&pid).ok());
    sandbox.wait_for_ticks();
    watcher.terminate();
    assert!(watcher.log().contains("was ended with the recorder"), "{}", watcher.log());
    // What only nobody has waited for yet has ended.
    let living = ["--runstates", "R,S,D,T", "--pgroup", id.trim()];
    wait_for("the end of all that it started", || {
        let group = Command::new("pgrep").args(living).output().unwrap();
        (group.status.code() == Some(1)).then_some(())
    });
}

#[test]
fn what_a_server_could_not_take_is_sent_again_and_its_address_is_never_logged() {
    let server = Server::start(vec![Answer::Status(500), Answer::Status(200)]);
    let sandbox = Sandbox::new();
    sandbox.write("secret", "tk_secret\n");
    fs::set_permissions(sandbox.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    let secret = format!("secret_file = {:?}", sandbox.path("secret").display().to_string());
    let mut watcher = watch(&sandbox, &webhook(&server, &secret));
    sandbox.temperature(96);
    let asked = server.wait_for(2);
    assert_eq!(asked[0].body, asked[1].body);
    assert_eq!(asked[1].first_line, "POST /hook?token=hunter2 HTTP/1.1");
    assert_eq!(asked[1].header("authorization"), Some("Bearer tk_secret"));
    assert_eq!(asked[1].header("content-type"), Some("application/json"));
    let told: serde_json::Value = serde_json::from_str(&asked[1].body).unwrap();
    assert_eq!((&told["schema"], &told["title"]), (&1.into(), &"CPU at 96 °C".into()), "{told}");
    watcher.wait_for_line("works again");
    watcher.terminate();
    let log = watcher.log();
    assert!(log.contains("answered 500") && log.contains(&server.address()), "{log}");
    assert!(!log.contains("hunter2") && !log.contains("tk_secret"), "{log}");
}

#[test]
fn a_refusal_is_not_repeated_and_a_redirect_not_followed() {
    let elsewhere = Server::start(vec![Answer::Status(200)]);
    let to = format!("{}/", elsewhere.address());
    let server = Server::start(vec![Answer::Status(404), Answer::Redirect(to), Answer::Status(200)]);
    let sandbox = Sandbox::new();
    let mut watcher = watch(&sandbox, &webhook(&server, ""));
    sandbox.temperature(96);
    watcher.wait_for_line("refused it with 404");
    let doctor = |part: &str| {
        wait_for(part, || Some(sandbox.run(&["doctor"]).stdout).filter(|said| said.contains(part)));
    };
    doctor(&format!("{} refused it with 404, since ", server.address()));
    sandbox.temperature(50);
    watcher.wait_for_line("answered 307: it points elsewhere");
    sandbox.temperature(97);
    watcher.wait_for_line("works again");
    doctor(&format!("alerts are sent to {} (json); last told ", server.address()));
    let bodies: Vec<serde_json::Value> =
        server.wait_for(3).iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect();
    let phases: Vec<_> = bodies.iter().map(|body| body["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["fired", "cleared", "fired"]);
    assert!(elsewhere.asked().is_empty());
    watcher.terminate();
}

#[test]
fn a_server_that_never_answers_holds_up_neither_the_recording_nor_its_end() {
    let server = Server::start(vec![Answer::Never]);
    let sandbox = Sandbox::new();
    let mut watcher = watch(&sandbox, &webhook(&server, ""));
    sandbox.temperature(96);
    server.wait_for(1);
    sandbox.wait_for_ticks();
    watcher.terminate();
    assert!(watcher.log().contains("webhook: 1 alert was not told"), "{}", watcher.log());
}

#[test]
fn address_and_token_stand_where_nobody_else_reads_them_and_nothing_goes_on_after_the_recorder() {
    let server = Server::start(vec![Answer::Never]);
    let sandbox = Sandbox::new();
    sandbox.write("secret", "tk_secret\n");
    fs::set_permissions(sandbox.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    let secret = format!("secret_file = {:?}", sandbox.path("secret").display().to_string());
    let mut watcher = watch(&sandbox, &webhook(&server, &secret));
    sandbox.temperature(96);
    server.wait_for(1);
    let pid = wait_for("the program that sends", || sending(&watcher));
    for file in ["cmdline", "environ"] {
        let shown = String::from_utf8(fs::read(format!("/proc/{pid}/{file}")).unwrap()).unwrap();
        assert!(!shown.is_empty() && !shown.contains("hunter2") && !shown.contains("tk_secret"), "{file}: {shown}");
    }
    watcher.terminate();
    // Who has ended and was waited for is gone.
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap());
}

#[test]
fn without_the_program_that_sends_nothing_is_sent_until_it_is_there() {
    let server = Server::start(vec![Answer::Status(200)]);
    let sandbox = Sandbox::new();
    let (there, away) = (sandbox.path("bin/hoofbeat-webhook"), sandbox.path("away"));
    fs::rename(&there, &away).unwrap();
    let mut watcher = watch(&sandbox, &webhook(&server, ""));
    sandbox.temperature(96);
    watcher.wait_for_line("is told nothing: hoofbeat-webhook is not installed");
    let doctor = sandbox.run(&["doctor"]).stdout;
    assert!(doctor.contains("hoofbeat-webhook is not installed") && !doctor.contains("hunter2"), "{doctor}");
    fs::rename(&away, &there).unwrap();
    server.wait_for(1);
    watcher.terminate();
}

#[test]
fn a_program_that_sends_and_says_nothing_sensible_of_it_is_started_again() {
    let server = Server::start(vec![Answer::Status(200)]);
    let sandbox = Sandbox::new();
    let (there, away) = (sandbox.path("bin/hoofbeat-webhook"), sandbox.path("away"));
    fs::rename(&there, &away).unwrap();
    sandbox.script("bin/hoofbeat-webhook", "#!/bin/sh\ncat; echo hunter2 >&2\n");
    let mut watcher = watch(&sandbox, &webhook(&server, ""));
    sandbox.temperature(96);
    watcher.wait_for_line("says nothing that we understand");
    fs::rename(&away, &there).unwrap();
    server.wait_for(1);
    watcher.terminate();
    assert!(!watcher.log().contains("hunter2"), "{}", watcher.log());
}

#[test]
fn a_program_that_hangs_does_not_hold_up_the_web_server() {
    let server = Server::start(vec![Answer::Status(200)]);
    let sandbox = Sandbox::new();
    let command = "[notify.command]\ntimeout = \"5m\"\nrun = [\"sleep\", \"1000\"]\n";
    let mut watcher = watch(&sandbox, &format!("{command}{}", webhook(&server, "")));
    sandbox.temperature(96);
    server.wait_for(1);
    sandbox.temperature(50);
    server.wait_for(2);
    watcher.terminate();
    assert!(watcher.log().contains("command: 1 alert was not told"), "{}", watcher.log());
}

#[test]
fn without_a_secret_that_is_ours_alone_nothing_is_sent() {
    let server = Server::start(vec![Answer::Status(200)]);
    let sandbox = Sandbox::new();
    sandbox.write("secret", "tk_secret\n");
    fs::set_permissions(sandbox.path("secret"), fs::Permissions::from_mode(0o644)).unwrap();
    let secret = format!("secret_file = {:?}", sandbox.path("secret").display().to_string());
    let mut watcher = watch(&sandbox, &webhook(&server, &secret));
    sandbox.temperature(96);
    watcher.wait_for_line("can be read by others (mode 644); chmod 600 it");
    assert!(server.asked().is_empty());
    // Once it is, what waited is sent.
    fs::set_permissions(sandbox.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    server.wait_for(1);
    watcher.terminate();
}

#[test]
fn a_changed_config_switches_channels_on_and_off() {
    let server = Server::start(vec![Answer::Status(200)]);
    let sandbox = Sandbox::new();
    let mut watcher = watch(&sandbox, "");
    sandbox.temperature(96);
    watcher.wait_for_line("CPU at 96");
    assert!(!has_thread(&watcher));

    sandbox.config(&format!("{}{RULE}", webhook(&server, "")));
    wait_for("the thread", || has_thread(&watcher).then_some(()));
    sandbox.temperature(50);
    assert!(server.wait_for(1)[0].body.contains("\"phase\":\"cleared\""));

    sandbox.config(RULE);
    wait_for("its end", || (!has_thread(&watcher)).then_some(()));
    sandbox.temperature(97);
    watcher.wait_for_line("CPU at 97");
    watcher.terminate();
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn who_wants_no_notifications_gets_none_elsewhere_either() {
    let server = Server::start(vec![Answer::Status(200)]);
    let sandbox = Sandbox::new();
    let mut watcher = watch(&sandbox, &format!("[notify]\nenabled = false\n{}", webhook(&server, "")));
    sandbox.temperature(96);
    watcher.wait_for_line("CPU at 96");
    sandbox.wait_for_ticks();
    watcher.terminate();
    assert!(server.asked().is_empty());
}

/// The same goes for what is wrong with the recorder itself: here, with its settings.
#[test]
fn trouble_of_the_recorder_is_told_where_alerts_are() {
    for (enabled, told) in [(true, 1), (false, 0)] {
        let server = Server::start(vec![Answer::Status(200)]);
        let sandbox = Sandbox::new();
        let channel = format!("[notify]\nenabled = {enabled}\n{}", webhook(&server, ""));
        let mut watcher = watch(&sandbox, &channel);
        sandbox.wait_for_ticks();
        // Two that expect the contrary of the same: a mistake, and no reason not to take the settings.
        let expect = |id: &str, policy: &str| {
            format!("[[expect]]\nid = \"{id}\"\nprogram = \"blender\"\npolicy = \"{policy}\"\n")
        };
        sandbox.config(&format!("{channel}{RULE}{}{}", expect("a", "allow"), expect("b", "deny")));
        watcher.wait_for_line("contradict each other");
        if told > 0 {
            wait_for("the word", || (server.asked().len() == told).then_some(()));
            let said: serde_json::Value = serde_json::from_str(&server.asked()[0].body).unwrap();
            assert_eq!((&said["schema"], &said["phase"]), (&1.into(), &"trouble".into()), "{said}");
            assert_eq!((&said["severity"], &said["title"]), (&"warning".into(), &"Hoofbeat needs attention".into()));
            assert!(said["body"].as_str().is_some_and(|body| body.contains("contradict each other")), "{said}");
        }
        watcher.terminate();
        assert_eq!(server.asked().len(), told);
    }
}

/// A process that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_must_prove_who_it_is() {
    let sandbox = Sandbox::new();
    let at = |name: &str| sandbox.path(name).display().to_string();
    let (key, certificate, port) = (at("key.pem"), at("cert.pem"), Server::free_port());
    let extensions = "subjectAltName = DNS:localhost\nbasicConstraints = critical, CA:FALSE\n";
    sandbox.write(
        "req.conf",
        format!("[req]\ndistinguished_name = name\nx509_extensions = own\n[name]\n[own]\n{extensions}"),
    );
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-config", &at("req.conf"), "-subj", "/CN=localhost", "-keyout", &key, "-out", &certificate])
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        // Past the test runner's capture: a test that did not run must not look like one that passed.
        let _ = writeln!(std::io::stderr(), "skipped: channels: there is no openssl that makes a certificate");
        return;
    }
    // It prints what it is told.
    let heard = fs::File::create(sandbox.path("heard")).unwrap();
    let server = Command::new("openssl")
        .args(["s_server", "-quiet", "-accept", &format!("127.0.0.1:{port}"), "-key", &key, "-cert", &certificate])
        .stdin(Stdio::piped())
        .stdout(heard)
        .stderr(Stdio::null())
        .spawn();
    let _server = Killed(server.unwrap());
    let heard = || fs::read_to_string(sandbox.path("heard")).unwrap();
    wait_for("the server", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let channel = format!("[notify.webhook]\nurl = \"https://localhost:{port}/\"\n{RULE}");

    sandbox.temperature(96);
    sandbox.config(&channel);
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    watcher.wait_for_line("could not prove who it is");
    watcher.terminate();
    assert!(watcher.log().contains("1 alert was not told"), "{}", watcher.log());

    assert_eq!(heard(), "");

    // The machine trusts it now.
    let mut trusting = sandbox.watch(|command| command.arg("--headless").env("SSL_CERT_FILE", &certificate));
    sandbox.temperature(50);
    wait_for("the alert", || heard().contains("\"phase\":\"cleared\"").then_some(()));
    trusting.terminate();
    assert!(!trusting.log().contains("could not prove"), "{}", trusting.log());
}

#[test]
fn a_channel_is_set_from_the_command_line_and_shown_without_its_secrets() {
    let sandbox = Sandbox::new();
    let set = |setting: &str, value: &str| sandbox.run(&["config", "set", setting, value]);
    assert_eq!(set("notify.webhook.url", "https://ntfy.example/hunter2").code, 0);
    assert_eq!(set("notify.webhook.format", "ntfy").code, 0);
    assert_ne!(set("notify.webhook.url", "http://ntfy.example/x").code, 0);
    let shown = sandbox.run(&["config", "show", "--json"]);
    assert_eq!(shown.json()["settings"]["notify"]["webhook"]["url"], "https://ntfy.example", "{shown:?}");
    let doctor = sandbox.run(&["doctor"]).stdout;
    assert!(doctor.contains("alerts are sent to https://ntfy.example (ntfy)"), "{doctor}");
    assert!(!doctor.contains("hunter2") && !shown.stdout.contains("hunter2"), "{doctor}");
}
