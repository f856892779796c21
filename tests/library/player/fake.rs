//! An output in memory. Time passes in it when the test says so.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use vmail::player::{Output, Unavailable};

use crate::player::{PATIENCE, RATE, ms, samples};

/// Shared by the test and the outputs that are opened.
#[derive(Clone, Default)]
pub struct Fake(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
pub struct State {
    pub queue: Vec<i16>,
    /// What was heard, of all outputs.
    pub heard: Vec<i16>,
    /// How far the ear is behind the queue.
    pub behind: Duration,
    pub paused: bool,
    pub draining: bool,
    pub flushes: u32,
    /// How often the player has asked where the ear is, since the last flush.
    pub asked: u32,
    pub opened: u32,
    /// How many are open.
    pub open: u32,
    /// Why nothing works any more, or why nothing is opened.
    pub failure: Option<Unavailable>,
    /// Whether a pause takes for ever.
    pub hangs: bool,
}

impl Fake {
    pub fn opener(&self) -> impl FnMut(u32) -> Result<Box<dyn Output>, Unavailable> + Send + 'static {
        let fake = self.clone();
        move |rate| {
            assert_eq!(rate, RATE);
            let mut state = fake.state();
            state.opened += 1;
            if let Some(reason) = &state.failure {
                return Err(reason.clone());
            }
            assert_eq!(state.open, 0, "one at a time");
            (state.open, state.paused, state.draining) = (1, false, false);
            state.queue.clear();
            fake.0.1.notify_all();
            Ok(Box::new(FakeOutput(fake.clone())))
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }

    /// Changes something that the outputs may wait for.
    pub fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.0.1.notify_all();
    }

    /// Waits until it is so.
    pub fn until(&self, what: &str, mut so: impl FnMut(&State) -> bool) {
        let waited = self.0.1.wait_timeout_while(self.state(), PATIENCE, |state| !so(state)).unwrap();
        assert!(!waited.1.timed_out(), "waited in vain: {what}");
    }

    /// Lets so much be heard, as it comes.
    pub fn hear(&self, length: Duration) -> Vec<i16> {
        let (mut left, end) = (samples(length), Instant::now() + PATIENCE);
        let mut heard = Vec::new();
        while left > 0 {
            self.until("there is something to hear", |state| !state.queue.is_empty());
            assert!(Instant::now() < end);
            self.set(|state| {
                let count = left.min(state.queue.len()).min(80);
                let now: Vec<i16> = state.queue.drain(..count).collect();
                state.heard.extend(&now);
                heard.extend(now);
                left -= count;
            });
        }
        heard
    }

    /// Lets all be heard up to the end of the play.
    pub fn hear_out(&self) {
        loop {
            self.until("it goes on", |state| !state.queue.is_empty() || state.draining);
            if self.state().queue.is_empty() {
                return;
            }
            self.set(|state| {
                let count = state.queue.len().min(80);
                let now: Vec<i16> = state.queue.drain(..count).collect();
                state.heard.extend(now);
            });
        }
    }
}

struct FakeOutput(Fake);

impl FakeOutput {
    /// Waits for what was asked for, at most so long.
    fn wait(
        &self,
        patience: Duration,
        mut so: impl FnMut(&State) -> bool,
    ) -> Result<MutexGuard<'_, State>, Unavailable> {
        let fake = &self.0.0;
        let (state, _) = fake
            .1
            .wait_timeout_while(fake.0.lock().unwrap(), patience, |state| {
                state.failure.is_none() && !so(state)
            })
            .unwrap();
        match &state.failure {
            Some(reason) => Err(reason.clone()),
            None => Ok(state),
        }
    }
}

impl Output for FakeOutput {
    fn accepts(&mut self, patience: Duration) -> Result<usize, Unavailable> {
        let capacity = samples(ms(50));
        let state = self.wait(patience, |state| state.queue.len() < capacity)?;
        Ok(capacity.saturating_sub(state.queue.len()))
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), Unavailable> {
        drop(self.wait(Duration::ZERO, |_| true)?);
        self.0.set(|state| {
            state.queue.extend(samples);
            state.draining = false;
        });
        Ok(())
    }

    fn pause(&mut self, paused: bool) -> Result<(), Unavailable> {
        drop(self.wait(PATIENCE, |state| !state.hangs)?);
        self.0.set(|state| state.paused = paused);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unavailable> {
        self.0.set(|state| {
            state.queue.clear();
            state.flushes += 1;
            (state.draining, state.asked) = (false, 0);
        });
        Ok(())
    }

    fn drain(&mut self, patience: Duration) -> Result<bool, Unavailable> {
        self.0.set(|state| state.draining = true);
        Ok(self.wait(patience, |state| state.queue.is_empty())?.queue.is_empty())
    }

    fn latency(&mut self) -> Result<Duration, Unavailable> {
        self.0.set(|state| state.asked += 1);
        let state = self.0.state();
        Ok(Duration::from_secs(state.queue.len() as u64) / RATE + state.behind)
    }
}

impl Drop for FakeOutput {
    fn drop(&mut self) {
        self.0.set(|state| {
            state.open = 0;
            state.queue.clear();
        });
    }
}
