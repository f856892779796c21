//! The program as a process: a server with rows of the test's making, and what came of a run.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

pub use crate::home::Home;
pub use crate::until::until;

/// A secret that has to be escaped in a URL.
pub const SECRET: &str = "s3cr&t+%3Cx";

impl Home {
    /// The program, asking `url`.
    pub fn vmail(&self, url: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("TELECMI_APPID", "1111112").env("TELECMI_SECRET", SECRET).env("VMAIL_BASE_URL", url);
        command
    }

    /// Runs it to its end.
    pub fn run(&self, url: &str, arguments: &[&str]) -> Run {
        Run(self.vmail(url, arguments).output().unwrap())
    }

    /// The files below a folder of the home folder, in order.
    pub fn files(&self, folder: &str) -> Vec<PathBuf> {
        let root = self.path().join(folder);
        let (mut files, mut left) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = left.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    left.push(path);
                } else {
                    files.push(path.strip_prefix(&root).unwrap().to_owned());
                }
            }
        }
        files.sort_unstable();
        files
    }

    /// Their names.
    pub fn names(&self, folder: &str) -> Vec<String> {
        self.files(folder).iter().map(|path| path.to_str().unwrap().to_owned()).collect()
    }
}

/// What came of a run.
pub struct Run(pub Output);

impl Run {
    /// What it wrote to stdout, once it is sure that it ended with `code`.
    #[track_caller]
    pub fn out(&self, code: i32) -> String {
        assert_eq!(self.0.status.code(), Some(code), "{}", self.said());
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    /// What it wrote to stderr, once it is sure that it ended with `code` and wrote nothing else.
    #[track_caller]
    pub fn only_said(&self, code: i32) -> String {
        assert_eq!(self.out(code), "");
        self.said()
    }

    /// What it wrote to stderr.
    pub fn said(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// The JSON lines it wrote.
    #[track_caller]
    pub fn lines(&self, code: i32) -> Vec<Value> {
        json_lines(&self.out(code))
    }
}

/// The objects in lines of JSON.
pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A recording of the demo.
pub fn recording(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo").join(name)).unwrap()
}

/// What comes in place of a recording.
#[derive(Clone)]
pub enum Reply {
    /// All of it.
    Whole(Vec<u8>),
    /// Half of it, and nothing more.
    Half(Vec<u8>),
    /// This version of it, or the part that is asked for; up to a place, and nothing more.
    Version(Vec<u8>, &'static str, usize),
    /// An answer with this status, and no recording.
    Status(u16),
}

/// A server whose voicemail and recordings are the test's. Answers the secret [`SECRET`] alone.
pub struct Service {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    closed: Arc<AtomicBool>,
}

impl Service {
    /// `rows` as they are sent, newest first, ten at the most; `reply` gets a recording's name.
    pub fn start(rows: Vec<Value>, reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Service {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/v2", listener.local_addr().unwrap());
        let (asked, closed): (Arc<Mutex<Vec<String>>>, _) =
            (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (log, ended, shared) = (asked.clone(), closed.clone(), Arc::new((rows, reply)));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (log, shared) = (log.clone(), shared.clone());
                thread::spawn(move || serve(stream, &shared.0, &shared.1, &log));
            }
        });
        Service { url, asked, closed }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The names of the recordings that were asked for, in this order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Ends it: who asks from now on is refused.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let address = self.url.strip_prefix("http://").unwrap().strip_suffix("/v2").unwrap();
        // Wakes who waits for a connection; then nobody does.
        let _ = TcpStream::connect(address);
        until("the server ends", || TcpStream::connect(address).is_err());
    }
}

fn serve(mut stream: TcpStream, rows: &[Value], reply: &dyn Fn(&str) -> Reply, log: &Mutex<Vec<String>>) {
    let Some((head, body)) = request(&mut stream) else { return };
    let answer = |status: u16, kind: &str, length: usize| {
        format!(
            "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    // Whoever asked may leave at any time.
    if head.starts_with("POST /v2/voicemail ") {
        let asked: Value = serde_json::from_slice(&body).unwrap();
        let time = |name: &str, or: i64| asked[name].as_i64().unwrap_or(or);
        let between = time("start_date", 0)..=time("end_date", i64::MAX);
        let found: Vec<_> =
            rows.iter().filter(|row| between.contains(&row["time"].as_i64().unwrap())).collect();
        let page = if asked["secret"] == SECRET {
            json!({ "code": 200, "count": found.len(), "voicemail": found })
        } else {
            json!({ "code": 407, "error": true, "msg": "Authentication Failed" })
        };
        let page = page.to_string();
        let _ = stream.write_all((answer(200, "application/json", page.len()) + &page).as_bytes());
        return;
    }
    let url = reqwest::Url::parse(&format!("http://x{}", head.split(' ').nth(1).unwrap())).unwrap();
    let file = url.query_pairs().find(|(name, _)| name == "file").unwrap().1.into_owned();
    log.lock().unwrap().push(file.clone());
    let from = |version: &str| {
        let head = head.to_ascii_lowercase();
        let (_, range) = head.split_once("\r\nrange: bytes=")?;
        let same = head.lines().any(|line| line == format!("if-range: {version}"));
        range.split_once('-')?.0.parse::<usize>().ok().filter(|_| same)
    };
    let mut more = String::new();
    let (status, bytes, sent) = match reply(&file) {
        Reply::Whole(bytes) => (200, bytes.clone(), bytes.len()),
        Reply::Half(bytes) => (200, bytes.clone(), bytes.len() / 2),
        Reply::Status(status) => (status, Vec::new(), 0),
        Reply::Version(bytes, version, until) => {
            let start = from(version);
            log.lock().unwrap().extend(start.map(|start| format!("{file} from {start}")));
            more = format!("etag: {version}\r\n");
            if let Some(start) = start {
                let total = bytes.len();
                more = format!("{more}content-range: bytes {start}-{}/{total}\r\n", total - 1);
            }
            let (status, start) = start.map_or((200, 0), |start| (206, start));
            (status, bytes[start..].to_vec(), until - start)
        }
    };
    let head = answer(status, "audio/mpeg", bytes.len());
    let head = format!("{}{more}\r\n", head.strip_suffix("\r\n").unwrap());
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&bytes[..sent]);
    if sent < bytes.len() {
        // Until who asked has left.
        let _ = stream.read(&mut [0]);
    }
}

/// The head of a request and its body.
fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.to_ascii_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:").and_then(|length| length.trim().parse::<usize>().ok())
            });
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return Some((head, bytes.split_off(end + 4)));
            }
        }
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => bytes.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}

/// A voicemail as it is sent.
pub fn row(time: &str, from: &str, voicename: &str) -> Value {
    let time = chrono::DateTime::parse_from_rfc3339(time).unwrap().timestamp_millis();
    json!({ "time": time, "from": from, "voicename": voicename })
}
