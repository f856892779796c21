//! The screen: an event loop around a state.
//!
//! The loop draws, waits for one message, takes the other queued messages and draws again. It has no frame
//! rate, and no ticks while nothing moves: an idle inbox uses no CPU and writes no bytes.

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

pub mod command;
pub mod detail;
pub mod field;
pub mod keymap;
pub mod layout;
pub mod list;
pub mod msg;
pub mod overlay;
pub mod overlays;
pub mod playback;
pub mod runtime;
pub mod screen;
pub mod search_line;
pub mod session;
pub mod state;
pub mod target;
pub mod theme;
pub mod update;
pub mod view;

use msg::{AccountEffect, Effect, Msg, Reopen, TerminalEffect};
use runtime::Runtime;
use screen::{Draw, DrawPanic, Screen};
use session::Session;
use state::State;

/// The capacity of each message queue. Senders wait when it is full, so memory stays bounded.
const QUEUE: usize = 256;

/// The maximum number of messages between two frames, so that a flood cannot block the screen.
const BATCH: usize = 64;

/// How long a frame waits for an answer from the store. Most answers arrive within a millisecond, and one
/// frame is cheaper on a slow line than two.
const PATIENCE: Duration = Duration::from_millis(4);

/// Runs the inbox, its event loop, until the user quits. `reopen` creates the next session, or returns why it
/// cannot; `clock` returns the current time; `draw` is [`view::draw`], but for tests of what a panic in it does.
pub async fn run(
    mut session: Session,
    mut reopen: impl FnMut(&Reopen) -> Result<Session, String>,
    clock: fn() -> DateTime<Utc>,
    draw: Draw,
) -> io::Result<()> {
    let (keys, mut input) = mpsc::channel(QUEUE);
    let (ends, mut signals) = mpsc::channel(QUEUE);
    let mut screen = Screen::enter(&session.options)?;
    screen::listen(&keys, &ends)?;
    let mut before = None;
    loop {
        let Session { setup, work, options } = session;
        screen.set_options(options)?;
        let mut state = State::new(setup, screen.size()?, clock());
        let mut effects = VecDeque::new();
        if let Some(before) = before.take() {
            effects.extend(update::resume(&mut state, before));
        }
        let (sender, mut messages) = mpsc::channel(QUEUE);
        let runtime = Runtime::new(work, sender, clock);
        effects.extend(update::start(&mut state));
        let mut queues = Queues { signals: &mut signals, input: &mut input, messages: &mut messages };
        let mut lane = Loop { state, runtime, screen: &mut screen, clock, draw };
        let end = lane.turn(&mut effects, &mut queues, &mut reopen).await;
        // Nobody must wait to send to a queue that is no longer read.
        messages.close();
        let Loop { mut state, mut runtime, .. } = lane;
        let failed = match end {
            Ok(End::Reopened(next)) => {
                // The store closes after its last job; in the demo the next session uses it.
                drop(runtime.finish().await);
                (session, before) = (*next, Some(state));
                continue;
            }
            Ok(End::Quit) => Ok(()),
            Ok(End::Panicked(panic)) => Err(Failure::Panic(panic)),
            Err(error) => Err(Failure::Terminal(error)),
        };
        if failed.is_err() {
            // Without a screen, what is left to do is to save what the user did and wrote.
            effects.extend(update::update(&mut state, Msg::Hangup));
            for effect in effects {
                if let Effect::Account(effect) = effect {
                    runtime.run(effect);
                }
            }
        }
        drop(screen);
        runtime.finish().await.close().await;
        return match failed {
            Ok(()) => Ok(()),
            Err(Failure::Terminal(error)) => Err(error),
            Err(Failure::Panic(panic)) => resume_unwind(panic),
        };
    }
}

/// Why the screen cannot be shown any more.
enum Failure {
    /// The terminal is gone.
    Terminal(io::Error),
    /// Drawing panicked twice.
    Panic(Box<dyn Any + Send>),
}

/// How a session ends.
enum End {
    /// The user quits.
    Quit,
    /// The user switches to another session.
    Reopened(Box<Session>),
    /// The screen cannot be drawn.
    Panicked(Box<dyn Any + Send>),
}

/// The loop of one session.
struct Loop<'s> {
    state: State,
    runtime: Runtime,
    screen: &'s mut Screen,
    clock: fn() -> DateTime<Utc>,
    draw: Draw,
}

impl Loop<'_> {
    /// Draws, waits and takes messages until the session ends. On a terminal error, effects that were not
    /// carried out stay in `effects`.
    async fn turn(
        &mut self,
        effects: &mut VecDeque<Effect>,
        queues: &mut Queues<'_>,
        reopen: &mut impl FnMut(&Reopen) -> Result<Session, String>,
    ) -> io::Result<End> {
        let mut patience = PATIENCE;
        loop {
            let asked = match self.carry_out(effects, reopen)? {
                ControlFlow::Continue(asked) => asked,
                ControlFlow::Break(end) => return Ok(end),
            };
            let Loop { state, screen, clock, draw, .. } = self;
            let mut next = None;
            if asked && !patience.is_zero() {
                next = tokio::time::timeout(patience, queues.next()).await.ok().flatten();
                // Only once per frame, so that the list moves while a key is held down.
                patience = Duration::ZERO;
            }
            if next.is_none() {
                match screen.draw(state, *draw)? {
                    Ok(()) => {}
                    Err(DrawPanic::First(text)) => {
                        effects.extend(update::update(state, Msg::NotDrawn(text)));
                        continue;
                    }
                    Err(DrawPanic::Again(panic)) => return Ok(End::Panicked(panic)),
                }
                patience = PATIENCE;
                // Files are sent in pieces, so that keys are handled in between.
                match screen.send_piece()? {
                    Some(percent) => effects.extend(update::update(state, Msg::Sending(percent))),
                    None => next = wait(queues, state, *clock).await,
                }
            }
            effects.extend(update::update(state, Msg::Tick(clock())));
            // Lazy: only what `take` allows leaves the queues.
            let waiting = std::iter::from_fn(|| queues.ready());
            for msg in next.into_iter().chain(waiting).take(BATCH) {
                effects.extend(update::update(state, msg));
            }
        }
    }

    /// Carries out all effects, and those that follow from them. Continues with whether the store was
    /// queried.
    fn carry_out(
        &mut self,
        effects: &mut VecDeque<Effect>,
        reopen: &mut impl FnMut(&Reopen) -> Result<Session, String>,
    ) -> io::Result<ControlFlow<End, bool>> {
        let Loop { state, runtime, screen, .. } = self;
        let mut asked = false;
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Quit => return Ok(ControlFlow::Break(End::Quit)),
                Effect::Reopen(what) => match reopen(&what) {
                    Ok(next) => return Ok(ControlFlow::Break(End::Reopened(Box::new(next)))),
                    Err(why) => effects.extend(update::update(state, Msg::NotReopened(why))),
                },
                Effect::Terminal(effect) => effects.extend(in_terminal(effect, state, runtime, screen)?),
                Effect::Account(effect) => {
                    asked |= matches!(effect, AccountEffect::Read(..));
                    runtime.run(effect);
                }
                Effect::LogIn(request) => runtime.log_in(request),
                Effect::StopLogIn => runtime.stop_log_in(),
            }
        }
        Ok(ControlFlow::Continue(asked))
    }
}

/// Carries out an effect for the terminal. Returns the effects that follow.
fn in_terminal(
    effect: TerminalEffect,
    state: &mut State,
    runtime: &Runtime,
    screen: &mut Screen,
) -> io::Result<Vec<Effect>> {
    match effect {
        TerminalEffect::Suspend => {
            runtime.wait_for_silence();
            if !screen.suspend()? {
                return Ok(update::update(state, Msg::NoShell));
            }
        }
        TerminalEffect::Resume => {
            let size = screen.resume()?;
            return Ok(update::update(state, Msg::Resize(size)));
        }
        TerminalEffect::Redraw => {
            let size = screen.redraw()?;
            return Ok(update::update(state, Msg::Resize(size)));
        }
        TerminalEffect::Notify(text) => screen.notify(&text)?,
        TerminalEffect::Copy(text) => screen.copy(&text)?,
        TerminalEffect::AskTerminal => screen.ask_for_transfer()?,
        TerminalEffect::Transfer { name, file } => screen.transfer(&name, &file),
    }
    Ok(Vec::new())
}

/// Signals and input from the terminal, which outlive a session, and messages from its jobs, which do not.
struct Queues<'q> {
    /// Apart from the input: thousands of keys may be queued, as when a terminal sends a paste as keys.
    signals: &'q mut mpsc::Receiver<Msg>,
    input: &'q mut mpsc::Receiver<Msg>,
    messages: &'q mut mpsc::Receiver<Msg>,
}

impl Queues<'_> {
    /// Returns the next message: signals first, then input.
    async fn next(&mut self) -> Option<Msg> {
        tokio::select! {
            biased;
            msg = self.signals.recv() => msg,
            msg = self.input.recv() => msg,
            msg = self.messages.recv() => msg,
        }
    }

    /// Returns a message that is already queued.
    fn ready(&mut self) -> Option<Msg> {
        let signal = self.signals.try_recv();
        signal.or_else(|_| self.input.try_recv()).or_else(|_| self.messages.try_recv()).ok()
    }
}

/// Waits for the next message. Returns `None` when `State::wake_at` comes first.
async fn wait(queues: &mut Queues<'_>, state: &State, clock: fn() -> DateTime<Utc>) -> Option<Msg> {
    match state.wake_at() {
        // Even when that time has passed: `timeout` polls the queues first.
        Some(at) => {
            let left = (at - clock()).to_std().unwrap_or_default();
            tokio::time::timeout(left, queues.next()).await.ok().flatten()
        }
        None => queues.next().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_comes_before_what_was_typed_and_that_before_what_came_of_it() {
        let [(signal, mut signals), (key, mut input), (done, mut messages)] =
            [(); 3].map(|()| mpsc::channel(2));
        let mut queues = Queues { signals: &mut signals, input: &mut input, messages: &mut messages };
        for _ in 0..2 {
            done.send(Msg::ChangedElsewhere).await.unwrap();
            key.send(Msg::Paste("x".to_owned())).await.unwrap();
            signal.send(Msg::Hangup).await.unwrap();
        }
        let expected = [Msg::Hangup, Msg::Paste("x".to_owned()), Msg::ChangedElsewhere];
        for msg in expected {
            assert_eq!(queues.next().await, Some(msg.clone()));
            assert_eq!(queues.ready(), Some(msg));
        }
        assert_eq!(queues.ready(), None);
    }
}
