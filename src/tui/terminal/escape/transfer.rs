//! Sending a file to the terminal, which saves it on the machine where it runs.
//!
//! - **iTerm2** downloads on its own (<https://iterm2.com/documentation-images.html>): `File=` is one
//!   sequence with everything in it; `MultipartFile=`, `FilePart=` and `FileEnd`, since 3.5, are many
//!   small ones, which tmux can pass on and between which the screen can be drawn.
//! - **kitty** asks the user first (<https://sw.kovidgoyal.net/kitty/file-transfer-protocol/>), and drops a session
//!   in which anything comes before the user has allowed it. Its answer would come among the keys; with
//!   `q=2` it gives none. So this goes in two steps: [`ask`], and [`send`] after the user has said in
//!   the program as well that it was allowed.
//!
//! `WezTerm` and others know `File=` for pictures alone.

use std::iter::once;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{BEL, ESC, ST, Through};

/// How much of a file goes into one sequence, in bytes: what kitty allows, and 5,464 in base64. A
/// multiple of three, so that the pieces of one base64 text join without padding.
const PIECE: usize = 4095;

/// The file's number in a kitty session, which has one file.
const FILE: &str = "1";

/// How a file goes to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// To iTerm2, in one sequence: nothing may be written between its chunks.
    Whole,
    /// To iTerm2 3.5 or later, in parts. Inside tmux `allow-passthrough` must be on.
    Parts(Through),
    /// To kitty, in two steps.
    Kitty,
}

impl Transfer {
    /// How the terminal takes files, by the environment; `None` where it is not known to.
    ///
    /// ssh passes `TERM` on, and what begins with `LC_` in its usual set-up, as iTerm2's names do.
    /// `TERM_PROGRAM` and `KITTY_WINDOW_ID` are seen at the desk alone. Inside tmux `TERM` is tmux's own
    /// and the others are those of whoever started it, so kitty is not looked for there. screen cuts
    /// sequences of this length.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Option<Transfer> {
        let is = |name, value: &str| variable(name).is_some_and(|found| found == value);
        let through = Through::detect(&variable);
        let version = if is("LC_TERMINAL", "iTerm2") {
            variable("LC_TERMINAL_VERSION")
        } else if is("TERM_PROGRAM", "iTerm.app") {
            variable("TERM_PROGRAM_VERSION")
        } else {
            let is_kitty = is("TERM", "xterm-kitty") || variable("KITTY_WINDOW_ID").is_some();
            return (is_kitty && through == Through::Plain).then_some(Transfer::Kitty);
        };
        let takes_parts = version.is_some_and(|version| takes_parts(&version));
        match through {
            Through::Plain | Through::Tmux if takes_parts => Some(Transfer::Parts(through)),
            Through::Plain => Some(Transfer::Whole),
            Through::Tmux | Through::Screen => None,
        }
    }
}

/// Whether iTerm2 of this version, `3.5.0beta3` for one, knows `MultipartFile`.
fn takes_parts(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (3, 5)
}

/// Asks kitty's user whether files may come: the first step. `session` is new for every file, of
/// letters and digits.
pub fn ask(session: &str) -> Vec<u8> {
    kitty("send", session, ";q=2").into_bytes()
}

/// Sends a file named `name` in chunks of about 6 kB, so that a slow line stays responsive: all of
/// them, in order. Unless it is [`Transfer::Whole`], other output may come between two of them.
///
/// iTerm2 saves it in its downloads folder and finds another name where `name` is taken. kitty saves
/// it in `~/Downloads`, which it makes if need be, **in place of** a file of that name. `session` is
/// the one that was asked for; iTerm2 has none.
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

/// A command of kitty's protocol; `more` is keys and values, each after a semicolon.
fn kitty(action: &str, session: &str, more: &str) -> String {
    format!("{ESC}]5113;ac={action};id={session}{more}{ST}")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::super::Through::{Plain, Tmux};
    use super::Transfer::{self, Kitty, Parts, Whole};
    use super::{ask, send};

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

    /// The file as the terminal puts it together from the base64 after `mark`, one piece at a time.
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
