//! Escape sequences that copy text to the terminal's clipboard or send it a file. Pure: the functions
//! return bytes and take the environment as a lookup.
//!
//! None of the sequences makes the terminal answer, and none reports success. Terminals ignore sequences
//! that they do not know.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub mod transfer;

const ESC: char = '\x1b';
const BEL: char = '\x07';
/// The string terminator.
const ST: &str = "\x1b\\";

/// The maximum length of a copied text in bytes. Encoded, it is the 100,000 bytes that hterm accepts
/// (`OSC_52_MAX_SEQUENCE` in its `osc52.sh`): the lowest limit among common terminals.
pub const COPY_MAX: usize = 74_994;

/// The length of a string that every version of screen passes on: old ones only 256 bytes (hterm's
/// `osc52.sh`).
const SCREEN_PIECE: usize = 240;

/// The terminal multiplexer between the program and the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplexer {
    /// None, or one that is transparent: ssh, mosh.
    #[default]
    Plain,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Multiplexer {
    /// Detects the multiplexer from the environment: tmux sets `TMUX`, screen sets `STY`. ssh passes on only
    /// `TERM`, and some set-ups of tmux use `TERM=screen`, so a multiplexer on the user's own machine is not
    /// always recognised.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Multiplexer {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        if is_set("TMUX") || term.starts_with("tmux") {
            Multiplexer::Tmux
        } else if is_set("STY") || term.starts_with("screen") {
            Multiplexer::Screen
        } else {
            Multiplexer::Plain
        }
    }

    /// Wraps `sequence` so that the multiplexer passes it on unchanged.
    fn pass(self, sequence: &str) -> Vec<u8> {
        match self {
            Multiplexer::Plain => sequence.to_owned(),
            // Needs `allow-passthrough on`; otherwise tmux drops it (tmux(1), input_dcs_dispatch).
            Multiplexer::Tmux => format!("{ESC}Ptmux;{}{ST}", sequence.replace(ESC, "\x1b\x1b")),
            // screen passes on the content of a device control string (screen(1), "Control Sequences"). The
            // content must not contain a string terminator, so sequences here end with BEL.
            Multiplexer::Screen => {
                let mut out = String::with_capacity(sequence.len() + sequence.len() / SCREEN_PIECE * 4 + 4);
                let mut rest = sequence;
                while !rest.is_empty() {
                    let (piece, after) = rest.split_at(rest.len().min(SCREEN_PIECE));
                    out.extend(["\x1bP", piece, ST]);
                    rest = after;
                }
                out
            }
        }
        .into_bytes()
    }
}

/// A text was too long to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too large to copy: {} kB; terminals accept {} kB", len.div_ceil(1_000), COPY_MAX / 1_000)]
pub struct TooLong {
    /// The text's length in bytes.
    pub len: usize,
}

/// Returns the escape sequence that copies `text` to the clipboard: OSC 52 with the selection `c` (xterm's
/// `ctlseqs`).
///
/// With a multiplexer it is sent twice: plain, and wrapped to be passed on. tmux handles the plain one if
/// `set-clipboard` is `on`: it keeps the text as a buffer and sets the terminal's clipboard. With
/// `external`, the default, it ignores it (tmux(1); `input_osc_52` in its source), and the wrapped one gets
/// through if `allow-passthrough` is on. screen handles the wrapped one. If both work, the same text is set
/// twice.
///
/// # Errors
/// When the text is longer than [`COPY_MAX`]: terminals silently drop or truncate longer ones.
pub fn copy(text: &str, through: Multiplexer) -> Result<Vec<u8>, TooLong> {
    if text.len() > COPY_MAX {
        return Err(TooLong { len: text.len() });
    }
    let sequence = format!("{ESC}]52;c;{}{BEL}", STANDARD.encode(text));
    let mut bytes = sequence.clone().into_bytes();
    if through != Multiplexer::Plain {
        bytes.append(&mut through.pass(&sequence));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Multiplexer::{self, Plain, Screen, Tmux};
    use super::{COPY_MAX, TooLong, copy};

    fn copied(text: &str, through: Multiplexer) -> String {
        String::from_utf8(copy(text, through).unwrap()).unwrap()
    }

    #[test]
    fn a_copy_byte_for_byte() {
        assert_eq!(copied("ssh -N\n", Plain), "\x1b]52;c;c3NoIC1OCg==\x07");
        assert_eq!(copied("hi", Tmux), "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
        assert_eq!(copied("hi", Screen), "\x1b]52;c;aGk=\x07\x1bP\x1b]52;c;aGk=\x07\x1b\\");
    }

    #[test]
    fn what_is_too_long_is_refused() {
        let longest = "a".repeat(COPY_MAX);
        assert!(copy(&longest, Plain).unwrap().len() <= 100_000);
        assert_eq!(copy(&format!("{longest}a"), Plain), Err(TooLong { len: COPY_MAX + 1 }));
    }

    proptest! {
        #[test]
        fn screen_hands_on_what_a_terminal_gets_without_it(text in ".{0,2000}") {
            let both = copied(&text, Screen);
            let wrapped = both.strip_prefix(&copied(&text, Plain)).unwrap();
            let pieces: Vec<_> = wrapped.split_inclusive("\x1b\\").collect();
            prop_assert!(pieces.iter().all(|piece| piece.len() <= 256));
            let inner: String =
                pieces.iter().map(|piece| piece.strip_prefix("\x1bP").unwrap().strip_suffix("\x1b\\").unwrap()).collect();
            prop_assert_eq!(inner, copied(&text, Plain));
        }
    }

    #[test]
    fn what_is_between() {
        for (environment, through) in [
            (&[("TERM", "xterm-256color")][..], Plain),
            (&[], Plain),
            (&[("TMUX", ""), ("TERM", "xterm")], Plain),
            (&[("TMUX", "/tmp/tmux-1000/default,7,0"), ("TERM", "screen-256color")], Tmux),
            (&[("TERM", "tmux-256color")], Tmux),
            (&[("TERM", "screen.xterm-256color")], Screen),
            (&[("TERM", "xterm"), ("STY", "7.pts-0")], Screen),
        ] {
            let lookup = |name: &str| {
                environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Multiplexer::detect(lookup), through, "{environment:?}");
        }
    }
}
