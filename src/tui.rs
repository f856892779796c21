//! The screen: an event loop around a state.
//!
//! Draw; wait for one message; take in what else is queued; draw again. There is no frame rate
//! and no tick while nothing on screen moves: an idle inbox costs no time and no bytes.

use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

pub mod calling;
pub mod command;
pub mod copying;
pub mod dates;
pub mod filter;
pub mod input;
pub mod keymap;
pub mod layout;
pub mod listening;
pub mod listing;
pub mod msg;
pub mod note;
pub mod palette;
pub mod people;
pub mod rows;
pub mod runtime;
pub mod state;
pub mod tags;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
pub mod ways;

use msg::{Effect, Msg};
use runtime::Runtime;
use state::{Setup, State};
use terminal::Screen;

/// How many messages may wait. Who sends more waits for a place, so memory stays bounded.
const QUEUE: usize = 256;

/// How many messages are taken in before the next frame: a flood must not hold up the screen.
const BATCH: usize = 64;

/// How long a frame waits for the store's answer. It mostly comes within a millisecond, and one
/// frame with it costs a slow line less than one without it and another.
const PATIENCE: Duration = Duration::from_millis(4);

/// Runs the screen until the user leaves. `clock` tells the time.
pub async fn run(
    setup: Setup,
    work: runtime::Work,
    options: &terminal::Options,
    clock: fn() -> DateTime<Utc>,
) -> io::Result<()> {
    let (sender, mut messages) = mpsc::channel(QUEUE);
    let mut runtime = Runtime::new(work, sender.clone(), clock);
    let mut screen = Screen::enter(options)?;
    terminal::listen(&sender)?;
    let mut state = State::new(setup, screen.size()?, clock());
    let mut effects = update::start(&mut state);
    let mut patience = PATIENCE;
    loop {
        let mut asked = false;
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Quit => {
                        // Whoever still has something to say must not wait for a place.
                        messages.close();
                        return runtime.finish(screen).await;
                    }
                    Effect::Suspend => {
                        runtime.settle();
                        if !screen.suspend()? {
                            effects.extend(update::update(&mut state, Msg::NoShell));
                        }
                    }
                    Effect::Redraw => {
                        let size = screen.resume()?;
                        effects.extend(update::update(&mut state, Msg::Resize(size)));
                    }
                    Effect::Notify(text) => screen.notify(&text)?,
                    Effect::Copy(text) => screen.copy(&text)?,
                    Effect::AskTerminal => screen.ask_for_transfer()?,
                    Effect::Transfer { name, file } => screen.transfer(&name, &file),
                    work => {
                        asked |= matches!(work, Effect::Read(..));
                        runtime.run(work);
                    }
                }
            }
        }
        let mut next = None;
        if asked && !patience.is_zero() {
            next = tokio::time::timeout(patience, messages.recv()).await.ok().flatten();
            // Once for a frame: whoever holds a key down sees the list move.
            patience = Duration::ZERO;
        }
        if next.is_none() {
            screen.draw(&state)?;
            patience = PATIENCE;
            // A file goes to the terminal piece by piece: keys come between.
            match screen.send_piece()? {
                Some(percent) => effects.extend(update::update(&mut state, Msg::Sending(percent))),
                None => next = wait(&mut messages, &state, clock).await,
            }
        }
        effects.extend(update::update(&mut state, Msg::Tick(clock())));
        // Lazy: what is received is taken in, and the rest stays in the queue.
        let queued = std::iter::from_fn(|| messages.try_recv().ok());
        for msg in next.into_iter().chain(queued).take(BATCH) {
            effects.extend(update::update(&mut state, msg));
        }
    }
}

/// The next message; `None` when the state asked to be woken before one came.
async fn wait(
    messages: &mut mpsc::Receiver<Msg>,
    state: &State,
    clock: fn() -> DateTime<Utc>,
) -> Option<Msg> {
    match state.wake_at() {
        // A moment that is past already still lets messages in: the time-out polls them first.
        Some(at) => {
            let left = (at - clock()).to_std().unwrap_or_default();
            tokio::time::timeout(left, messages.recv()).await.ok().flatten()
        }
        None => messages.recv().await,
    }
}
