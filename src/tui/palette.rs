//! The palette: every command of the inbox by name and by what it does. Derived from the table of
//! commands alone. Plain data; [`super::update`] changes it.

use std::borrow::Cow;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::tui::command::{Command, Entry, Scope, TABLE};
use crate::tui::field::Field;
use crate::tui::state::State;

/// What a match in the name is worth above the same in the help.
const NAME: u32 = 24;

/// The overlay in which a command is found.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub input: Field,
    /// The commands that fit it, the best first.
    pub found: Vec<Found>,
    /// The one that Enter runs.
    pub at: usize,
    /// The first one on screen as of the last step.
    pub top: usize,
    /// The command that was chosen last time.
    last: Option<Command>,
}

/// A command that fits what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The command.
    pub command: Command,
    /// Which characters of its name match.
    pub in_name: Vec<u32>,
    /// Which characters of its help match.
    pub in_help: Vec<u32>,
}

impl Palette {
    /// Every command, `last` first.
    pub fn new(last: Option<Command>) -> Palette {
        let found = find("", last);
        Palette { input: Field::default(), found, at: 0, top: 0, last }
    }

    /// Something else is looked for.
    pub fn on_change(&mut self) {
        self.found = find(self.input.value(), self.last);
        (self.at, self.top) = (0, 0);
    }

    /// Goes so many commands further, or back.
    pub fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.found.len().saturating_sub(1));
    }

    /// The first command on screen, where `height` of them are shown.
    pub fn top(&self, height: u16) -> usize {
        self.top.clamp((self.at + 1).saturating_sub(usize::from(height.max(1))), self.at)
    }

    /// The command that Enter runs; `None` where nothing fits.
    pub fn chosen(&self) -> Option<Command> {
        self.found.get(self.at).map(|found| found.command)
    }
}

/// Why `command` cannot run now, in words for the user.
pub fn refused(command: Command, state: &State) -> Option<Cow<'static, str>> {
    let focus = match command.entry().scope {
        Scope::List if state.detail_focused() => Some("works in the list"),
        Scope::Detail if !state.detail_focused() => Some("works in the detail"),
        _ => None,
    };
    focus.map(Cow::Borrowed).or_else(|| command.refused(state))
}

/// The commands that belong here: opening the palette again is of no use.
fn entries() -> impl Iterator<Item = &'static Entry> {
    let belongs = |scope| matches!(scope, Scope::Inbox | Scope::List | Scope::Detail | Scope::Anywhere);
    TABLE.iter().filter(move |entry| belongs(entry.scope) && entry.command != Command::Palette)
}

/// The commands that fit `text`. Each word fits by its letters in the name, or as it is in the
/// help: letters scattered over a sentence are in nearly every one.
fn find(text: &str, last: Option<Command>) -> Vec<Found> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = |kind| Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, kind);
    let (letters, words) = (pattern(AtomKind::Fuzzy), pattern(AtomKind::Substring));
    let (mut name_chars, mut help_chars) = (Vec::new(), Vec::new());
    let mut found: Vec<(u32, Found)> = Vec::new();
    'entries: for entry in entries() {
        let mut found_here = Found { command: entry.command, in_name: Vec::new(), in_help: Vec::new() };
        let mut score = 0;
        for (letters, words) in letters.atoms.iter().zip(&words.atoms) {
            let name = Utf32Str::new(entry.name, &mut name_chars);
            let help = Utf32Str::new(entry.help, &mut help_chars);
            let in_name = letters.indices(name, &mut matcher, &mut found_here.in_name);
            let in_help = words.indices(help, &mut matcher, &mut found_here.in_help);
            let Some(best) = in_name.map(|score| u32::from(score) + NAME).max(in_help.map(u32::from)) else {
                continue 'entries;
            };
            score += best;
        }
        found.push((score, found_here));
    }
    // Those of one score stay in the order of the table.
    let first = |found: &Found| text.trim().is_empty() && Some(found.command) == last;
    found.sort_by_key(|(score, found)| (!first(found), u32::MAX - score));
    found.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        find(text, None).iter().map(|found| found.command.entry().name).collect()
    }

    #[test]
    fn everything_of_the_inbox_is_there_in_the_order_of_the_table() {
        let all = names("");
        assert_eq!(all, entries().map(|entry| entry.name).collect::<Vec<_>>());
        assert!(all.contains(&"play") && all.contains(&"open") && all.contains(&"quit-at-once"));
        assert!(!all.contains(&"palette") && !all.contains(&"close-help"));
    }

    #[test]
    fn names_fit_by_their_letters_and_help_by_its_words() {
        assert_eq!(names("dates")[0], "dates");
        assert_eq!(names("hpd")[0], "half-page-down");
        assert_eq!(names("seek back")[0], "seek-back");
        assert_eq!(names("pitch"), ["faster"]);
        assert_eq!(names("SAVE")[0], "save");
        assert_eq!(names("xyzzy"), [""; 0]);
    }

    #[test]
    fn a_name_is_worth_more_than_help() {
        // The help of several others has the word as well.
        assert_eq!(names("play")[0], "play");
        assert_eq!(names("quit")[..2], ["quit", "quit-at-once"]);
    }

    #[test]
    fn what_matches_is_known() {
        let found = &find("day bef", None)[0];
        assert_eq!(found.command, Command::DayBefore);
        assert_eq!(found.in_name, [0, 1, 2, 4, 5, 6]);
        assert_eq!(found.in_help, [4, 5, 6, 8, 9, 10]);
    }

    #[test]
    fn the_last_choice_is_first_until_something_is_typed() {
        assert_eq!(find("", Some(Command::Again))[0].command, Command::Again);
        assert_eq!(find(" ", Some(Command::Again))[0].command, Command::Again);
        assert_eq!(find("dates", Some(Command::Again))[0].command, Command::Dates);
    }
}
