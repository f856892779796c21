//! The thread that owns the store, and the handle to it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::{Opened, Store, StoreError};

/// How many jobs may be queued: more than a user can cause while a disk stalls. Whoever can wait then waits.
const QUEUE: usize = 1_024;

type Job = Box<dyn FnOnce(&mut Result<Store, StoreError>) + Send>;

enum Request {
    Run(Job),
    /// Close the store, end the thread, then signal the sender.
    Close(oneshot::Sender<()>),
}

/// A handle to the thread that owns the store. Cheap to clone; jobs run in the order they are sent.
///
/// The thread ends after [`StoreHandle::close`], or when the last handle is dropped and all jobs are
/// done.
#[derive(Clone)]
pub struct StoreHandle {
    requests: mpsc::Sender<Request>,
}

impl std::fmt::Debug for StoreHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreHandle").finish_non_exhaustive()
    }
}

impl StoreHandle {
    /// Starts a thread that opens the store with `open`, so that the caller does not wait for the disk.
    ///
    /// The notices of `open` wait in [`Store::notices`]; if it fails, every call returns its error.
    pub fn spawn(open: impl FnOnce() -> Result<Opened, StoreError> + Send + 'static) -> StoreHandle {
        let (requests, mut inbox) = mpsc::channel(QUEUE);
        let started = thread::Builder::new().name("store".to_owned()).spawn(move || {
            let mut store = run(|| open().map(Opened::into_store));
            let mut waits = None;
            while let Some(request) = inbox.blocking_recv() {
                match request {
                    Request::Run(job) => job(&mut store),
                    Request::Close(done) => {
                        waits = Some(done);
                        break;
                    }
                }
                if let Ok(store) = &mut store
                    && inbox.is_empty()
                {
                    store.idle();
                }
            }
            if let Ok(store) = store {
                // A panic is caught, because the one who waits must be told.
                let _ = run(|| {
                    store.close();
                    Ok(())
                });
            }
            if let Some(done) = waits {
                // Fails if nobody waits any more, which is fine.
                let _ = done.send(());
            }
        });
        if let Err(error) = started {
            // The inbox was dropped with the closure, so every call returns `StoreError::Closed`.
            tracing::error!(%error, "cannot start the store's thread");
        }
        StoreHandle { requests }
    }

    /// Runs `job` on the store's thread and returns its result.
    ///
    /// Once sent, the job runs even if the returned future is dropped.
    pub async fn call<R, F>(&self, job: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Store) -> Result<R, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        // Fails if the future was dropped; the job is done anyway.
        let job = answered(job, move |result| drop(reply.send(result)));
        self.requests.send(Request::Run(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs `job` on the store's thread without waiting, and passes its result to `then` there.
    ///
    /// Never blocks. If the queue is full, or after [`StoreHandle::close`], the job is not run and `then` gets
    /// [`StoreError::Busy`] or [`StoreError::Closed`] on another thread; this case needs a Tokio runtime.
    pub fn post<R, F>(&self, job: F, then: impl FnOnce(Result<R, StoreError>) + Send + 'static)
    where
        F: FnOnce(&mut Store) -> Result<R, StoreError> + Send + 'static,
    {
        let (request, error) = match self.requests.try_send(Request::Run(answered(job, then))) {
            Ok(()) => return,
            Err(mpsc::error::TrySendError::Full(request)) => (request, StoreError::Busy),
            Err(mpsc::error::TrySendError::Closed(request)) => (request, StoreError::Closed),
        };
        if let Request::Run(job) = request {
            tokio::task::spawn_blocking(move || job(&mut Err(error)));
        }
    }

    /// Closes the store and its thread after all jobs sent so far, and waits for that. Later calls on other
    /// handles return [`StoreError::Closed`].
    pub async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(Request::Close(done)).await.is_ok() {
            // An error means that the thread has already ended.
            let _ = closed.await;
        }
    }
}

/// Returns a job that passes its result to `then`: an error if there is no store, or if it panics.
fn answered<R>(
    job: impl FnOnce(&mut Store) -> Result<R, StoreError> + Send + 'static,
    then: impl FnOnce(Result<R, StoreError>) + Send + 'static,
) -> Job {
    Box::new(move |store| {
        then(match store {
            Ok(store) => run(|| job(store)),
            Err(error) => Err(error.clone()),
        });
    })
}

/// Runs `work` and turns a panic into an error, so that the thread survives. Unwinding rolls back an
/// open transaction.
fn run<R>(work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(StoreError::of_panic(panic.as_ref())))
}
