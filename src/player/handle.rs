//! The player's interface: commands in, events out.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::engine::Engine;
use super::mailbox::Mailbox;
use super::message::{Control, Event, Events, Open, Play};
use super::{Output, Unavailable};

/// How long to wait for the sound to stop when the program ends. A server that hangs is not waited for.
const GOODBYE: Duration = Duration::from_millis(500);

/// Plays recordings, one at a time. The thread starts with the first play and uses no CPU while nothing
/// plays. Dropping the player stops the sound.
pub struct Player {
    mailbox: Arc<Mailbox>,
    events: Events,
    /// What the thread needs; taken when it starts.
    open: Option<Open>,
}

impl Player {
    /// Creates a player that opens outputs with `open` and reports to `events`. Both are called on the
    /// player thread. `events` must not block, because that would interrupt the sound: it drops events that
    /// its receiver has no room for.
    pub fn new(
        open: impl FnMut(u32) -> Result<Box<dyn Output>, Unavailable> + Send + 'static,
        events: impl Fn(u64, Event) + Send + Sync + 'static,
    ) -> Player {
        Player { mailbox: Arc::default(), events: Arc::new(events), open: Some(Box::new(open)) }
    }

    /// Plays this instead of the current recording. Never blocks.
    pub fn play(&mut self, play: Play) {
        if let Some(open) = self.open.take() {
            self.start(open);
        }
        if self.mailbox.is_closed() {
            (self.events)(play.number, Event::Failed(Unavailable::NoThread));
        }
        self.mailbox.play(play);
    }

    /// Sends a command to the player. Never blocks. Of commands not carried out yet, steps add up; of every
    /// other kind only the latest counts.
    pub fn send(&mut self, control: Control) {
        self.mailbox.send(control);
    }

    /// Waits until the player has carried out all commands. Needed before the process is stopped: otherwise a
    /// pause might not reach the output. Returns false after `patience`, for example when a sound server
    /// hangs.
    pub fn wait_until_idle(&self, patience: Duration) -> bool {
        self.open.is_some() || self.mailbox.wait_until_idle(patience)
    }

    fn start(&mut self, open: Open) {
        let closing = Closing(Arc::clone(&self.mailbox));
        let (mailbox, events) = (Arc::clone(&self.mailbox), Arc::clone(&self.events));
        // If the thread cannot be started, its closure is dropped, which closes the mailbox.
        let _ = thread::Builder::new().name("player".to_owned()).spawn(move || {
            let _closing = closing;
            Engine::new(mailbox, open, events).run();
        });
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.mailbox.quit();
        self.wait_until_idle(GOODBYE);
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").field("started", &self.open.is_none()).finish_non_exhaustive()
    }
}

/// Closes the mailbox when the thread ends, even by a panic.
struct Closing(Arc<Mailbox>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}
