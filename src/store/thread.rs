//! The thread that owns the store, and the way to it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::{Opened, Store, StoreError};

/// How many jobs may wait. Senders beyond that wait themselves.
const QUEUE: usize = 64;

type Job = Box<dyn FnOnce(&mut Result<Store, StoreError>) + Send>;

enum Order {
    Run(Job),
    /// Close the store, end the thread and drop this.
    Close(oneshot::Sender<()>),
}

/// The way to the thread that owns the store. Cheap to clone; jobs run in the order they are sent.
///
/// The thread ends after [`StoreHandle::close`], or when the last handle is dropped and what was
/// sent is done.
#[derive(Clone)]
pub struct StoreHandle {
    orders: mpsc::Sender<Order>,
}

impl std::fmt::Debug for StoreHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreHandle").finish_non_exhaustive()
    }
}

impl StoreHandle {
    /// Starts a thread that opens the store with `open`, so that nobody waits for the disk.
    ///
    /// What `open` has to tell waits in [`Store::notices`]; if it fails, every call returns its
    /// error.
    pub fn spawn(open: impl FnOnce() -> Result<Opened, StoreError> + Send + 'static) -> StoreHandle {
        let (orders, mut inbox) = mpsc::channel(QUEUE);
        let started = thread::Builder::new().name("store".to_owned()).spawn(move || {
            let mut store = run(|| open().map(Opened::into_store));
            while let Some(order) = inbox.blocking_recv() {
                match order {
                    Order::Run(job) => job(&mut store),
                    Order::Close(done) => {
                        drop(store);
                        // Nobody waits any more: then nobody needs to know.
                        let _ = done.send(());
                        return;
                    }
                }
            }
        });
        if let Err(error) = started {
            // The inbox went with the closure: every call returns `StoreError::Closed`.
            tracing::error!(%error, "no thread for the store");
        }
        StoreHandle { orders }
    }

    /// Runs `job` on the store's thread and waits for what it returns.
    ///
    /// Once sent it runs, whether or not this is still waited for.
    pub async fn call<R, F>(&self, job: F) -> Result<R, StoreError>
    where
        R: Send + 'static,
        F: FnOnce(&mut Store) -> Result<R, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |store| {
            let result = match store {
                Ok(store) => run(|| job(store)),
                Err(error) => Err(error.clone()),
            };
            // The asker may have gone; the job was done all the same.
            let _ = reply.send(result);
        });
        self.orders.send(Order::Run(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs `job` on the store's thread; nobody waits for it. It is told why if there is no store.
    ///
    /// Never blocks: when the queue is full, the job waits for a place in a task of its own, and others
    /// that wait may be run before it. Needs a Tokio runtime then.
    pub fn post(&self, job: impl FnOnce(Result<&mut Store, StoreError>) + Send + 'static) {
        let job: Job = Box::new(move |store| {
            // A panic was logged, and there is nobody to tell.
            let _ = run(|| {
                job(store.as_mut().map_err(|error| error.clone()));
                Ok(())
            });
        });
        if let Err(mpsc::error::TrySendError::Full(order)) = self.orders.try_send(Order::Run(job)) {
            let orders = self.orders.clone();
            tokio::spawn(async move { orders.send(order).await });
        }
    }

    /// Waits until everything sent so far is done and the store is closed. Later calls on other
    /// handles return [`StoreError::Closed`].
    pub async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.orders.send(Order::Close(done)).await.is_ok() {
            // An error means that the thread is gone, which is what this waits for.
            let _ = closed.await;
        }
    }
}

/// Runs `work`; a panic in it is an error and not the end of the thread. A transaction that was
/// open is rolled back on the way.
fn run<R>(work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(StoreError::of_panic(panic.as_ref())))
}
