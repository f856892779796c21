//! The palette: every command of the inbox by name and by what it does, derived from the table of
//! commands, and the user's own views. Plain data; [`super::update`] changes it.

use std::borrow::Cow;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::tui::command::{Command, Entry, Group, Scope, TABLE};
use crate::tui::field::Field;
use crate::tui::state::{OwnView, State};

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
    /// What was chosen last time.
    last: Option<Action>,
    /// The user's own views, and what each shows.
    views: Vec<(String, String)>,
}

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A command.
    Command(Command),
    /// The user's own view with that number.
    View(usize),
}

/// What fits what is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub choice: Action,
    /// Which characters of its name match.
    pub in_name: Vec<u32>,
    /// Which characters of its help match.
    pub in_help: Vec<u32>,
}

impl Palette {
    /// Every command and every one of `views`, `last` first.
    pub fn new(last: Option<Action>, views: &[OwnView]) -> Palette {
        let views: Vec<_> = views.iter().map(|view| (view.name.clone(), view.help())).collect();
        let found = find("", last, &views);
        Palette { input: Field::default(), found, at: 0, top: 0, last, views }
    }

    /// How a choice is called, and what it does.
    pub fn texts(&self, choice: Action) -> (&str, &str) {
        texts(choice, &self.views)
    }

    /// Something else is looked for.
    pub fn on_change(&mut self) {
        self.found = find(self.input.value(), self.last, &self.views);
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

    /// What Enter runs; `None` where nothing fits.
    pub fn chosen(&self) -> Option<Action> {
        self.found.get(self.at).map(|found| found.choice)
    }
}

/// Why `choice` cannot run now, in words for the user.
pub fn refused(choice: Action, state: &State) -> Option<Cow<'static, str>> {
    let Action::Command(command) = choice else { return None };
    let focus = match command.entry().scope {
        Scope::List if state.detail_focused() => Some("works in the list"),
        Scope::Detail if !state.detail_focused() => Some("works in the detail"),
        _ => None,
    };
    focus.map(Cow::Borrowed).or_else(|| command.refused(state))
}

/// The commands that belong here: opening the palette again is of no use. And so many views. Moving
/// comes last: nobody looks for that here.
fn choices(views: usize) -> impl Iterator<Item = Action> {
    let belongs = |scope| matches!(scope, Scope::Inbox | Scope::List | Scope::Detail | Scope::Anywhere);
    let all = || TABLE.iter().filter(move |entry| belongs(entry.scope) && entry.command != Command::Palette);
    let moves = |entry: &&Entry| entry.group == Some(Group::Move);
    let commands = |entry: &Entry| Action::Command(entry.command);
    let others = all().filter(move |entry| !moves(entry)).map(commands);
    others.chain((0..views).map(Action::View)).chain(all().filter(moves).map(commands))
}

fn texts(choice: Action, views: &[(String, String)]) -> (&str, &str) {
    match choice {
        Action::Command(command) => (command.entry().name, command.entry().help),
        Action::View(number) => views.get(number).map_or(("", ""), |(name, help)| (name, help)),
    }
}

/// The commands and views that fit `text`. Each word fits by its letters in the name, or as it is in the
/// help: letters scattered over a sentence are in nearly every one.
fn find(text: &str, last: Option<Action>, views: &[(String, String)]) -> Vec<Found> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = |kind| Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, kind);
    let (letters, words) = (pattern(AtomKind::Fuzzy), pattern(AtomKind::Substring));
    let (mut name_chars, mut help_chars) = (Vec::new(), Vec::new());
    let mut found: Vec<(u32, Found)> = Vec::new();
    'choices: for choice in choices(views.len()) {
        let (name, help) = texts(choice, views);
        let mut found_here = Found { choice, in_name: Vec::new(), in_help: Vec::new() };
        let mut score = 0;
        for (letters, words) in letters.atoms.iter().zip(&words.atoms) {
            let name = Utf32Str::new(name, &mut name_chars);
            let help = Utf32Str::new(help, &mut help_chars);
            let in_name = letters.indices(name, &mut matcher, &mut found_here.in_name);
            let in_help = words.indices(help, &mut matcher, &mut found_here.in_help);
            let Some(best) = in_name.map(|score| u32::from(score) + NAME).max(in_help.map(u32::from)) else {
                continue 'choices;
            };
            score += best;
        }
        found.push((score, found_here));
    }
    // Those of one score stay in the order of the table.
    let first = |found: &Found| text.trim().is_empty() && Some(found.choice) == last;
    found.sort_by_key(|(score, found)| (!first(found), u32::MAX - score));
    found.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        find(text, None, &[]).iter().map(|found| texts(found.choice, &[]).0).collect()
    }

    #[test]
    fn everything_of_the_inbox_is_there() {
        let all = names("");
        assert_eq!(all, choices(0).map(|choice| texts(choice, &[]).0).collect::<Vec<_>>());
        assert_eq!((all[0], all.last()), ("play", Some(&"back")));
        assert!(all.contains(&"open") && all.contains(&"quit-at-once"));
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
        let found = &find("day bef", None, &[])[0];
        assert_eq!(found.choice, Action::Command(Command::DayBefore));
        assert_eq!(found.in_name, [0, 1, 2, 4, 5, 6]);
        assert_eq!(found.in_help, [9, 10, 11]);
    }

    #[test]
    fn the_last_choice_is_first_until_something_is_typed() {
        let first = |text, last| find(text, Some(last), &[])[0].choice;
        let again = Action::Command(Command::Refresh);
        assert_eq!(first("", again), again);
        assert_eq!(first(" ", again), again);
        assert_eq!(first("dates", again), Action::Command(Command::Dates));
    }
}
