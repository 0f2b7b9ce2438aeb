//! The window, driven through WebKit's own driver: a W3C WebDriver client of a hundred lines.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::program::{LIMIT, Program, wait_for, wait_until};
use crate::sandbox::{Sandbox, product};

/// A running window.
#[derive(Debug)]
pub struct Window {
    port: u16,
    session: String,
    _driver: Program,
}

impl Window {
    /// Starts the driver, which starts `hoofbeat-desktop` in the sandbox, and waits for the page.
    ///
    /// # Panics
    /// No window comes up.
    #[track_caller]
    pub fn open(sandbox: &Sandbox) -> Window {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = free.expect("this machine has a loopback").port();
        let mut command = sandbox.command("WebKitWebDriver");
        command.arg(format!("--port={port}")).env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = Program::start("webdriver", &mut command, &sandbox.logs());
        wait_until("WebKitWebDriver", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        let wish = json!({"capabilities": {"alwaysMatch": {
            "browserName": "wry",
            "webkitgtk:browserOptions": {"binary": product("hoofbeat-desktop"), "args": []},
        }}});
        let answer = request(port, "POST", "/session", &wish).expect("the window starts");
        let session = answer["sessionId"].as_str().expect("a session has an id").to_string();
        Window { port, session, _driver: driver }
    }

    /// Runs JavaScript in the page; `return` hands a value back.
    ///
    /// # Errors
    /// The script threw, or the page is gone.
    pub fn script(&self, script: &str) -> Result<Value> {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// The text of the element with this test id, as a person sees it.
    pub fn text(&self, id: &str) -> Option<String> {
        let element = self.element(id)?;
        self.get(&format!("element/{element}/text")).ok()?.as_str().map(str::to_string)
    }

    /// Clicks on the element with this test id.
    ///
    /// # Panics
    /// There is none, or it cannot be clicked.
    #[track_caller]
    pub fn click(&self, id: &str) {
        let element = wait_for(&format!("an element {id}"), || self.element(id));
        self.post(&format!("element/{element}/click"), &json!({})).expect("what is shown can be clicked");
    }

    /// Types into the field with this test id, in the place of what stands there.
    ///
    /// # Panics
    /// There is none, or nobody can type there.
    #[track_caller]
    pub fn fill(&self, id: &str, text: &str) {
        let element = wait_for(&format!("a field {id}"), || self.element(id));
        self.post(&format!("element/{element}/clear"), &json!({})).expect("what is shown can be emptied");
        self.post(&format!("element/{element}/value"), &json!({"text": text})).expect("one can type there");
    }

    /// Waits until an element's text satisfies `wanted`; that text.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn wait_for_text(&self, id: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut last = None;
        let found = crate::program::wait_at_most(LIMIT, || {
            last = self.text(id);
            last.clone().filter(|text| wanted(text))
        });
        found.unwrap_or_else(|| panic!("the text of {id} stays {last:?}"))
    }

    /// Ends the session, and the window with it.
    pub fn quit(&self) {
        let _ = request(self.port, "DELETE", &format!("/session/{}", self.session), &Value::Null);
    }

    fn element(&self, id: &str) -> Option<String> {
        let wish = json!({"using": "css selector", "value": format!("[data-testid={id:?}]")});
        let answer = self.post("element", &wish).ok()?;
        // The key is W3C's constant for "this is an element".
        answer["element-6066-11e4-a52e-4f735466cecf"].as_str().map(str::to_string)
    }

    fn post(&self, command: &str, body: &Value) -> Result<Value> {
        request(self.port, "POST", &format!("/session/{}/{command}", self.session), body)
    }

    fn get(&self, command: &str) -> Result<Value> {
        request(self.port, "GET", &format!("/session/{}/{command}", self.session), &Value::Null)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.quit();
    }
}

/// One HTTP exchange; the `value` of the answer.
fn request(port: u16, method: &str, path: &str, body: &Value) -> Result<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (_, content) = answer.split_once("\r\n\r\n").context("the driver hung up")?;
    let mut content: Value = serde_json::from_str(content).with_context(|| format!("no JSON: {content}"))?;
    let value = content["value"].take();
    if value["error"].is_string() {
        bail!("{method} {path}: {}: {}", value["error"], value["message"]);
    }
    Ok(value)
}
