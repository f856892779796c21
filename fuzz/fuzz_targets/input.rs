//! What a terminal sends: any bytes, in any pieces, and then a key that must act.

#![no_main]

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode};
use libfuzzer_sys::fuzz_target;
use vmail::terminal::input::Decoder;

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let mut now = Instant::now();
    let mut decoder = Decoder::new(now);
    for piece in &pieces {
        decoder.feed(piece, now);
    }
    while let Some(next) = decoder.deadline() {
        now = next;
        decoder.expire(now);
    }
    let events = decoder.feed(b"j", now + Duration::from_secs(2));
    assert!(matches!(events[..], [Event::Key(key)] if key.code == KeyCode::Char('j')));
});
