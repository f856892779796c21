//! Commands that the player has not carried out yet. They are merged, not queued: steps add up, and of
//! every other kind only the latest counts. So the mailbox is bounded, nothing is lost, and no sender waits
//! for a hung sound server.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::message::{Control, Play, PlaybackSettings};

/// Commands for the player thread, shared with their senders.
#[derive(Default)]
pub(super) struct Mailbox {
    state: Mutex<MailboxState>,
    /// Signalled when commands arrive or were carried out.
    changed: Condvar,
}

#[derive(Default)]
struct MailboxState {
    orders: Orders,
    /// Whether there are commands.
    full: bool,
    /// Whether the thread is carrying out commands it took.
    working: bool,
    /// Whether the thread has ended.
    closed: bool,
}

/// Merged commands, to be carried out in the order of the fields.
#[derive(Default)]
pub(super) struct Orders {
    /// End the thread.
    pub quit: bool,
    /// Turn position reports on or off.
    #[expect(clippy::option_option, reason = "None: unchanged; Some(None): off")]
    pub watch: Option<Option<Duration>>,
    /// Start or stop a play. The fields below apply to it.
    pub turn: Option<Turn>,
    /// Change how to play.
    pub settings: Option<PlaybackSettings>,
    /// Pause before seeking, or resume after it.
    pub pause: Option<bool>,
    /// Seek to a position, then by this many milliseconds.
    pub seek: Option<Duration>,
    pub step: i64,
}

/// What replaces the current play.
pub(super) enum Turn {
    Play(Play),
    Stop,
}

impl Orders {
    fn add(&mut self, control: Control) {
        match control {
            Control::Stop => self.turn_to(Turn::Stop),
            Control::Settings(settings) => self.settings = Some(settings),
            Control::Pause(paused) => self.pause = Some(paused),
            Control::Seek(to) => (self.seek, self.step) = (Some(to), 0),
            Control::Step(millis) => self.step = self.step.saturating_add(millis),
            Control::Watch(watch) => self.watch = Some(watch),
        }
    }

    /// Replaces the play, and drops commands for the earlier one.
    fn turn_to(&mut self, turn: Turn) {
        *self = Orders { turn: Some(turn), quit: self.quit, watch: self.watch, ..Orders::default() };
    }
}

impl Mailbox {
    pub(super) fn play(&self, play: Play) {
        self.put(|orders| orders.turn_to(Turn::Play(play)));
    }

    pub(super) fn send(&self, control: Control) {
        self.put(|orders| orders.add(control));
    }

    pub(super) fn quit(&self) {
        self.put(|orders| orders.quit = true);
    }

    fn put(&self, change: impl FnOnce(&mut Orders)) {
        let mut state = self.state();
        change(&mut state.orders);
        state.full = true;
        self.changed.notify_all();
    }

    /// Takes the player's commands from the mailbox. Waits for them until `until`; without it, as long as
    /// needed. Also marks the commands taken before as carried out.
    pub(super) fn take(&self, until: Option<Instant>) -> Orders {
        let mut state = self.state();
        state.working = false;
        self.changed.notify_all();
        while !state.full {
            state = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(left) => self.wait(state, left),
            };
        }
        state.working = state.full;
        state.full = false;
        std::mem::take(&mut state.orders)
    }

    /// Waits until all commands in the mailbox are carried out or the player thread has ended. Returns false
    /// after `patience`.
    pub(super) fn wait_until_idle(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut state = self.state();
        while !state.closed && (state.full || state.working) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.wait(state, left);
        }
        true
    }

    /// Returns whether the player thread has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Marks the player thread as ended.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, MailboxState> {
        // No code here panics while it changes the state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, MailboxState>,
        at_most: Duration,
    ) -> MutexGuard<'a, MailboxState> {
        self.changed.wait_timeout(state, at_most).unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(commands: impl IntoIterator<Item = Control>) -> Orders {
        let mailbox = Mailbox::default();
        commands.into_iter().for_each(|command| mailbox.send(command));
        mailbox.take(Some(Instant::now()))
    }

    #[test]
    fn steps_add_up_and_a_place_makes_them_forgotten() {
        assert_eq!(sum([5_000, 5_000, -1_000].map(Control::Step)).step, 9_000);
        assert_eq!(sum([Control::Step(i64::MAX), Control::Step(1)]).step, i64::MAX);
        let to = Duration::from_secs(3);
        let orders = sum([Control::Step(5_000), Control::Seek(to), Control::Step(-1_000)]);
        assert_eq!((orders.seek, orders.step), (Some(to), -1_000));
    }

    #[test]
    fn an_end_makes_all_forgotten_but_what_is_watched() {
        let orders = sum([
            Control::Watch(Some(Duration::ZERO)),
            Control::Pause(true),
            Control::Seek(Duration::ZERO),
            Control::Step(1),
            Control::Stop,
        ]);
        assert_eq!(
            (orders.watch, orders.pause, orders.seek, orders.step),
            (Some(Some(Duration::ZERO)), None, None, 0)
        );
        assert!(matches!(orders.turn, Some(Turn::Stop)));
        let orders = sum([Control::Stop, Control::Pause(true)]);
        assert_eq!(orders.pause, Some(true));
    }

    #[test]
    fn it_is_settled_when_what_was_taken_is_done() {
        let (mailbox, now) = (Mailbox::default(), Instant::now());
        assert!(mailbox.wait_until_idle(Duration::ZERO), "nothing was asked for");
        mailbox.send(Control::Stop);
        assert!(!mailbox.wait_until_idle(Duration::ZERO), "nobody took it");
        mailbox.take(Some(now));
        assert!(!mailbox.wait_until_idle(Duration::ZERO), "it is not done");
        mailbox.take(Some(now));
        assert!(mailbox.wait_until_idle(Duration::ZERO), "it is done");
        mailbox.send(Control::Stop);
        mailbox.close();
        assert!(mailbox.wait_until_idle(Duration::ZERO), "nobody is there to do it");
    }
}
