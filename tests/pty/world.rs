//! What the program finds around it: a home folder and a server.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use tokio::runtime::Runtime;
use vmail::demo::{self, APP_ID, Options, SECRET};

use crate::harness::Launch;

pub use crate::home::Home;

impl Home {
    /// The names in the store's folder, without the files SQLite puts beside a store.
    pub fn stores(&self) -> Vec<String> {
        let folder = self.path().join("data/vmail");
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
            .collect();
        names.sort();
        names
    }

    /// How many voicemail the store holds, and how many different ones.
    pub fn stored(&self) -> (i64, i64) {
        let store = rusqlite::Connection::open(self.store()).unwrap();
        let query = "SELECT count(*), count(DISTINCT id) FROM voicemail";
        store.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    }

    /// Every note.
    pub fn notes(&self) -> Vec<String> {
        let store = rusqlite::Connection::open(self.store()).unwrap();
        let mut query = store.prepare("SELECT text FROM note").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// When the voicemail was left that is number `row` in the list, from 0.
    pub fn time_of_row(&self, row: usize) -> DateTime<Utc> {
        let store = rusqlite::Connection::open(self.store()).unwrap();
        let query = "SELECT time FROM voicemail ORDER BY time DESC, id DESC LIMIT 1 OFFSET ?1";
        let millis = store.query_row(query, [row as i64], |row| row.get(0)).unwrap();
        DateTime::from_timestamp_millis(millis).unwrap()
    }
}

/// The demo server, in this process, so that a test can choose what it does.
pub struct Server {
    url: String,
    port: u16,
    // The server ends before the runtime it runs on.
    running: Option<demo::Server>,
    runtime: Runtime,
}

impl Server {
    /// The demo's voicemail, and none arrives.
    pub fn start() -> Server {
        Server::with(|options| options)
    }

    pub fn with(options: impl FnOnce(Options) -> Options) -> Server {
        let still = Options { arrival: None, ..Options::new(SystemTime::now().into()) };
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(demo::Server::start(options(still))).unwrap();
        let url = server.base_url(false);
        let port = url.trim_end_matches("/v2").rsplit(':').next().unwrap().parse().unwrap();
        Server { url, port, running: Some(server), runtime }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The inbox of this server's account.
    pub fn inbox(&self, home: &Home, args: &[&str]) -> Launch {
        inbox(home, self.url(), args)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.running.take());
        // Its tasks were told to end; they have when another server can have the port.
        let probe = Ipv4Addr::LOCALHOST;
        while self.runtime.block_on(tokio::net::TcpListener::bind((probe, self.port))).is_err() {
            thread::yield_now();
        }
    }
}

/// The inbox of the demo account at `url`.
pub fn inbox(home: &Home, url: &str, args: &[&str]) -> Launch {
    with_credentials(Launch::vmail(home, ["--base-url", url].iter().chain(args)))
}

/// The demo account's credentials in the environment.
pub fn with_credentials(launch: Launch) -> Launch {
    launch.env("TELECMI_APPID", APP_ID.to_string()).env("TELECMI_SECRET", SECRET)
}

/// Stands before a server and counts the pages asked for.
pub struct Relay {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Relay {
    pub fn before(server: &Server) -> Relay {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/v2", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (count, port) = (asked.clone(), server.port());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                let (back_from, back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let count = count.clone();
                thread::spawn(move || {
                    pass_on(client, server, |requests| {
                        count.fetch_add(requests, Ordering::SeqCst);
                    });
                });
                thread::spawn(move || pass_on(back_from, back_to, |_| ()));
            }
        });
        Relay { url, asked }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The pages asked for so far.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, count: impl Fn(usize)) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        // A request's head is written at once, and no request is sent before the last is answered.
        count(String::from_utf8_lossy(&buffer[..read]).matches("POST /v2/voicemail ").count());
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Options for `rows` made-up voicemail, each answer held back by `latency`.
pub fn made_up(rows: usize, latency: Duration) -> impl FnOnce(Options) -> Options {
    move |options| Options { rows: Some(rows), latency, ..options }
}
