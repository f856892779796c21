//! The body of a response, which reports when the browser reads from it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// How many bytes a connection gets at once. It asks for more once these are sent, so a player that stops
/// reading is noticed.
const PIECE: usize = 64 * 1024;

/// When the browser last read from the recording.
#[derive(Default)]
pub(super) struct LastRead(Mutex<Option<Instant>>);

impl LastRead {
    /// Records that the browser read.
    pub(super) fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn last(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes sent in pieces. All connections share one copy of the recording.
pub(super) struct Pieces {
    left: Bytes,
    /// Notified of every piece of the recording.
    last_read: Option<Arc<LastRead>>,
}

impl Pieces {
    /// A response body that does not report reads.
    pub(super) fn of(bytes: impl Into<Bytes>) -> Pieces {
        Pieces { left: bytes.into(), last_read: None }
    }

    /// A response body with a part of the recording, which reports reads.
    pub(super) fn of_recording(part: Bytes, last_read: Arc<LastRead>) -> Pieces {
        Pieces { left: part, last_read: Some(last_read) }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(last_read) = &self.last_read {
            last_read.now();
        }
        let len = self.left.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(len)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
