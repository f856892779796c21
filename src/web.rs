//! Serves one recording as a page on 127.0.0.1, for the browser of a user who works over ssh and forwards
//! the port with `ssh -L`.
//!
//! Other users of the machine can connect too, and so can any web page in a browser on either machine.
//! Therefore the page's address contains a random token, the page opens only once, and the recording's
//! address, known only to the page, contains a second token. This file has the socket, the connections and
//! the lifetime; requests are answered in `web/answer.rs`. Nothing here uses the network beyond 127.0.0.1,
//! the store or the screen.
//!
//! ```text
//! Waiting ── page opened ──► Opened ── recording not requested for `idle` ──► Closed(Heard)
//!    └────── not opened within `lifetime` ──────────────────────────────────► Closed(TimeUp)
//! ```

mod answer;
mod body;
mod guests;
mod html;
#[cfg(unix)]
pub mod socket;
mod span;
mod token;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use answer::Site;
use guests::Guests;
use token::Token;

/// The default port, always tried first, so that the ssh command stays the same.
pub const PORT: u16 = 8321;

/// How many ports after the preferred one to try before using any free one.
const PORTS: u16 = 20;

/// How long to wait after a connection could not be accepted, usually for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The content of the page, and its lifetime.
#[derive(Clone)]
pub struct Options {
    /// The whole recording. Shared, not copied.
    pub recording: Bytes,
    /// Its media type: `audio/mpeg` or `audio/wav`.
    pub media_type: &'static str,
    /// The caller. Any text: it is escaped for HTML.
    pub caller: String,
    /// The time of the call, as shown on the page.
    pub time: String,
    /// The file name for saving from the browser.
    pub file_name: String,
    /// How long the page waits to be opened.
    pub lifetime: Duration,
    /// How long the recording stays after the last read by the browser. A paused player reads nothing, and
    /// a short recording is read at once: then this is the time to listen to it.
    pub idle: Duration,
    /// The preferred port on 127.0.0.1. If it is taken, the next free one is used, or else any.
    pub port: u16,
}

/// The state of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was not opened yet.
    Waiting,
    /// A browser has opened it.
    Opened,
    /// It is closed, and its port is free.
    Closed(Closed),
}

/// Why the page was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was not opened in time.
    TimeUp,
    /// It was opened, and the recording was not requested for a while.
    Heard,
}

/// A page being served. Dropping it closes it and all connections.
#[derive(Debug)]
pub struct Page {
    port: u16,
    token: Token,
    stage: watch::Receiver<Stage>,
    serving: JoinHandle<()>,
}

impl Page {
    /// Starts serving the page of one recording on 127.0.0.1. It can be opened as soon as this returns. Needs
    /// a Tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When no port can be bound, or the system provides no random numbers.
    pub async fn open(options: Options) -> io::Result<Page> {
        let Options { lifetime, idle, port, .. } = options;
        let listener = bind(port).await?;
        let port = listener.local_addr()?.port();
        let site = Arc::new(Site::new(options)?);
        let token = site.token().clone();
        let (sender, stage) = watch::channel(Stage::Waiting);
        let serving = tokio::spawn(serve(listener, site, sender, lifetime, idle));
        Ok(Page { port, token, stage, serving })
    }

    /// Returns the page's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the web page's address. It contains the token: show or copy it, but never log it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token.expose())
    }

    /// Returns the current state of the served page.
    pub fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Waits for the next change of the page's state and returns it. Cancel-safe. Never returns after
    /// [`Stage::Closed`].
    pub async fn changed(&mut self) -> Stage {
        if self.stage.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *self.stage.borrow_and_update()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The task owns the listener and the connections, so they are closed too.
        self.serving.abort();
    }
}

/// Binds the preferred port, the next free one, or any.
async fn bind(preferred: u16) -> io::Result<TcpListener> {
    for port in preferred..=preferred.saturating_add(PORTS) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            // Ports below 1024 are privileged.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {}
            bound => return bound,
        }
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// Answers requests until the page expires.
async fn serve(
    listener: TcpListener,
    site: Arc<Site>,
    stage: watch::Sender<Stage>,
    lifetime: Duration,
    idle: Duration,
) {
    let started = Instant::now();
    let mut guests = Guests::new();
    let closed = loop {
        let (end, closed) = match site.last_read() {
            Some(taken) => (taken + idle, Closed::Heard),
            None => (started + lifetime, Closed::TimeUp),
        };
        if end <= Instant::now() {
            break closed;
        }
        tokio::select! {
            // The end may have moved meanwhile: the loop checks it again.
            () = sleep_until(end) => {}
            () = site.opened() => {
                stage.send_replace(Stage::Opened);
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => guests.welcome(stream, &site),
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            () = guests.leave() => {}
        }
    };
    // The port must be free before the state says so.
    drop(listener);
    guests.dismiss().await;
    stage.send_replace(Stage::Closed(closed));
}
