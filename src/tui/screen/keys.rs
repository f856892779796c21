//! Reads the keyboard: a thread that sends what the terminal sends as messages.

use std::io;
use std::thread;

use crossterm::event::Event;
use ratatui::layout::Size;
use tokio::sync::mpsc;

use crate::tui::msg::Msg;

/// Starts the thread that reads keys, pastes and the mouse. At the end, when the terminal is closed, it sends
/// [`Msg::Hangup`].
pub fn listen(sender: mpsc::Sender<Msg>) -> io::Result<()> {
    // On a thread of its own, so that keys reach the loop without polling.
    thread::Builder::new().name("keys".to_owned()).spawn(move || {
        read(&sender);
        // If sending fails, the loop has ended.
        let _ = sender.blocking_send(Msg::Hangup);
    })?;
    Ok(())
}

/// Returns the message of an event; `None` if nobody waits for it.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Mouse(mouse) => Some(Msg::Mouse(mouse)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(Size::new(width, height))),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// Sends what the terminal sends until it is closed, or the loop has ended.
#[cfg(unix)]
fn read(sender: &mpsc::Sender<Msg>) {
    use std::os::fd::AsRawFd as _;
    use std::time::Instant;

    use filedescriptor::{POLLIN, poll, pollfd};
    use rustix::io::Errno;

    use crate::terminal::input::Decoder;

    let terminal = rustix::stdio::stdin();
    let mut decoder = Decoder::new(Instant::now());
    let mut bytes = [0; 4096];
    loop {
        let wait = decoder.deadline().map(|at| at.saturating_duration_since(Instant::now()));
        // It knows how macOS waits for a terminal, and waits whole milliseconds.
        let wait = wait.map(|wait| wait + std::time::Duration::from_millis(1));
        let mut line = [pollfd { fd: terminal.as_raw_fd(), events: POLLIN, revents: 0 }];
        let events = match poll(&mut line, wait) {
            Ok(0) => decoder.expire(Instant::now()),
            Ok(_) => match rustix::io::read(terminal, &mut bytes) {
                Ok(0) => return,
                Ok(count) => decoder.feed(&bytes[..count], Instant::now()),
                // Another program may have set the terminal to non-blocking.
                Err(Errno::INTR | Errno::AGAIN) => continue,
                Err(_) => return,
            },
            Err(filedescriptor::Error::Poll(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        for msg in events.into_iter().filter_map(message) {
            if sender.blocking_send(msg).is_err() {
                return;
            }
        }
    }
}

#[cfg(not(unix))]
fn read(sender: &mpsc::Sender<Msg>) {
    while let Ok(event) = crossterm::event::read() {
        if let Some(msg) = message(event)
            && sender.blocking_send(msg).is_err()
        {
            return;
        }
    }
}
