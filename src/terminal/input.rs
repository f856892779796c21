//! What a terminal sends, as keys, pastes and mouse events. Control sequences that mean nothing to vmail are
//! taken whole and dropped, however reads split them: answers to other programs' questions come late over a
//! slow line, and must never act as keys.
//!
//! crossterm's parser waits without end for some of these sequences, and reads the rest of others as keys.
//! Parsers of what programs send to a terminal (as `vte`) know neither keys nor where a lone Esc ends.

use std::mem;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseEvent};

mod keys;

use keys::{button, control_key, function_key, letter, modifiers};

/// How long a lone Esc may still be the start of a sequence.
const ESC_WAIT: Duration = Duration::from_millis(50);

/// How long a sequence waits for its next byte.
const SEQUENCE_WAIT: Duration = Duration::from_millis(500);

/// How long a paste waits for its next byte. Then it ends, even if its end never comes.
const PASTE_WAIT: Duration = Duration::from_secs(1);

/// A sequence or paste that takes longer than this, and comes slower than [`SLOW`], is none: somebody types.
const SEQUENCE_MAX: Duration = Duration::from_secs(2);

/// The slowest line, in bytes a second: more than a held key sends, less than 1,200 baud.
const SLOW: usize = 100;

/// How long after Esc the rest of a sequence is still recognised, if it comes in one read.
const LATE: Duration = Duration::from_secs(1);

/// Text that follows a paste of several lines within this time belongs to it: a paste can contain the
/// sequence that ends pastes, and its rest must not act as keys.
const TAIL: Duration = Duration::from_millis(50);

/// The maximum size of a paste in bytes, beyond that of any text field. The rest of it is dropped.
const PASTE_MAX: usize = 1 << 20;

/// The maximum length of a control sequence with parameters, in bytes. The rest of it is dropped.
const SEQUENCE_LEN_MAX: usize = 64;

/// The end of a paste, after its Esc.
const PASTE_END: &[u8] = b"[201~";

/// Turns the bytes that a terminal sends into events.
#[derive(Debug)]
pub struct Decoder {
    mode: Mode,
    /// The bytes of the current sequence, character or paste.
    bytes: Vec<u8>,
    /// What is held with the current character.
    held: KeyModifiers,
    /// How many bytes the current sequence has, and when its first and last one came.
    taken: usize,
    began: Instant,
    last: Instant,
    /// Whether the Esc of the current sequence ended its read: then it may have been typed by itself.
    split: bool,
    /// When a lone Esc was taken as a key.
    escaped: Option<Instant>,
    /// Until when text belongs to the last paste.
    tail: Option<Instant>,
    events: Vec<Event>,
}

/// What the next byte is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Text, or the start of something else.
    Ground,
    /// After Esc.
    Escape,
    /// A control sequence, after `ESC [`.
    Csi,
    /// A key of the keypad, after `ESC O`.
    Ss3,
    /// A string of an operating system command; a bell ends it as well.
    Osc,
    /// Another string: a device control string, a privacy message and so on.
    Text,
    /// After Esc in a string.
    TextEscape,
    /// One of the three bytes of an old mouse report, after `ESC [ M`.
    Mouse,
    /// The letter of a function key of the Linux console, after `ESC [ [`.
    Console,
    /// A paste.
    Paste,
}

impl Decoder {
    /// Creates a decoder at the time `now`.
    pub fn new(now: Instant) -> Decoder {
        Decoder {
            mode: Mode::Ground,
            bytes: Vec::new(),
            held: KeyModifiers::NONE,
            taken: 0,
            began: now,
            last: now,
            split: false,
            escaped: None,
            tail: None,
            events: Vec::new(),
        }
    }

    /// Decodes the bytes of one read at the time `now`. Returns the events that they complete.
    pub fn feed(&mut self, bytes: &[u8], now: Instant) -> Vec<Event> {
        if self.is_too_slow(now) {
            if self.mode == Mode::Paste {
                self.end_paste(now);
            }
            self.give_up();
        }
        if self.tail.is_some_and(|until| now > until) {
            self.tail = None;
        }
        let escaped = self.escaped.take().is_some_and(|at| now.duration_since(at) < LATE);
        if self.mode == Mode::Ground && escaped && looks_like_rest(bytes) {
            self.enter(Mode::Escape, now);
        }
        self.last = now;
        if let (Mode::Escape, Some(&next)) = (self.mode, bytes.first()) {
            // Alt with a key comes in one piece. Only sequences are split.
            if begins_sequence(next) {
                self.split = true;
            } else {
                self.key(KeyCode::Esc, KeyModifiers::NONE);
                self.give_up();
            }
        }
        for &byte in bytes {
            self.taken += 1;
            self.byte(byte, now);
        }
        self.take_events(now)
    }

    /// Returns when [`expire`](Decoder::expire) is due if no more bytes come.
    pub fn deadline(&self) -> Option<Instant> {
        let wait = match self.mode {
            Mode::Ground if self.bytes.is_empty() => return None,
            Mode::Escape => ESC_WAIT,
            Mode::Paste => PASTE_WAIT,
            _ => SEQUENCE_WAIT,
        };
        Some(self.last + wait)
    }

    /// Ends what was not completed in time. Returns the key or paste that it is, if any.
    pub fn expire(&mut self, now: Instant) -> Vec<Event> {
        match (self.mode, self.taken) {
            (Mode::Escape, _) => {
                self.escaped = Some(now);
                self.key(KeyCode::Esc, KeyModifiers::NONE);
            }
            (Mode::Csi, 2) => self.two_keys('['),
            (Mode::Osc, 2) => self.two_keys(']'),
            (Mode::Ss3, 2) => self.two_keys('O'),
            (Mode::Text, 2) => {
                if let Some(&letter) = self.bytes.first() {
                    self.two_keys(letter.into());
                }
            }
            (Mode::Paste, _) => self.end_paste(now),
            _ => {}
        }
        self.give_up();
        self.take_events(now)
    }

    /// Handles Esc and a character that began no sequence: Alt, or both typed.
    fn two_keys(&mut self, c: char) {
        if self.split {
            self.key(KeyCode::Esc, KeyModifiers::NONE);
        }
        self.character(c, if self.split { KeyModifiers::NONE } else { KeyModifiers::ALT });
    }

    fn is_too_slow(&self, now: Instant) -> bool {
        let taking = now.duration_since(self.began);
        self.mode != Mode::Ground && taking > SEQUENCE_MAX && self.taken < SLOW * taking.as_secs() as usize
    }

    fn give_up(&mut self) {
        self.mode = Mode::Ground;
        self.bytes.clear();
    }

    /// Begins a sequence with its first byte.
    fn enter(&mut self, mode: Mode, now: Instant) {
        self.mode = mode;
        self.bytes.clear();
        self.split = false;
        (self.taken, self.began) = (1, now);
    }

    fn byte(&mut self, byte: u8, now: Instant) {
        match self.mode {
            Mode::Ground => self.ground(byte, KeyModifiers::NONE, now),
            Mode::Escape => self.escape(byte, now),
            Mode::Csi => self.csi(byte),
            Mode::Ss3 => match byte {
                b'0'..=b'9' | b';' if self.bytes.len() < SEQUENCE_LEN_MAX => self.bytes.push(byte),
                b'@'..=b'~' => {
                    if let Some(code) = letter(byte) {
                        self.key(code, modifiers(self.numbers().last().copied()));
                    }
                    self.give_up();
                }
                _ => self.abort(byte, now),
            },
            Mode::Osc | Mode::Text => match byte {
                0x07 if self.mode == Mode::Osc => self.give_up(),
                0x1b => self.mode = Mode::TextEscape,
                // No answer contains it, so somebody typed it.
                0x03 => self.abort(byte, now),
                0x18 | 0x1a => self.give_up(),
                _ => {}
            },
            Mode::TextEscape if byte == b'\\' => self.give_up(),
            Mode::TextEscape => {
                self.enter(Mode::Escape, now);
                self.taken += 1;
                self.escape(byte, now);
            }
            Mode::Mouse => {
                self.bytes.push(byte);
                if let &[buttons, column, row] = &self.bytes[..] {
                    let place = |byte: u8| u16::from(byte.saturating_sub(32));
                    self.mouse(buttons.wrapping_sub(32), place(column), place(row), false);
                    self.give_up();
                }
            }
            Mode::Console => {
                self.give_up();
                if let b'A'..=b'E' = byte {
                    self.key(KeyCode::F(byte - b'A' + 1), KeyModifiers::NONE);
                }
            }
            Mode::Paste => {
                if self.bytes.len() < PASTE_MAX + PASTE_END.len() + 1 {
                    self.bytes.push(byte);
                } else {
                    // Only the end matters now.
                    let keep = self.bytes.len() - PASTE_END.len();
                    self.bytes.copy_within(keep.., keep - 1);
                    self.bytes.pop();
                    self.bytes.push(byte);
                }
                if byte == b'~' && self.bytes.ends_with(PASTE_END) {
                    let end = self.bytes.len() - PASTE_END.len();
                    if end > 0 && self.bytes[end - 1] == 0x1b {
                        self.bytes.truncate(end - 1);
                        self.end_paste(now);
                        self.give_up();
                    }
                }
            }
        }
    }

    /// Ends a sequence at a byte that cannot be part of it, and takes the byte for itself.
    fn abort(&mut self, byte: u8, now: Instant) {
        self.give_up();
        self.ground(byte, KeyModifiers::NONE, now);
    }

    /// Takes a byte of a character. An incomplete or invalid character is dropped.
    fn ground(&mut self, byte: u8, modifiers: KeyModifiers, now: Instant) {
        if byte < 0x80 {
            self.bytes.clear();
        }
        match byte {
            0x1b => self.enter(Mode::Escape, now),
            0..0x20 | 0x7f => {
                let (code, control) = control_key(byte);
                self.key(code, modifiers | control);
            }
            0x20..0x7f => self.character(byte.into(), modifiers),
            0x80.. => {
                // The first byte of the next character ends an incomplete one.
                if byte >= 0xc0 || self.bytes.is_empty() {
                    self.bytes.clear();
                    self.held = modifiers;
                }
                self.bytes.push(byte);
                match str::from_utf8(&self.bytes) {
                    Ok(text) => {
                        let characters: Vec<char> = text.chars().collect();
                        self.bytes.clear();
                        for c in characters {
                            self.character(c, self.held);
                        }
                    }
                    Err(error) if error.error_len().is_some() => self.bytes.clear(),
                    Err(_) => {}
                }
            }
        }
    }

    fn escape(&mut self, byte: u8, now: Instant) {
        match byte {
            b'[' => self.mode = Mode::Csi,
            b'O' => self.mode = Mode::Ss3,
            b']' => self.mode = Mode::Osc,
            // Device control string, start of string, privacy message, application program command.
            b'P' | b'X' | b'^' | b'_' => {
                self.mode = Mode::Text;
                self.bytes.push(byte);
            }
            0x1b => {
                self.key(KeyCode::Esc, KeyModifiers::NONE);
                self.enter(Mode::Escape, now);
            }
            _ => {
                self.give_up();
                self.ground(byte, KeyModifiers::ALT, now);
            }
        }
    }

    fn csi(&mut self, byte: u8) {
        match byte {
            b' '..=b'?' if self.bytes.len() < SEQUENCE_LEN_MAX => self.bytes.push(byte),
            b'@'..=b'~' => {
                self.mode = Mode::Ground;
                self.control_sequence(byte);
                if self.mode == Mode::Ground {
                    self.bytes.clear();
                }
            }
            // A control character, as in a terminal, ends it only if it starts something else.
            0x1b => {
                let now = self.last;
                self.enter(Mode::Escape, now);
            }
            0x03 | 0x18 | 0x1a | 0x80.. => {
                let now = self.last;
                self.abort(byte, now);
            }
            _ => {}
        }
    }

    /// Handles a control sequence whose parameters are in `bytes`.
    fn control_sequence(&mut self, last: u8) {
        let private = self.bytes.first().copied().filter(|byte| (b'<'..=b'?').contains(byte));
        let intermediate = self.bytes.iter().any(|byte| (b' '..=b'/').contains(byte));
        let numbers = self.numbers();
        let held = modifiers(numbers.get(1).copied());
        match (private, last) {
            _ if intermediate => {}
            (Some(b'<'), b'M' | b'm') => {
                if let &[buttons, column, row, ..] = &numbers[..]
                    && let Ok(buttons) = u8::try_from(buttons)
                {
                    self.mouse(buttons, column as u16, row as u16, last == b'm');
                }
            }
            (None, b'M') => match &numbers[..] {
                // The older report: three bytes follow, which are not keys.
                [] => {
                    self.bytes.clear();
                    self.mode = Mode::Mouse;
                }
                &[buttons, column, row, ..] => {
                    if let Some(buttons) = buttons.checked_sub(32).and_then(|low| u8::try_from(low).ok()) {
                        self.mouse(buttons, column as u16, row as u16, false);
                    }
                }
                _ => {}
            },
            (None, b'[') if numbers.is_empty() => self.mode = Mode::Console,
            (None, b'I') if numbers.is_empty() => self.events.push(Event::FocusGained),
            (None, b'O') if numbers.is_empty() => self.events.push(Event::FocusLost),
            (None, b'Z') => self.key(KeyCode::BackTab, held | KeyModifiers::SHIFT),
            (None, b'~') => match &numbers[..] {
                [200] => {
                    self.bytes.clear();
                    self.mode = Mode::Paste;
                }
                // What xterm sends for keys that have no sequence of their own.
                &[27, mask, code, ..] => self.code(code, modifiers(Some(mask))),
                &[number, ..] => {
                    if let Some(code) = function_key(number) {
                        self.key(code, held);
                    }
                }
                [] => {}
            },
            (None, b'u') => {
                if let Some(&code) = numbers.first()
                    && !self.is_release()
                {
                    self.code(code, held);
                }
            }
            // The position of the cursor, which somebody else asked for, looks like F3.
            (None, b'R') if !numbers.is_empty() => {}
            (None, b'A'..=b'H' | b'P'..=b'S') if !self.is_release() => {
                if let Some(code) = letter(last) {
                    self.key(code, held);
                }
            }
            _ => {}
        }
    }

    /// Returns the parameters of a control sequence, without their sub-parameters; 0 for an empty one. There
    /// are none if it has no digits.
    fn numbers(&self) -> Vec<u32> {
        let start = self.bytes.iter().take_while(|byte| (b'<'..=b'?').contains(byte)).count();
        let text = str::from_utf8(&self.bytes[start..]).unwrap_or_default();
        if text.is_empty() {
            return Vec::new();
        }
        let number = |part: &str| part.split(':').next().and_then(|digits| digits.parse().ok()).unwrap_or(0);
        text.split(';').map(number).collect()
    }

    /// Returns whether a key was released: the second parameter is `modifiers:3`.
    fn is_release(&self) -> bool {
        let text = str::from_utf8(&self.bytes).unwrap_or_default();
        text.split(';').nth(1).and_then(|part| part.split(':').nth(1)) == Some("3")
    }

    /// Handles a key that is sent as a character's code.
    fn code(&mut self, code: u32, held: KeyModifiers) {
        match code {
            9 if held.contains(KeyModifiers::SHIFT) => self.key(KeyCode::BackTab, held),
            9 => self.key(KeyCode::Tab, held),
            13 => self.key(KeyCode::Enter, held),
            27 => self.key(KeyCode::Esc, held),
            127 | 8 => self.key(KeyCode::Backspace, held),
            // kitty sends keys that are not characters from this area of private use.
            57_344..=63_743 => {}
            _ => {
                if let Some(c) = char::from_u32(code) {
                    let shifted = held == KeyModifiers::SHIFT;
                    self.character(if shifted { c.to_ascii_uppercase() } else { c }, held);
                }
            }
        }
    }

    fn character(&mut self, c: char, held: KeyModifiers) {
        if c.is_control() {
            return;
        }
        // As crossterm has it.
        let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        self.key(KeyCode::Char(c), held | shift);
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.events.push(Event::Key(KeyEvent::new(code, modifiers)));
    }

    /// Handles a mouse report: the byte of buttons and modifiers, and the cell, from 1.
    fn mouse(&mut self, buttons: u8, column: u16, row: u16, released: bool) {
        if let Some((kind, modifiers)) = button(buttons, released) {
            let (column, row) = (column.saturating_sub(1), row.saturating_sub(1));
            self.events.push(Event::Mouse(MouseEvent { kind, column, row, modifiers }));
        }
    }

    fn end_paste(&mut self, now: Instant) {
        self.bytes.truncate(PASTE_MAX);
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        if text.contains(['\n', '\r']) {
            self.tail = Some(now + TAIL);
        }
        if !text.is_empty() {
            self.events.push(Event::Paste(text));
        }
    }

    /// Returns the events so far. Keys behind a paste of several lines become part of it.
    fn take_events(&mut self, now: Instant) -> Vec<Event> {
        let events = mem::take(&mut self.events);
        let Some(until) = &mut self.tail else { return events };
        let pasted = events.iter().rposition(|event| matches!(event, Event::Paste(_)));
        let mut taken: Vec<Event> = Vec::new();
        for (place, event) in events.into_iter().enumerate() {
            // Keys before a paste in the same read are keys.
            if pasted.is_some_and(|pasted| place <= pasted) {
                taken.push(event);
                continue;
            }
            let Event::Key(key) = event else {
                taken.push(event);
                continue;
            };
            let c = match key.code {
                KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => c,
                KeyCode::Enter => '\n',
                KeyCode::Tab => '\t',
                _ => continue,
            };
            *until = now + TAIL;
            match taken.last_mut() {
                Some(Event::Paste(text)) => text.push(c),
                _ => taken.push(Event::Paste(c.into())),
            }
        }
        taken
    }
}

/// Returns whether a byte after Esc begins a sequence.
fn begins_sequence(byte: u8) -> bool {
    matches!(byte, b'[' | b'O' | b']' | b'P' | b'X' | b'^' | b'_')
}

/// Returns whether the bytes of one read look like the rest of a sequence whose Esc came alone: nobody types
/// them at once.
fn looks_like_rest(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'[', b'<'..=b'?' | b'0'..=b'9', _, ..]
            | [b']', b'0'..=b'9', _, ..]
            | [b'P', b'>' | b'!' | b'$' | b'+' | b'0'..=b'9', _, ..]
            | [b'_', b'G', _, ..]
    )
}
