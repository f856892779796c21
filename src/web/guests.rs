//! The connections to the page: limited in number, time and buffers, because anybody on the machine can
//! connect. Connections that have sent a token take precedence.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

use super::answer::Site;

/// The maximum number of connections. A browser uses about six per server.
const GUESTS_MAX: usize = 32;

/// How long a client may take to send the head of a request, and how long a connection may stay idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// The maximum size of a request's head, in bytes, and hyper's minimum.
const HEAD_MAX: usize = 8 * 1024;

/// The maximum number of headers of a request. A browser sends about twenty.
const HEADERS_MAX: usize = 64;

/// The open connections, oldest first.
pub(super) struct Guests {
    tasks: JoinSet<()>,
    known: VecDeque<Guest>,
}

struct Guest {
    task: AbortHandle,
    trusted: Arc<AtomicBool>,
}

impl Guests {
    pub(super) fn new() -> Guests {
        Guests { tasks: JoinSet::new(), known: VecDeque::new() }
    }

    /// Serves a connection to the page. If there are too many, closes the oldest that has sent no token. So
    /// nobody can keep a browser out by opening many: a browser sends its token right after connecting.
    pub(super) fn welcome(&mut self, stream: TcpStream, site: &Arc<Site>) {
        self.known.retain(|guest| !guest.task.is_finished());
        if self.known.len() >= GUESTS_MAX {
            let stranger = self.known.iter().position(|guest| !guest.trusted.load(Ordering::Relaxed));
            let Some(guest) = stranger.and_then(|at| self.known.remove(at)) else { return };
            guest.task.abort();
        }
        let trusted = Arc::new(AtomicBool::new(false));
        let task = self.tasks.spawn(serve(stream, Arc::clone(site), Arc::clone(&trusted)));
        self.known.push_back(Guest { task, trusted });
    }

    /// Waits until a connection to the page has ended. Cancel-safe.
    pub(super) async fn leave(&mut self) {
        if self.tasks.join_next().await.is_none() {
            pending::<()>().await;
        }
    }

    /// Closes all connections to the page.
    pub(super) async fn dismiss(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn serve(stream: TcpStream, site: Arc<Site>, trusted: Arc<AtomicBool>) {
    // Small answers should not wait for acknowledgements. If the option cannot be set, they are only
    // slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        // The request's body is ignored: hyper closes the connection instead of reading a long one.
        let (head, _) = request.into_parts();
        let answer = site.answer(&head);
        if answer.trusted {
            trusted.store(true, Ordering::Relaxed);
        }
        async { Ok::<_, Infallible>(answer.response) }
    });
    // Errors mean that the client hung up or did not speak HTTP.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
