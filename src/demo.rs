//! A TeleCMI look-alike on 127.0.0.1, for `--demo`, for `demo-server` and for tests.
//!
//! It speaks both dialects at once: CHUB below `/v2`, CHUB India below `/v1`. It answers from raw JSON
//! and uses nothing of the client or of the program's own words, so that client and server cannot
//! share a mistake. Here: the socket, the simulated latency and the time. What is answered is in
//! `demo/answer.rs`, the voicemail in `demo/rows.rs`, the recordings in `demo/recordings.rs`, and what was
//! done with them before in `demo/past.rs`.

mod answer;
mod past;
mod recordings;
mod rows;

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{DATE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use past::past;
use rows::Rows;

/// The app ID the server accepts.
pub const APP_ID: u64 = 1_111_112;

/// The secret the server accepts, as `secret` or as `token`.
pub const SECRET: &str = "demo-secret";

/// The agent the server places calls for, by user ID. Nothing rings.
pub const AGENT: &str = "101_1111112";

/// The longest request body that is read, in bytes; a real one has about a hundred.
const BODY_MAX: usize = 64 * 1024;

/// How long to let be after a connection could not be accepted (no file descriptor left, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the server has and how it behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// How many voicemail to generate, up to some millions; `None` is the hand-written set of about 60.
    pub rows: Option<usize>,
    /// How many days before [`Options::now`] the generated voicemail spread over.
    pub days: u32,
    /// How long every answer takes; requests wait side by side.
    pub latency: Duration,
    /// How long after the start one more voicemail arrives; `None` is never.
    pub arrival: Option<Duration>,
    /// The time at the start. From then on the server's time goes on by itself.
    pub now: DateTime<Utc>,
}

impl Options {
    /// The demo as `--demo` shows it: the hand-written set, one arrival after 12 s, no latency.
    pub fn new(now: DateTime<Utc>) -> Options {
        Options {
            port: 0,
            rows: None,
            days: 12,
            latency: Duration::ZERO,
            arrival: Some(Duration::from_secs(12)),
            now,
        }
    }
}

/// A running server. Dropping it ends it and every connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server on 127.0.0.1; when this returns, it can be asked. Needs a Tokio runtime with
    /// I/O and time.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(options: Options) -> io::Result<Server> {
        let Options { port, rows, days, latency, arrival, now } = options;
        let started = Instant::now();
        let rows = match rows {
            Some(count) => Rows::generated(count, days, now, arrival),
            None => Rows::written(now, arrival)?,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let service = Arc::new(Service { rows, latency, now, started });
        Ok(Server { address, accepting: tokio::spawn(accept(listener, service)) })
    }

    /// What stands before `/voicemail` and `/play`: `http://127.0.0.1:PORT/v2`, or `/v1` for India.
    pub fn base_url(&self, india: bool) -> String {
        let version = if india { "v1" } else { "v2" };
        format!("http://{}/{version}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The task owns the connections, so they end with it.
        self.accepting.abort();
    }
}

struct Service {
    rows: Rows,
    latency: Duration,
    now: DateTime<Utc>,
    started: Instant,
}

impl Service {
    async fn serve(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, BODY_MAX).collect().await;
        tokio::time::sleep(self.latency).await;
        let now = self.now + self.started.elapsed();
        let mut response = match body {
            Ok(body) => answer::answer(&self.rows, now, &head.method, &head.uri, &body.to_bytes()),
            Err(_) => answer::failure(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"),
        };
        // Without one hyper would put in the system's time, which need not be this server's.
        if let Ok(date) = HeaderValue::try_from(now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
            response.headers_mut().insert(DATE, date);
        }
        response
    }
}

async fn accept(listener: TcpListener, service: Arc<Service>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Small answers must not wait for the client's acknowledgement; where the option
                    // cannot be set, they are only slower.
                    let _ = stream.set_nodelay(true);
                    let service = Arc::clone(&service);
                    connections.spawn(async move {
                        let serve = service_fn(|request| {
                            let service = Arc::clone(&service);
                            async move { Ok::<_, Infallible>(service.serve(request).await) }
                        });
                        // An error here is a client that hung up or did not speak HTTP: its loss.
                        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await;
                    });
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
