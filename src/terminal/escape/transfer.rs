//! Sends a file to the terminal, which saves it on the user's own machine.
//!
//! - **iTerm2** downloads without asking (<https://iterm2.com/documentation-images.html>). `File=` is one
//!   sequence with the whole file. `MultipartFile=`, `FilePart=` and `FileEnd`, since version 3.5, are many
//!   small ones: tmux can pass them on, and the screen can be drawn in between.
//! - **kitty** asks the user first (<https://sw.kovidgoyal.net/kitty/file-transfer-protocol/>), and drops a
//!   session if data arrives before the user has agreed. Its answer would arrive as keys, so `q=2` turns it
//!   off. Therefore there are two steps: [`ask`], and [`send`] once the user has confirmed in vmail that
//!   kitty was allowed to.
//!
//! `WezTerm` and others support `File=` for images only.

use std::iter::once;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::terminal::escape::{BEL, ESC, Multiplexer, ST};

/// The number of file bytes in one sequence: kitty's limit, 5,464 bytes in base64. A multiple of three, so
/// that pieces of one base64 text join without padding.
const PIECE: usize = 4095;

/// The ID of the only file in a kitty session.
const FILE: &str = "1";

/// How to send a file to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// iTerm2, in one sequence: nothing may be written between its chunks.
    Whole,
    /// iTerm2 3.5 or later, in parts. tmux needs `allow-passthrough on`.
    Parts(Multiplexer),
    /// kitty, in two steps.
    Kitty,
}

impl Transfer {
    /// Detects how to send files to the terminal, from the environment. Returns `None` if the terminal is not
    /// known to receive files.
    ///
    /// ssh passes on `TERM`, and by default variables that start with `LC_`, like those of iTerm2.
    /// `TERM_PROGRAM` and `KITTY_WINDOW_ID` are only set locally. Inside tmux, `TERM` is tmux's own and the
    /// other variables are those from when its server was started, so kitty is not detected there. screen
    /// truncates sequences of this length.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Option<Transfer> {
        let is = |name, value: &str| variable(name).is_some_and(|found| found == value);
        let through = Multiplexer::detect(&variable);
        let version = if is("LC_TERMINAL", "iTerm2") {
            variable("LC_TERMINAL_VERSION")
        } else if is("TERM_PROGRAM", "iTerm.app") {
            variable("TERM_PROGRAM_VERSION")
        } else {
            let is_kitty = is("TERM", "xterm-kitty") || variable("KITTY_WINDOW_ID").is_some();
            return (is_kitty && through == Multiplexer::Plain).then_some(Transfer::Kitty);
        };
        let takes_parts = version.is_some_and(|version| takes_parts(&version));
        match through {
            Multiplexer::Plain | Multiplexer::Tmux if takes_parts => Some(Transfer::Parts(through)),
            Multiplexer::Plain => Some(Transfer::Whole),
            Multiplexer::Tmux | Multiplexer::Screen => None,
        }
    }
}

/// Returns whether this version of iTerm2, such as `3.5.0beta3`, supports `MultipartFile`.
fn takes_parts(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (3, 5)
}

/// Returns the first step of a file transfer for kitty: ask the user to allow files. `session` must be new
/// for every file and consist of letters and digits.
pub fn ask(session: &str) -> Vec<u8> {
    kitty("send", session, ";q=2").into_bytes()
}

/// Returns the sequences that send a file to the terminal, in chunks of about 6 kB so that a slow line stays
/// responsive. Other output may come between the chunks, except with [`Transfer::Whole`].
///
/// iTerm2 saves the file in its downloads folder, under another name if `name` exists. kitty saves it in
/// `~/Downloads`, creates the folder if needed, and **overwrites** an existing file. `session` is the one
/// given to [`ask`]; iTerm2 does not use it.
pub fn send<'a>(
    transfer: Transfer,
    session: &'a str,
    name: &'a str,
    file: &'a [u8],
) -> Box<dyn Iterator<Item = Vec<u8>> + Send + 'a> {
    let about = format!("name={};size={};inline=0", STANDARD.encode(name), file.len());
    let pieces = file.chunks(PIECE);
    match transfer {
        Transfer::Whole => {
            let head = format!("{ESC}]1337;File={about}:");
            let pieces = pieces.map(|piece| STANDARD.encode(piece));
            Box::new(once(head).chain(pieces).chain(once(BEL.to_string())).map(String::into_bytes))
        }
        Transfer::Parts(through) => {
            let parts = pieces.map(|piece| format!("FilePart={}", STANDARD.encode(piece)));
            let all = once(format!("MultipartFile={about}")).chain(parts).chain(once("FileEnd".to_owned()));
            Box::new(all.map(move |part| through.pass(&format!("{ESC}]1337;{part}{BEL}"))))
        }
        Transfer::Kitty => {
            let path = STANDARD.encode(format!("~/Downloads/{name}"));
            let head = kitty("file", session, &format!(";fid={FILE};n={path};sz={}", file.len()));
            let parts = pieces.map(move |piece| {
                kitty("data", session, &format!(";fid={FILE};d={}", STANDARD.encode(piece)))
            });
            let end = [kitty("end_data", session, &format!(";fid={FILE}")), kitty("finish", session, "")];
            Box::new(once(head).chain(parts).chain(end).map(String::into_bytes))
        }
    }
}

/// Returns a command of kitty's protocol. `more` holds keys and values, each after a semicolon.
fn kitty(action: &str, session: &str, more: &str) -> String {
    format!("{ESC}]5113;ac={action};id={session}{more}{ST}")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::Transfer::{self, Kitty, Parts, Whole};
    use super::{ask, send};
    use crate::terminal::escape::Multiplexer::{Plain, Tmux};

    fn chunks(transfer: Transfer, file: &[u8]) -> Vec<String> {
        send(transfer, "s1", "a.mp3", file).map(|chunk| String::from_utf8(chunk).unwrap()).collect()
    }

    #[test]
    fn a_small_file_byte_for_byte() {
        let about = "name=YS5tcDM=;size=2;inline=0";
        assert_eq!(chunks(Whole, b"hi").concat(), format!("\x1b]1337;File={about}:aGk=\x07"));
        assert_eq!(
            chunks(Parts(Plain), b"hi"),
            [
                format!("\x1b]1337;MultipartFile={about}\x07").as_str(),
                "\x1b]1337;FilePart=aGk=\x07",
                "\x1b]1337;FileEnd\x07"
            ]
        );
        assert_eq!(
            chunks(Parts(Tmux), b"hi")[1..],
            ["\x1bPtmux;\x1b\x1b]1337;FilePart=aGk=\x07\x1b\\", "\x1bPtmux;\x1b\x1b]1337;FileEnd\x07\x1b\\"]
        );
        assert_eq!(ask("s1"), b"\x1b]5113;ac=send;id=s1;q=2\x1b\\");
        assert_eq!(
            chunks(Kitty, b"hi"),
            [
                "\x1b]5113;ac=file;id=s1;fid=1;n=fi9Eb3dubG9hZHMvYS5tcDM=;sz=2\x1b\\",
                "\x1b]5113;ac=data;id=s1;fid=1;d=aGk=\x1b\\",
                "\x1b]5113;ac=end_data;id=s1;fid=1\x1b\\",
                "\x1b]5113;ac=finish;id=s1\x1b\\"
            ]
        );
    }

    /// Decodes the base64 after `mark` in each piece, as the terminal would.
    fn received(chunks: &[String], mark: &str, end: &str) -> Vec<u8> {
        let pieces = chunks.iter().filter_map(|chunk| chunk.split_once(mark)?.1.strip_suffix(end));
        pieces.flat_map(|piece| STANDARD.decode(piece).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn every_file_arrives(file in prop::collection::vec(any::<u8>(), 0..20_000)) {
            let whole = chunks(Whole, &file).concat();
            let (_, base64) = whole.strip_suffix('\x07').unwrap().split_once(':').unwrap();
            prop_assert_eq!(&STANDARD.decode(base64).unwrap(), &file);
            prop_assert_eq!(&received(&chunks(Parts(Plain), &file), "FilePart=", "\x07"), &file);
            prop_assert_eq!(&received(&chunks(Parts(Tmux), &file), "FilePart=", "\x07\x1b\\"), &file);
            prop_assert_eq!(&received(&chunks(Kitty, &file), ";d=", "\x1b\\"), &file);
            for transfer in [Whole, Parts(Plain), Parts(Tmux), Kitty] {
                prop_assert!(chunks(transfer, &file).iter().all(|chunk| chunk.len() < 6000));
            }
        }

        #[test]
        fn no_name_ends_a_sequence(name: String) {
            for transfer in [Whole, Parts(Plain), Kitty] {
                let all: Vec<u8> = send(transfer, "s1", &name, b"").flatten().collect();
                let ends = all.iter().filter(|byte| **byte == 0x1b || **byte == 7).count();
                let same: Vec<u8> = send(transfer, "s1", "a", b"").flatten().collect();
                prop_assert_eq!(ends, same.iter().filter(|byte| **byte == 0x1b || **byte == 7).count());
            }
        }
    }

    #[test]
    fn which_terminal_takes_files() {
        let iterm = ("LC_TERMINAL", "iTerm2");
        for (environment, transfer) in [
            (&[("TERM", "xterm-256color")][..], None),
            (&[], None),
            (&[("TERM", "xterm-kitty")], Some(Kitty)),
            (&[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")], Some(Kitty)),
            (&[("TERM", "tmux-256color"), ("KITTY_WINDOW_ID", "1"), ("TMUX", "a")], None),
            (&[("TERM", "xterm"), ("TERM_PROGRAM", "WezTerm")], None),
            (&[iterm], Some(Whole)),
            (&[iterm, ("LC_TERMINAL_VERSION", "3.4.23")], Some(Whole)),
            (&[iterm, ("LC_TERMINAL_VERSION", "3.5.0beta3")], Some(Parts(Plain))),
            (&[iterm, ("LC_TERMINAL_VERSION", "4.0")], Some(Parts(Plain))),
            (&[iterm, ("LC_TERMINAL_VERSION", "3.5.2"), ("TMUX", "a")], Some(Parts(Tmux))),
            (&[iterm, ("LC_TERMINAL_VERSION", "3.4.23"), ("TMUX", "a")], None),
            (&[iterm, ("LC_TERMINAL_VERSION", "3.5.2"), ("TERM", "screen")], None),
            (&[("TERM_PROGRAM", "iTerm.app"), ("TERM_PROGRAM_VERSION", "3.5.2")], Some(Parts(Plain))),
        ] {
            let lookup = |name: &str| {
                environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Transfer::detect(lookup), transfer, "{environment:?}");
        }
    }
}
