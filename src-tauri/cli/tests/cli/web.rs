//! A web server of one test's own: it remembers what it was asked, and answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::sandbox::wait_for;

/// What is answered to one request; the last one to all that follow.
pub enum Answer {
    Status(u16),
    Redirect(String),
    Never,
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub first_line: String,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn read(stream: &TcpStream) -> Option<Request> {
        let mut lines = BufReader::new(stream);
        let mut line = || {
            let mut text = String::new();
            lines.read_line(&mut text).ok().filter(|count| *count > 0)?;
            Some(text.trim_end().to_owned())
        };
        let first_line = line()?;
        let mut headers = Vec::new();
        while let Some((name, value)) = line()?.split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
        let mut body = vec![0; length];
        lines.read_exact(&mut body).ok()?;
        Some(Request { first_line, headers, body: String::from_utf8(body).ok()? })
    }
}

/// See the module.
pub struct Server {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(answers: Vec<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (at, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Request>>>::default());
        let into = asked.clone();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let Some(request) = Request::read(&stream) else { continue };
                let count = {
                    let mut asked = into.lock().unwrap();
                    asked.push(request);
                    asked.len()
                };
                let head = match &answers[count.min(answers.len()) - 1] {
                    Answer::Status(status) => format!("HTTP/1.1 {status} So\r\n"),
                    Answer::Redirect(to) => format!("HTTP/1.1 307 Elsewhere\r\nLocation: {to}\r\n"),
                    Answer::Never => {
                        held.push(stream);
                        continue;
                    }
                };
                let _ = write!(stream, "{head}Content-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Server { at, asked }
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.at)
    }

    /// A port that nobody listened on a moment ago.
    pub fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }

    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Request> {
        wait_for("a request", || Some(self.asked()).filter(|asked| asked.len() >= count))
    }
}
