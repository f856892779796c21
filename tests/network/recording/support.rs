//! A folder for recordings, a server that follows a script, and the check that every error goes
//! through.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use vmail::core::model::{RecordingName, Region, VoicemailId};
use vmail::recording::{FetchError, Kept, Limits, Recordings};
use vmail::telecmi::{Client, Timeouts};

use crate::support::{self, loopback};

pub use crate::support::{SECRET, checked};

pub fn id(number: u64) -> VoicemailId {
    VoicemailId::from_bits(number)
}

pub fn name() -> RecordingName {
    RecordingName::new("../../a.mp3")
}

pub fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// So many bytes that begin like an MP3 and never repeat soon.
pub fn mp3(bytes: usize) -> Vec<u8> {
    let noise = (0..bytes as u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8);
    b"\xff\xfb\x90\x64".iter().copied().chain(noise).take(bytes).collect()
}

/// Waits that a test does not notice.
pub fn limits() -> Limits {
    Limits { first_wait: Duration::from_millis(1), ..Limits::default() }
}

/// The folder of what is not whole yet.
pub const PARTS: &str = "parts";

/// Recordings in a folder of their own, which must be made first.
pub struct Shelf {
    pub recordings: Recordings,
    dir: TempDir,
}

impl Shelf {
    pub fn new(limits: Limits) -> Shelf {
        let dir = TempDir::new().unwrap();
        let recordings = Recordings::open(dir.path().join("deep/recordings"), limits, now()).unwrap();
        Shelf { recordings, dir }
    }

    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("deep/recordings")
    }

    /// The names of everything in the folder, in order; of a folder in it, the names in that.
    pub fn files(&self) -> Vec<String> {
        let names = |folder: PathBuf| {
            let entries = fs::read_dir(folder).into_iter().flatten();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap())
        };
        let drafts = names(self.folder().join(PARTS)).map(|name| format!("{PARTS}/{name}"));
        let mut names: Vec<_> = names(self.folder()).filter(|name| name != PARTS).chain(drafts).collect();
        names.sort_unstable();
        names
    }

    /// What another program would have that is started now.
    pub fn reopened(&self) -> Recordings {
        Recordings::open(self.folder(), limits(), now()).unwrap()
    }

    pub async fn fetch(&self, server: &ScriptedServer, number: u64) -> Result<Kept, FetchError> {
        self.fetch_with(server, number, |_, _| {}).await
    }

    pub async fn fetch_with(
        &self,
        server: &ScriptedServer,
        number: u64,
        progress: impl Fn(u64, Option<u64>),
    ) -> Result<Kept, FetchError> {
        let name = name();
        let fetch = self.recordings.fetch(&server.client, id(number), &name, progress);
        in_time(fetch).await.inspect_err(|error| {
            checked(error);
        })
    }
}

/// What `work` gives. A test that waits in vain must fail and not hang.
pub async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.expect("nothing happens any more")
}

/// What a server does with one request: bytes, then what comes after them.
#[derive(Clone)]
pub struct Reply {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(Clone)]
enum Then {
    Close,
    /// Says nothing more and keeps the connection.
    Hold,
    /// Waits until the test opens the gate, then sends the rest.
    Gate(Arc<Semaphore>, Vec<u8>),
    /// Sends the same again and again.
    Forever(Vec<u8>),
    /// Sends the file up to a place, or the part of it that is asked for if this is its version; then
    /// says nothing more and keeps the connection, if that is not all.
    File {
        body: Vec<u8>,
        version: &'static str,
        until: usize,
    },
}

impl Reply {
    /// An answer with this head (lines below the status) and body, and nothing more.
    pub fn new(status: u16, head: &str, body: impl AsRef<[u8]>) -> Reply {
        let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{head}\r\n\r\n");
        Reply { bytes: [head.as_bytes(), body.as_ref()].concat(), then: Then::Close }
    }

    /// Audio that says how long it is.
    pub fn audio(body: impl AsRef<[u8]>) -> Reply {
        let length = body.as_ref().len();
        Reply::new(200, &format!("content-type: audio/mpeg\r\ncontent-length: {length}"), body)
    }

    /// The first `sent` bytes of audio that says how long it is.
    pub fn cut(body: &[u8], sent: usize) -> Reply {
        let mut reply = Reply::audio(body);
        reply.bytes.truncate(reply.bytes.len() - (body.len() - sent));
        reply
    }

    /// The part of `body` from `start`.
    pub fn part(body: &[u8], start: usize) -> Reply {
        let (length, total) = (body.len() - start, body.len());
        let range = format!("content-range: bytes {start}-{}/{total}", total - 1);
        let head = format!("content-type: audio/mpeg\r\ncontent-length: {length}\r\n{range}");
        Reply::new(206, &head, &body[start..])
    }

    /// `body` or the part of it that is asked for, as a server answers that knows versions.
    pub fn file(body: &[u8], version: &'static str) -> Reply {
        Reply::file_until(body, version, body.len())
    }

    /// The same, but nothing comes of what is from `until` on.
    pub fn file_until(body: &[u8], version: &'static str, until: usize) -> Reply {
        Reply { bytes: Vec::new(), then: Then::File { body: body.to_owned(), version, until } }
    }

    /// The same with one more line in its head.
    pub fn with(mut self, line: &str) -> Reply {
        let at = self.bytes.windows(2).position(|bytes| bytes == b"\r\n").unwrap();
        self.bytes.splice(at..at, format!("\r\n{line}").bytes());
        self
    }

    pub fn then_hold(self) -> Reply {
        Reply { then: Then::Hold, ..self }
    }

    pub fn then_forever(self, bytes: impl Into<Vec<u8>>) -> Reply {
        Reply { then: Then::Forever(bytes.into()), ..self }
    }

    /// The same, with everything after `sent` bytes of its body kept back until the gate opens.
    pub fn gated(self, gate: &Arc<Semaphore>, body: usize, sent: usize) -> Reply {
        let at = self.bytes.len() - (body - sent);
        let (now, later) = self.bytes.split_at(at);
        Reply { bytes: now.to_vec(), then: Then::Gate(Arc::clone(gate), later.to_vec()) }
    }
}

/// A gate for [`Reply::gated`].
pub fn closed() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(0))
}

/// A server that answers by a script: a reply for each request, the last one for all that follow.
pub struct ScriptedServer {
    pub client: Client,
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl ScriptedServer {
    pub async fn start(script: impl Into<Vec<Reply>>) -> ScriptedServer {
        ScriptedServer::with_timeouts(script, Timeouts::default()).await
    }

    pub async fn with_timeouts(script: impl Into<Vec<Reply>>, timeouts: Timeouts) -> ScriptedServer {
        let script = script.into();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, log) = (script.clone(), Arc::clone(&log));
                tokio::spawn(serve(stream, script, log));
            }
        });
        ScriptedServer { client: client(port, timeouts), port, requests }
    }

    /// Every request up to now, with its head.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

pub fn client(port: u16, timeouts: Timeouts) -> Client {
    support::client(&loopback(port), Region::Global, timeouts)
}

async fn serve(mut stream: TcpStream, script: Vec<Reply>, log: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let number = {
        let mut log = log.lock().unwrap();
        log.push(head.clone());
        log.len() - 1
    };
    let Reply { bytes, then } = script[number.min(script.len() - 1)].clone();
    // The client may leave at any time.
    let _ = stream.write_all(&bytes).await;
    match then {
        Then::Close => {}
        Then::Hold => {
            let _ = stream.read(&mut [0]).await;
        }
        Then::Gate(gate, rest) => {
            gate.acquire().await.unwrap().forget();
            let _ = stream.write_all(&rest).await;
        }
        Then::File { body, version, until } => {
            let start = from(&head).filter(|_| head.contains(&format!("if-range: {version}\r\n")));
            let reply = start.map_or_else(|| Reply::audio(&body), |start| Reply::part(&body, start));
            let mut bytes = reply.with(&format!("etag: {version}")).bytes;
            bytes.truncate(bytes.len() - (body.len() - until));
            let _ = stream.write_all(&bytes).await;
            if until < body.len() {
                let _ = stream.read(&mut [0]).await;
            }
        }
        Then::Forever(bytes) => while stream.write_all(&bytes).await.is_ok() {},
    }
    let _ = stream.shutdown().await;
}

/// From which byte a request asks for a part.
pub fn from(request: &str) -> Option<usize> {
    let (_, range) = request.split_once("\r\nrange: bytes=")?;
    range.split_once('-')?.0.parse().ok()
}
