//! Who is connected. Anybody on the machine can connect, so nobody may cost much: few connections,
//! short waits, small buffers, and whoever shows a token has precedence over whoever does not.

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

/// How many may be connected. A browser keeps about six connections to one server.
const GUESTS_MAX: usize = 32;

/// How long a guest may take for the head of a request, and how long one may stay without a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest head of a request, in bytes; also the least that hyper reads into.
const HEAD_MAX: usize = 8 * 1024;

/// The most header lines of a request; a browser sends about twenty.
const HEADERS_MAX: usize = 64;

/// The connections, oldest first.
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

    /// Serves one more connection. When there are too many, the oldest that has shown no token goes;
    /// somebody who opens many cannot keep a browser out, which asks as soon as it is connected.
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

    /// Waits until a guest has left. May be dropped and called again.
    pub(super) async fn leave(&mut self) {
        if self.tasks.join_next().await.is_none() {
            pending::<()>().await;
        }
    }

    /// Ends every connection.
    pub(super) async fn dismiss(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn serve(stream: TcpStream, site: Arc<Site>, trusted: Arc<AtomicBool>) {
    // Small answers must not wait for the client's acknowledgement; where the option cannot be set,
    // they are only slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        // Whatever body there is, nobody asked for it: hyper closes instead of reading a long one.
        let (head, _) = request.into_parts();
        let answer = site.answer(&head);
        if answer.trusted {
            trusted.store(true, Ordering::Relaxed);
        }
        async { Ok::<_, Infallible>(answer.response) }
    });
    // An error here is a client that hung up or did not speak HTTP: its loss.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
