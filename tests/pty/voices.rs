//! A server with voicemail of a test's own making: the test says what comes in place of each
//! recording, and sees when it was asked for.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::harness::Launch;
use crate::world::{Home, inbox};

/// How many voicemail are on a page.
const PAGE: usize = 10;

/// How much of a held recording is sent.
const FIRST: usize = 200;

/// An answer to a request for a recording.
#[derive(Clone)]
pub struct Reply {
    head: String,
    body: Vec<u8>,
    endless: bool,
}

impl Reply {
    /// A whole recording.
    pub fn audio(body: &[u8]) -> Reply {
        let kind = if body.starts_with(b"RIFF") { "audio/wav" } else { "audio/mpeg" };
        Reply::new(200, &format!("content-type: {kind}\r\ncontent-length: {}", body.len()), body)
    }

    /// Anything: the status, the lines below it, the body.
    pub fn new(status: u16, head: &str, body: &[u8]) -> Reply {
        let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{head}\r\n\r\n");
        Reply { head, body: body.to_owned(), endless: false }
    }

    /// The same, with the body again and again.
    pub fn endless(self) -> Reply {
        Reply { endless: true, ..self }
    }
}

/// A running server. Its voicemail are numbered, the newest is 0, and each is from a caller with
/// its number.
pub struct Voices {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    now: DateTime<Utc>,
    rows: usize,
    reply: Box<dyn Fn(usize) -> Reply + Send + Sync>,
    log: Mutex<Log>,
    changed: Condvar,
}

#[derive(Default)]
struct Log {
    held: bool,
    /// The voicemail asked for, in this order.
    asked: Vec<usize>,
    running: Vec<usize>,
    /// The requests for them, with what was in them.
    requests: Vec<String>,
    /// What was under way whenever a request came.
    together: Vec<Vec<usize>>,
}

impl Voices {
    /// So many voicemail, and what comes in place of their recordings.
    pub fn start(rows: usize, reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Voices {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            now: SystemTime::now().into(),
            rows,
            reply: Box::new(reply),
            log: Mutex::default(),
            changed: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Voices { port, shared }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2", self.port)
    }

    /// The inbox of this server's account.
    pub fn inbox(&self, home: &Home, args: &[&str]) -> Launch {
        inbox(home, &self.url(), args)
    }

    /// From now on recordings begin to come and go on once this is undone.
    pub fn hold(&self, held: bool) {
        self.shared.log.lock().unwrap().held = held;
        self.shared.changed.notify_all();
    }

    /// The voicemail whose recordings were asked for, in this order.
    pub fn asked(&self) -> Vec<usize> {
        self.shared.log.lock().unwrap().asked.clone()
    }

    /// Whether `text` was in a request for a recording.
    pub fn heard(&self, text: &str) -> bool {
        self.shared.log.lock().unwrap().requests.iter().any(|request| request.contains(text))
    }

    /// The voicemail whose recordings are under way, in the order of their numbers.
    pub fn running(&self) -> Vec<usize> {
        let mut running = self.shared.log.lock().unwrap().running.clone();
        running.sort_unstable();
        running
    }

    /// How many of the recordings that `of` is true for were under way at once at the most.
    pub fn most(&self, of: impl Fn(usize) -> bool) -> usize {
        let log = self.shared.log.lock().unwrap();
        log.together.iter().map(|rows| rows.iter().filter(|row| of(**row)).count()).max().unwrap_or(0)
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let Some((head, body)) = request(&mut stream) else { return };
        if head.starts_with("POST /v2/voicemail ") {
            let page = self.page(&serde_json::from_slice(&body).unwrap()).to_string();
            let reply = Reply::new(
                200,
                &format!("content-type: application/json\r\ncontent-length: {}", page.len()),
                page.as_bytes(),
            );
            let _ = stream.write_all(&[reply.head.as_bytes(), &reply.body].concat());
            return;
        }
        let asked = head.lines().next().unwrap_or_default();
        let Some(row) = (0..self.rows).find(|row| asked.contains(&self.name(*row))) else { return };
        {
            let mut log = self.log.lock().unwrap();
            log.asked.push(row);
            log.requests.push(asked.to_owned());
            log.running.push(row);
            let running = log.running.clone();
            log.together.push(running);
        }
        // Whoever asked may leave at any time.
        let _ = self.play(&mut stream, row);
        let mut log = self.log.lock().unwrap();
        let at = log.running.iter().position(|other| *other == row).unwrap();
        log.running.swap_remove(at);
    }

    fn play(&self, stream: &mut TcpStream, row: usize) -> std::io::Result<()> {
        let Reply { head, body, endless } = (self.reply)(row);
        stream.write_all(head.as_bytes())?;
        let (first, rest) = body.split_at(body.len().min(FIRST));
        stream.write_all(first)?;
        self.wait_while_held(stream);
        stream.write_all(rest)?;
        if !endless {
            return Ok(());
        }
        loop {
            stream.write_all(&body)?;
        }
    }

    /// Until it is not held any more, or whoever asked has left.
    fn wait_while_held(&self, stream: &mut TcpStream) {
        stream.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let mut log = self.log.lock().unwrap();
        while log.held {
            log = self.changed.wait_timeout(log, Duration::from_millis(5)).unwrap().0;
            if matches!(stream.read(&mut [0]), Ok(0)) {
                return;
            }
        }
    }

    fn page(&self, asked: &Value) -> Value {
        let from = asked["start_date"].as_i64().unwrap();
        let to = asked["end_date"].as_i64().unwrap_or(i64::MAX);
        let page = asked["page"].as_u64().unwrap_or(1) as usize;
        let rows: Vec<_> = (0..self.rows).filter(|row| (from..=to).contains(&self.time(*row))).collect();
        let shown = rows.chunks(PAGE).nth(page - 1).unwrap_or_default();
        let voicemail = |row: &usize| json!({ "time": self.time(*row), "from": caller(*row), "voicename": self.name(*row) });
        json!({ "code": 200, "count": rows.len(), "voicemail": shown.iter().map(voicemail).collect::<Vec<_>>() })
    }

    fn time(&self, row: usize) -> i64 {
        self.now.timestamp_millis() - 1_000 * (row as i64 + 1)
    }

    fn name(&self, row: usize) -> String {
        format!("{:013}{row:011}_{}.mp3", self.time(row), caller(row))
    }
}

/// Who left voicemail number `row`.
fn caller(row: usize) -> String {
    format!("9198765{row:05}")
}

/// How the screen shows who left voicemail number `row`.
pub fn shown_caller(row: usize) -> String {
    format!("+91 98765 {row:05}")
}

/// The head of a request and its body.
fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
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
