//! What a player is asked to do and has not done yet. Not a queue but the sum of what was asked: steps
//! add up, of everything else the latest counts. So it is bounded, nothing is lost, and nobody who asks
//! has to wait for a sound server that hangs.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::handle::{Command, Manner, Play};

/// Orders for the thread that plays. Shared by it and by those who ask.
#[derive(Default)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    /// Something is there, or something is done.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    orders: Orders,
    /// Whether there is anything in the orders.
    full: bool,
    /// Whether the thread is at work on orders it took.
    working: bool,
    /// Nobody takes orders any more.
    closed: bool,
}

/// What to do, in the order of the fields.
#[derive(Default)]
pub(super) struct Orders {
    /// To end the thread.
    pub quit: bool,
    /// To report the position or not.
    #[expect(clippy::option_option, reason = "whether it was asked for, and whether it was switched off")]
    pub watch: Option<Option<Duration>>,
    /// To play something else, or nothing. What follows is about that.
    pub turn: Option<Turn>,
    /// To sound differently.
    pub manner: Option<Manner>,
    /// To hold the sound before going elsewhere, or to let it go on after that.
    pub pause: Option<bool>,
    /// To go to a place, and from there or from here so many milliseconds on.
    pub seek: Option<Duration>,
    pub step: i64,
}

/// What takes the place of what is being played.
pub(super) enum Turn {
    Play(Play),
    Stop,
}

impl Orders {
    fn add(&mut self, command: Command) {
        match command {
            Command::Play(play) => self.turn_to(Turn::Play(play)),
            Command::Stop => self.turn_to(Turn::Stop),
            Command::Manner(manner) => self.manner = Some(manner),
            Command::Pause(paused) => self.pause = Some(paused),
            Command::Seek(to) => (self.seek, self.step) = (Some(to), 0),
            Command::Step(millis) => self.step = self.step.saturating_add(millis),
            Command::Watch(watch) => self.watch = Some(watch),
        }
    }

    /// What was asked of an earlier play is of no interest any more.
    fn turn_to(&mut self, turn: Turn) {
        *self = Orders { turn: Some(turn), quit: self.quit, watch: self.watch, ..Orders::default() };
    }
}

impl Mailbox {
    pub(super) fn send(&self, command: Command) {
        self.put(|orders| orders.add(command));
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

    /// Takes what there is; waits for it until `until`, or for as long as it takes. Says as well that
    /// what was taken before is done.
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

    /// Waits until all that was asked for is done, or nobody is there to do it. False when `patience`
    /// is over before.
    pub(super) fn settle(&self, patience: Duration) -> bool {
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

    /// Whether nobody takes orders any more.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Says that nobody takes orders any more.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, at_most: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, at_most).unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(commands: impl IntoIterator<Item = Command>) -> Orders {
        let mailbox = Mailbox::default();
        commands.into_iter().for_each(|command| mailbox.send(command));
        mailbox.take(Some(Instant::now()))
    }

    #[test]
    fn steps_add_up_and_a_place_makes_them_forgotten() {
        assert_eq!(sum([5_000, 5_000, -1_000].map(Command::Step)).step, 9_000);
        assert_eq!(sum([Command::Step(i64::MAX), Command::Step(1)]).step, i64::MAX);
        let to = Duration::from_secs(3);
        let orders = sum([Command::Step(5_000), Command::Seek(to), Command::Step(-1_000)]);
        assert_eq!((orders.seek, orders.step), (Some(to), -1_000));
    }

    #[test]
    fn an_end_makes_all_forgotten_but_what_is_watched() {
        let orders = sum([
            Command::Watch(Some(Duration::ZERO)),
            Command::Pause(true),
            Command::Seek(Duration::ZERO),
            Command::Step(1),
            Command::Stop,
        ]);
        assert_eq!(
            (orders.watch, orders.pause, orders.seek, orders.step),
            (Some(Some(Duration::ZERO)), None, None, 0)
        );
        assert!(matches!(orders.turn, Some(Turn::Stop)));
        let orders = sum([Command::Stop, Command::Pause(true)]);
        assert_eq!(orders.pause, Some(true));
    }

    #[test]
    fn it_is_settled_when_what_was_taken_is_done() {
        let (mailbox, now) = (Mailbox::default(), Instant::now());
        assert!(mailbox.settle(Duration::ZERO), "nothing was asked for");
        mailbox.send(Command::Stop);
        assert!(!mailbox.settle(Duration::ZERO), "nobody took it");
        mailbox.take(Some(now));
        assert!(!mailbox.settle(Duration::ZERO), "it is not done");
        mailbox.take(Some(now));
        assert!(mailbox.settle(Duration::ZERO), "it is done");
        mailbox.send(Command::Stop);
        mailbox.close();
        assert!(mailbox.settle(Duration::ZERO), "nobody is there to do it");
    }
}
