//! Sequences that put a text on the clipboard of the terminal, or send it a file. Pure: they return
//! bytes, and nothing is written here. What the environment says comes as a lookup.
//!
//! None of them has an answer that the program would have to read, and none says whether it worked.
//! A terminal that does not know one skips it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub mod transfer;

const ESC: char = '\x1b';
const BEL: char = '\x07';
/// The string terminator.
const ST: &str = "\x1b\\";

/// The longest text that is copied, in bytes. In base64, with what is around it, it is the 100,000
/// bytes that hterm takes (`OSC_52_MAX_SEQUENCE` of its `osc52.sh`), the least of the usual terminals.
pub const COPY_MAX: usize = 74_994;

/// How much screen passes on in one string: its oldest versions kept 256 bytes (`osc52.sh` of hterm).
const SCREEN_PIECE: usize = 240;

/// What stands between the program and the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Through {
    /// Nothing, or nothing that shows: ssh, mosh.
    #[default]
    Plain,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Through {
    /// By the environment. tmux sets `TMUX`, screen sets `STY`. ssh passes neither on, only `TERM`, and
    /// tmux too calls itself `screen` in some set-ups: one at the desk cannot always be told apart.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Through {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        if is_set("TMUX") || term.starts_with("tmux") {
            Through::Tmux
        } else if is_set("STY") || term.starts_with("screen") {
            Through::Screen
        } else {
            Through::Plain
        }
    }

    /// `sequence` so that it reaches the terminal as it is.
    fn pass(self, sequence: &str) -> Vec<u8> {
        match self {
            Through::Plain => sequence.to_owned(),
            // Needs `allow-passthrough on`; without, tmux drops it (tmux(1), input_dcs_dispatch).
            Through::Tmux => format!("{ESC}Ptmux;{}{ST}", sequence.replace(ESC, "\x1b\x1b")),
            // screen hands the content of a device control string on (screen(1), "Control Sequences").
            // What is handed on must not end one itself, so sequences here end in BEL.
            Through::Screen => {
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

/// Why a text was not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The text is too long to copy: {len} bytes, and terminals take {COPY_MAX}.")]
pub struct TooLong {
    /// The text's length in bytes.
    pub len: usize,
}

/// Puts `text` on the clipboard: OSC 52 with the selection `c` (xterm's `ctlseqs`).
///
/// Whoever stands between gets it twice: as it is, and wrapped so as to be passed on. tmux takes the
/// first when its `set-clipboard` is `on`; it then keeps the text as a buffer as well and tells the
/// terminal. When that is `external`, the default, tmux takes it from its own copy mode alone (tmux(1);
/// `input_osc_52` in its source), and the second gets through where `allow-passthrough` is on. screen
/// takes the second. Where both work, the same text is set twice.
///
/// # Errors
/// When the text is longer than [`COPY_MAX`]: terminals drop or cut what is longer, without a word.
pub fn copy(text: &str, through: Through) -> Result<Vec<u8>, TooLong> {
    if text.len() > COPY_MAX {
        return Err(TooLong { len: text.len() });
    }
    let sequence = format!("{ESC}]52;c;{}{BEL}", STANDARD.encode(text));
    let mut bytes = sequence.clone().into_bytes();
    if through != Through::Plain {
        bytes.append(&mut through.pass(&sequence));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Through::{self, Plain, Screen, Tmux};
    use super::{COPY_MAX, TooLong, copy};

    fn copied(text: &str, through: Through) -> String {
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
            assert_eq!(Through::detect(lookup), through, "{environment:?}");
        }
    }
}
