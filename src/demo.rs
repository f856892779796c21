//! The demo server: a TeleCMI look-alike on 127.0.0.1, for `--demo`, for `demo-server` and for tests.
//!
//! It serves both dialects at once: CHUB at `/v2`, CHUB India at `/v1`. It answers with raw JSON and
//! shares no code or types with the client, so that client and server cannot share a mistake. The
//! socket, the simulated latency and the time are here; responses are in `demo/answer.rs`, voicemails in
//! `demo/rows.rs`, recordings in `demo/recordings.rs`, and the user's earlier changes in `demo/past.rs`.

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

/// The user ID of the agent for calls. Nothing rings.
pub const AGENT: &str = "101_1111112";

/// The longest request body to read, in bytes; a real one has about a hundred.
const BODY_MAX: usize = 64 * 1024;

/// The pause after a connection could not be accepted, mostly because no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The server's data and behaviour.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// How many voicemails to generate, up to some millions; `None` for the hand-written set of about 60.
    pub rows: Option<usize>,
    /// The number of days before [`Options::now`] over which the generated voicemails are spread.
    pub days: u32,
    /// The delay of every response; concurrent requests wait in parallel.
    pub latency: Duration,
    /// The time after the start at which one more voicemail arrives; `None` for never.
    pub arrival: Option<Duration>,
    /// The server's time at the start; it advances from there.
    pub now: DateTime<Utc>,
}

impl Options {
    /// The options for `--demo`: the hand-written set, one arrival after 12 s, no latency.
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

/// A running server. Dropping it stops it and closes every connection.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a demo server on 127.0.0.1, ready for requests when this returns. Needs a Tokio runtime with
    /// I/O and time.
    ///
    /// # Errors
    /// If the port cannot be bound.
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

    /// Returns the base URL of the demo server, without `/voicemail` or `/play`: `http://127.0.0.1:PORT/v2`,
    /// or `/v1` for India.
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
        // Otherwise hyper would send the system's time, which may differ from this server's.
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
                    // Do not delay small responses until the client's acknowledgement. If the option
                    // cannot be set, responses are only slower.
                    let _ = stream.set_nodelay(true);
                    let service = Arc::clone(&service);
                    connections.spawn(async move {
                        let serve = service_fn(|request| {
                            let service = Arc::clone(&service);
                            async move { Ok::<_, Infallible>(service.serve(request).await) }
                        });
                        // Ignore errors: the client hung up or did not speak HTTP.
                        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await;
                    });
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
