//! The real program, asked as browsers ask, and as those ask who should not get in.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A running server, ended with the test.
struct Server {
    child: Child,
    address: String,
    token: String,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer, in its parts.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hoofbeat-serve"));
    command.arg("--data-dir").arg(folder.join("data")).env("HOOFBEAT_CONFIG", folder.join("config.toml"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Server {
    fn start(options: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let mut child = program(folder.path()).args(["--bind", "127.0.0.1:0"]).args(options).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let (address, token) =
            said.trim().strip_prefix("Open http://").and_then(|rest| rest.split_once("/?token=")).expect(&said);
        Server { address: address.to_owned(), token: token.to_owned(), child, _folder: folder }
    }

    /// Sends a request as it stands, with a host and the end of connection, and reads all that comes.
    fn ask(&self, request: &str, headers: &[&str], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let host = format!("Host: {}", self.address);
        let own =
            if headers.iter().any(|header| header.starts_with("Host:")) { Vec::new() } else { vec![host.as_str()] };
        let head: String = own.iter().chain(headers).map(|header| format!("{header}\r\n")).collect();
        let length = body.len();
        // In one piece: who is refused is not read to the end, and would hear of that before the answer.
        let rest = format!("Connection: close\r\nContent-Length: {length}\r\n{head}\r\n{body}");
        stream.write_all(format!("{request} HTTP/1.1\r\n{rest}").as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Answer { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() }
    }

    /// The cookie of who said the token.
    fn cookie(&self) -> String {
        let answer = self.ask(&format!("GET /?token={}", self.token), &[], "");
        assert_eq!(answer.status, 200);
        format!("Cookie: {}", answer.header("set-cookie").unwrap().split(';').next().unwrap())
    }

    fn question(&self, question: &str, headers: &[&str]) -> Answer {
        self.ask("POST /api/ask", &[&["Content-Type: application/json"], headers].concat(), question)
    }
}

#[test]
fn a_browser_that_says_the_token_gets_the_page_and_answers() {
    let server = Server::start(&[]);
    let cookie = server.cookie();
    let page = server.ask("GET /", &[&cookie], "");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("<html data-look-only "), "{}", page.body);
    let script = page.body.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let script = server.ask(&format!("GET {script}"), &[&cookie], "");
    assert_eq!((script.status, script.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
    let answer = server.question(r#"{"ask": "metrics"}"#, &[&cookie, &format!("Origin: http://{}", server.address)]);
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("gpu.utilization"));
    assert_eq!(server.ask("GET /nothing", &[&cookie], "").status, 404);
}

#[test]
fn the_token_can_be_typed_and_a_wrong_one_is_told() {
    let server = Server::start(&[]);
    let asked = server.ask("GET /", &[], "");
    assert_eq!(asked.status, 401);
    assert!(asked.body.contains("<form method=post action=/token>"), "{}", asked.body);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let wrong = server.ask("POST /token", &[form], "token=wrong");
    assert!(wrong.status == 401 && wrong.header("set-cookie").is_none() && wrong.body.contains("not the token"));
    let right = server.ask("POST /token", &[form], &format!("token={}", server.token));
    assert!(right.status == 200 && right.header("set-cookie").is_some_and(|cookie| cookie.contains("SameSite=Strict")));
}

#[test]
fn a_browser_that_wants_german_gets_it_before_and_after_it_is_known() {
    let server = Server::start(&[]);
    let german = "Accept-Language: de-AT,de;q=0.9,en;q=0.8";
    let asked = server.ask("GET /", &[german], "");
    assert!(asked.status == 401 && asked.body.starts_with("<!doctype html><html lang=de>"), "{}", asked.body);
    let label = "Das Token, das <code>hoofbeat serve</code> genannt hat oder das in seiner Token-Datei steht<input ";
    assert!(asked.body.contains(label) && asked.body.contains("<button>Anzeigen</button>"), "{}", asked.body);
    let form = "Content-Type: application/x-www-form-urlencoded";
    let wrong = server.ask("POST /token", &[form, german], "token=wrong");
    assert!(wrong.body.contains("<p role=alert>Das ist nicht das Token.</p>"), "{}", wrong.body);
    let right = server.ask("POST /token", &[form, german], &format!("token={}", server.token));
    assert!(right.body.contains("<a href=/>Weiter</a>"), "{}", right.body);
    let english = server.ask("GET /", &["Accept-Language: fr, en;q=0.5, de;q=0.4"], "");
    assert!(english.body.contains("<html lang=en>"), "{}", english.body);
    // The page says what it speaks itself, whatever the browser wants.
    let (cookie, json) = (server.cookie(), "Content-Type: application/json");
    let ask = |question: &str, headers: &[&str]| server.ask("POST /api/ask?language=de", headers, question).body;
    let unknown = ask("{}", &[json]);
    assert!(unknown.contains("Dieser Browser hat das Token nicht genannt."), "{unknown}");
    let refused = ask(r#"{"ask": "resume"}"#, &[json, &cookie]);
    assert!(refused.contains("Diese Seite darf nur zeigen."), "{refused}");
    let none = ask(r#"{"ask": "events", "since": 0, "limit": 1}"#, &[json, &cookie]);
    assert!(none.contains("gibt es keine Aufzeichnung; eine mit `hoofbeat watch` beginnen."), "{none}");
}

#[test]
fn nobody_else_gets_anything() {
    let server = Server::start(&[]);
    let cookie = server.cookie();
    let metrics = r#"{"ask": "metrics"}"#;
    let status = |headers: &[&str]| server.question(metrics, headers).status;
    assert_eq!(status(&[]), 401, "no cookie");
    assert_eq!(status(&["Cookie: hoofbeat=0000"]), 401, "another cookie");
    assert_eq!(status(&[&cookie, "Origin: http://evil.example"]), 403, "another page");
    assert_eq!(status(&[&cookie, "Origin: null"]), 403, "a page of nowhere");
    assert_eq!(status(&[&cookie, "Host: evil.example"]), 421, "a name that was made to point here");
    assert_eq!(server.ask("GET /api/news", &[], "").status, 401);
    let plain = server.ask("POST /api/ask", &[&cookie, "Content-Type: text/plain"], metrics);
    assert_eq!(plain.status, 400, "what a form of another page could send");
    let pages = server.ask("GET /assets/../../Cargo.toml", &[&cookie], "");
    assert!(pages.status != 200);
    for answer in [server.ask("GET /", &[], ""), server.ask("GET /", &[&cookie], ""), server.question(metrics, &[])] {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(answer.header("access-control-allow-origin").is_none(), "{}", answer.head);
    }
}

#[test]
fn it_only_shows_unless_it_may_change() {
    let question = r#"{"ask": "snooze", "rule": "cpu-hot", "source": "*", "until": null}"#;
    let server = Server::start(&[]);
    let refused = server.question(question, &[&server.cookie()]);
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("not_allowed") && refused.body.contains("--allow-changes"), "{}", refused.body);

    let server = Server::start(&["--allow-changes"]);
    let cookie = server.cookie();
    assert!(!server.ask("GET /", &[&cookie], "").body.contains("data-look-only"));
    let answer = server.question(question, &[&cookie]);
    assert!(answer.status == 404 && answer.body.contains("no_recording"), "{}", answer.body);
    let program =
        r#"{"ask": "save_setting", "section": "notify.command", "key": "run", "value": "/bin/sh", "version": ""}"#;
    for own in [program, r#"{"ask": "starts_at_login"}"#, r#"{"ask": "start_at_login", "on": true}"#] {
        let refused = server.question(own, &[&cookie]);
        assert!(refused.status == 403 && refused.body.contains("on the machine itself"), "{own}: {}", refused.body);
    }
    let wrong = server.question(r#"{"ask": "sql"}"#, &[&cookie]);
    assert!(wrong.status == 400 && wrong.body.contains("That is no question"), "{}", wrong.body);
}

#[test]
fn news_come_for_as_long_as_somebody_listens() {
    let server = Server::start(&[]);
    let cookie = server.cookie();
    let listen = || {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET /api/news HTTP/1.1\r\nHost: {}\r\n{cookie}\r\n\r\n", server.address).unwrap();
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let status = line[9..12].to_owned();
        while status == "200" && !line.starts_with("data: {\"kind\":\"unreadable\"") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended");
        }
        (lines, status, line)
    };
    let mut all = Vec::new();
    for _ in 0..16 {
        let (lines, status, line) = listen();
        assert_eq!(status, "200");
        assert!(line.contains("no_recording"), "{line}");
        all.push(lines);
    }
    let (_, status, _) = listen();
    assert_eq!(status, "503", "the threads are limited");
    let mut last = all.pop().unwrap();
    // Where there are no news, it says that the line is whole, in a way that a page hears.
    let mut line = String::new();
    while line.trim_end() != "event: alive" {
        line.clear();
        assert!(last.read_line(&mut line).unwrap() > 0, "it ended");
    }
    line.clear();
    last.read_line(&mut line).unwrap();
    assert!(line.starts_with("data: "), "without data, browsers pass it over: {line}");
    drop(last);
    // The server notes at its own pace that one has gone.
    let again = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        listen().1 == "200"
    });
    assert!(again, "the place of who left is free");
}

#[test]
fn an_address_that_others_reach_needs_a_token_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let run = |options: &[&str]| {
        let output = program(folder.path()).args(options).output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    let (ended_well, said) = run(&["--bind", "0.0.0.0:0"]);
    assert!(!ended_well && said.contains("--token-file"), "{said}");
    let token = folder.path().join("token");
    std::fs::write(&token, "0123456789abcdef0123").unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (ended_well, said) = run(&["--bind", "0.0.0.0:0", "--token-file", &token.to_string_lossy()]);
    assert!(!ended_well && said.contains("chmod 600"), "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (ended_well, said) = run(&["--bind", &taken.local_addr().unwrap().to_string()]);
    assert!(!ended_well && said.contains("Choose another with --bind"), "{said}");
}
