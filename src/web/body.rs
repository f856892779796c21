//! A body that notes when the browser takes more of it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::answer::Taken;

/// How much is handed to a connection at once, in bytes. The next piece is asked for when this one
/// is on its way, so a player that has stopped reading is seen to have stopped.
const PIECE: usize = 64 * 1024;

/// Bytes, handed over in pieces. Of the recording there is one copy however many connections ask.
pub(super) struct Pieces {
    left: Bytes,
    /// For the recording: told of every piece.
    taken: Option<Arc<Taken>>,
}

impl Pieces {
    /// Bytes of which nobody needs to know that they were taken.
    pub(super) fn of(bytes: impl Into<Bytes>) -> Pieces {
        Pieces { left: bytes.into(), taken: None }
    }

    /// A part of the recording.
    pub(super) fn of_recording(part: Bytes, taken: Arc<Taken>) -> Pieces {
        Pieces { left: part, taken: Some(taken) }
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
        if let Some(taken) = &self.taken {
            taken.now();
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
