//! A small HTTP server on this machine: each test says what it answers to which request.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// The byte asked for first.
    pub(crate) range: Option<u64>,
    pub(crate) if_range: Option<String>,
    /// How many requests came before it.
    pub(crate) nth: usize,
}

/// What is answered: bytes as they are, then the connection is closed or left open without a word.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
}

pub(crate) enum Then {
    Close,
    Stall,
}

/// An answer with these header lines and this body.
pub(crate) fn answer(status: &str, headers: &[String], body: &[u8]) -> Answer {
    let mut bytes = format!("HTTP/1.1 {status}\r\nConnection: close\r\n").into_bytes();
    for header in headers {
        bytes.extend(header.as_bytes());
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    Answer {
        bytes,
        then: Then::Close,
    }
}

/// The first `sent` bytes of an honest answer to a request for `whole`, which has this version.
pub(crate) fn honest(request: &Request, whole: &[u8], version: &str, sent: usize) -> Answer {
    let tag = format!("ETag: {version}");
    let from = match (request.range, request.if_range.as_deref()) {
        (Some(from), Some(asked)) if asked == version => from as usize,
        _ => 0,
    };
    let rest = &whole[from..];
    let length = format!("Content-Length: {}", rest.len());
    let body = &rest[..sent.min(rest.len())];
    if from == 0 {
        return answer("200 OK", &[tag, length], body);
    }
    let range = format!(
        "Content-Range: bytes {from}-{}/{}",
        whole.len() - 1,
        whole.len()
    );
    answer("206 Partial Content", &[tag, length, range], body)
}

/// A running server. It ends with the test program.
pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut stalled = Vec::new();
            for connection in listener.incoming() {
                let mut connection = connection.expect("a connection");
                let Some(mut request) = read(&connection) else {
                    continue;
                };
                {
                    let mut log = log.lock().expect("a log");
                    request.nth = log.len();
                    log.push(request.clone());
                }
                let answer = answer(&request);
                // The other side may have seen enough.
                let _ = connection.write_all(&answer.bytes);
                match answer.then {
                    Then::Close => {}
                    Then::Stall => stalled.push(connection),
                }
            }
        });
        Self { port, asked }
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("a log").clone()
    }
}

fn read(connection: &TcpStream) -> Option<Request> {
    let mut request = Request::default();
    for (nth, line) in BufReader::new(connection).lines().enumerate() {
        let line = line.ok()?;
        if nth == 0 {
            request.path = line.split(' ').nth(1)?.to_owned();
        }
        let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "" => return Some(request),
            "range" => {
                request.range = value
                    .strip_prefix("bytes=")?
                    .strip_suffix('-')?
                    .parse()
                    .ok();
            }
            "if-range" => request.if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    None
}
