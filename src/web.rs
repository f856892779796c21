//! One recording for the browser of somebody who works over ssh: a page on 127.0.0.1 that is reached
//! through `ssh -L`.
//!
//! Others on the same machine can connect too, and so can any web page that their or this user's
//! browser shows. The page's address therefore holds a random token, the page opens once, and what
//! it says about the recording's address is a second one. Nothing here asks the network, the store
//! or the screen. Here: the socket, who may stay connected, and when it ends. What is answered is in
//! `web/answer.rs`.
//!
//! ```text
//! Waiting ── page opened ──► Opened ── recording not asked for during `idle` ──► Closed(Heard)
//!    └────── not opened during `lifetime` ─────────────────────────────────────► Closed(TimeUp)
//! ```

mod answer;
mod body;
mod guests;
mod html;
#[cfg(unix)]
pub mod socket;
mod span;
pub mod ssh;
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

/// The port that is tried first when nothing else is wished: the same line to copy every time.
pub const PORT: u16 = 8321;

/// How many ports above the preferred one are tried before any free one is taken.
const PORTS: u16 = 20;

/// How long to let be after a connection could not be accepted (no file descriptor left, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the page shows and how long it stays.
#[derive(Clone)]
pub struct Options {
    /// The recording, whole. It is shared, not copied.
    pub recording: Bytes,
    /// Its type: `audio/mpeg` or `audio/wav`.
    pub media_type: &'static str,
    /// Who called: any text, made safe for HTML here.
    pub caller: String,
    /// When the call was, as it is to be read.
    pub time: String,
    /// The name under which the browser saves the recording.
    pub file_name: String,
    /// How long the page waits to be opened.
    pub lifetime: Duration,
    /// How long the recording stays after the browser last took a part of it. A paused player takes
    /// nothing; a short recording is taken whole at once, and then this is the time to hear it in.
    pub idle: Duration,
    /// The port on 127.0.0.1; when it is taken, one of the next, and then any free one.
    pub port: u16,
}

/// How far the page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has opened it yet.
    Waiting,
    /// It is open in a browser.
    Opened,
    /// It is gone, and its port is free.
    Closed(Closed),
}

/// Why the page is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Nobody opened it in time.
    TimeUp,
    /// It was opened, and the recording has not been asked for in a while.
    Heard,
}

/// A page that is being served. Dropping it ends it and every connection.
#[derive(Debug)]
pub struct Page {
    port: u16,
    token: Token,
    stage: watch::Receiver<Stage>,
    serving: JoinHandle<()>,
}

impl Page {
    /// Starts serving on 127.0.0.1; when this returns, the page can be opened. Needs a Tokio runtime
    /// with I/O and time.
    ///
    /// # Errors
    /// When no port can be bound or the system has no random numbers.
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

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The page's address. It holds the token: for the screen and the clipboard, not for a log.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token.expose())
    }

    /// How far it is now.
    pub fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Waits until it is further than when this was last asked, and says how far. May be dropped and
    /// asked again without loss. After [`Stage::Closed`] nothing changes any more, and it never returns.
    pub async fn changed(&mut self) -> Stage {
        if self.stage.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *self.stage.borrow_and_update()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The task owns the listener and the connections, so they end with it.
        self.serving.abort();
    }
}

/// The preferred port, the next free one, or any.
async fn bind(preferred: u16) -> io::Result<TcpListener> {
    for port in preferred..=preferred.saturating_add(PORTS) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            // Below 1024 is the system's.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {}
            bound => return bound,
        }
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// Answers until the time is up.
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
        let (end, closed) = match site.last_taken() {
            Some(taken) => (taken + idle, Closed::Heard),
            None => (started + lifetime, Closed::TimeUp),
        };
        if end <= Instant::now() {
            break closed;
        }
        tokio::select! {
            // Meanwhile the end may have moved, so it is looked at again.
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
    // Whoever reads the stage may count on the port being free.
    drop(listener);
    guests.dismiss().await;
    stage.send_replace(Stage::Closed(closed));
}
