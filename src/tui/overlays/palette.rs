//! The command palette: the commands of the inbox by name and help text, from the table of commands, and
//! the custom views. Plain data; [`crate::tui::update`] changes it.

use std::borrow::Cow;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::tui::command::{Command, Entry, Group, Scope, TABLE};
use crate::tui::field::Field;
use crate::tui::keymap::Keymap;
use crate::tui::state::State;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The bonus for a match in the name over the same match in the help text.
const NAME: u32 = 24;

/// The score of an exact name, alias or key: more than any match by letters.
const EXACT: u32 = 1 << 20;

/// The bonus for a name that begins with what was typed.
const BEGINS: u32 = 200;

/// The maximum number of recent choices to remember.
const RECENT_MAX: usize = 5;

/// Other names of commands, as people know them from vim, mutt, aerc and mail programs.
const ALIASES: &[(&str, Command)] = &[
    ("q", Command::Quit),
    ("q!", Command::Quit),
    ("qa", Command::Quit),
    ("wq", Command::Quit),
    ("x", Command::Quit),
    ("exit", Command::Quit),
    ("bye", Command::Quit),
    ("archive", Command::ToggleDone),
    ("delete", Command::ToggleDone),
    ("trash", Command::ToggleDone),
    ("flag", Command::ToggleStar),
    ("settings", Command::Reload),
    ("config", Command::Reload),
    ("source", Command::Reload),
    ("sync", Command::Refresh),
    ("fetch", Command::Refresh),
    ("check", Command::Refresh),
    ("filter", Command::Search),
    ("find", Command::Search),
    ("label", Command::Tags),
    ("tag", Command::Tags),
    ("comment", Command::Note),
    ("write", Command::SaveRecording),
    ("download", Command::SaveRecording),
    ("resume", Command::PausePlaying),
    ("listen", Command::PlayPause),
    ("dial", Command::CallBack),
    ("call", Command::CallBack),
    ("rename", Command::NameCaller),
    ("copy", Command::CopyMore),
    ("yank", Command::CopyMore),
    ("range", Command::Dates),
    ("sort", Command::NextOrder),
    ("account", Command::Accounts),
    ("login", Command::LogIn),
    ("keys", Command::Help),
    ("h", Command::Help),
    ("stop", Command::Back),
];

/// The palette.
#[derive(Debug)]
pub struct Palette {
    /// The text.
    pub input: Field,
    /// The matching commands, best first.
    pub found: Vec<Match>,
    /// The index of the selected command.
    pub at: usize,
    /// The first visible command as of the last step.
    pub top: usize,
    /// All choices, the most useful first.
    choices: Vec<Action>,
    /// The last choices, latest first.
    recent: Vec<Action>,
    /// The names and help texts of the custom views.
    views: Vec<(String, String)>,
    /// The keys of the inbox, and their commands.
    keys: Vec<(String, Command)>,
}

/// An entry of the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A command.
    Command(Command),
    /// The custom view with that index.
    View(usize),
}

/// A match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The entry.
    pub choice: Action,
    /// The matching characters of its name.
    pub in_name: Vec<u32>,
    /// The matching characters of its help text.
    pub in_help: Vec<u32>,
}

impl Palette {
    /// Returns a command palette with all commands and views, recent choices first.
    pub fn new(state: &State) -> Palette {
        let views = state.setup.views.iter().map(|view| (view.name.clone(), view.help())).collect::<Vec<_>>();
        // What cannot run now comes last.
        let mut choices: Vec<_> = choices(views.len()).collect();
        choices.sort_by_key(|choice| refused(*choice, state).is_some());
        let mut palette = Palette {
            input: Field::default(),
            found: Vec::new(),
            at: 0,
            top: 0,
            recent: state.recent_choices.clone(),
            choices,
            views,
            keys: exact_keys(&state.setup.keymap),
        };
        palette.on_change();
        palette
    }

    /// Returns the name and the help text of an entry of the palette.
    pub fn texts(&self, choice: Action) -> (&str, &str) {
        texts(choice, &self.views)
    }

    /// Handles a changed text of the palette.
    pub fn on_change(&mut self) {
        self.found = find(self.input.value(), &self.recent, &self.choices, &self.views, &self.keys);
        (self.at, self.top) = (0, 0);
    }

    /// Moves the selection of the palette by `by` commands.
    pub fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.found.len().saturating_sub(1));
    }

    /// Returns the palette's first visible command if `height` commands fit.
    pub fn top(&self, height: u16) -> usize {
        self.top.clamp((self.at + 1).saturating_sub(usize::from(height.max(1))), self.at)
    }

    /// Returns the palette's selected entry; `None` if nothing matches.
    pub fn chosen(&self) -> Option<Action> {
        self.found.get(self.at).map(|found| found.choice)
    }
}

/// Returns why a palette's `choice` cannot run now, as a message for the user.
pub fn refused(choice: Action, state: &State) -> Option<Cow<'static, str>> {
    let Action::Command(command) = choice else { return None };
    let focus = match command.entry().scope {
        Scope::List if state.detail_focused() => Some("only in the list"),
        Scope::Detail if !state.detail_focused() => Some("only in the detail"),
        _ => None,
    };
    focus.map(Cow::Borrowed).or_else(|| command.refused(state))
}

/// Iterates over the commands of the palette, without the one that opens it, and over `views` views.
/// What the footer shows comes first, movement last: nobody looks for it here.
fn choices(views: usize) -> impl Iterator<Item = Action> {
    let belongs = |scope| matches!(scope, Scope::Inbox | Scope::List | Scope::Detail | Scope::Anywhere);
    let all = || TABLE.iter().filter(move |entry| belongs(entry.scope) && entry.command != Command::Palette);
    let moves = |entry: &&Entry| entry.group == Some(Group::Move);
    let useful = |entry: &&Entry| !entry.hint.is_empty();
    let commands = |entry: &Entry| Action::Command(entry.command);
    let first = all().filter(move |entry| !moves(entry) && useful(entry)).map(commands);
    let others = all().filter(move |entry| !moves(entry) && !useful(entry)).map(commands);
    first.chain(others).chain((0..views).map(Action::View)).chain(all().filter(moves).map(commands))
}

fn texts(choice: Action, views: &[(String, String)]) -> (&str, &str) {
    match choice {
        Action::Command(command) => (command.entry().name, command.entry().help),
        Action::View(number) => views.get(number).map_or(("", ""), |(name, help)| (name, help)),
    }
}

/// Adds a choice to the palette's recent ones, latest first.
pub fn remember(recent: &mut Vec<Action>, choice: Action) {
    recent.retain(|known| *known != choice);
    recent.insert(0, choice);
    recent.truncate(RECENT_MAX);
}

/// Returns the keys of the commands of the palette.
fn exact_keys(keymap: &Keymap) -> Vec<(String, Command)> {
    let commands = choices(0).filter_map(|choice| match choice {
        Action::Command(command) => Some(command),
        Action::View(_) => None,
    });
    commands
        .flat_map(|command| keymap.keys(command).iter().map(move |key| (key.to_string(), command)))
        .collect()
}

/// Returns the command that `text` names exactly: its name first, then an alias, then a key.
fn exact(text: &str, keys: &[(String, Command)]) -> Option<Command> {
    let named = TABLE.iter().find(|entry| entry.name.eq_ignore_ascii_case(text)).map(|entry| entry.command);
    let alias =
        || ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(text)).map(|(_, command)| *command);
    let key = || keys.iter().find(|(key, _)| key == text).map(|(_, command)| *command);
    named.or_else(alias).or_else(key)
}

/// Returns the commands and views that match `text`. Each word must match the name fuzzily, or the help
/// text as a substring: nearly every sentence contains the letters of a word.
fn find(
    text: &str,
    recent: &[Action],
    choices: &[Action],
    views: &[(String, String)],
    keys: &[(String, Command)],
) -> Vec<Match> {
    let typed = text.trim();
    let exact = exact(typed, keys).map(Action::Command);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = |kind| Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, kind);
    let (letters, words) = (pattern(AtomKind::Fuzzy), pattern(AtomKind::Substring));
    let (mut name_chars, mut help_chars) = (Vec::new(), Vec::new());
    let mut found: Vec<(u32, Match)> = Vec::new();
    'choices: for &choice in choices {
        let (name, help) = texts(choice, views);
        let mut found_here = Match { choice, in_name: Vec::new(), in_help: Vec::new() };
        let mut score = 0;
        for (letters, words) in letters.atoms.iter().zip(&words.atoms) {
            let name = Utf32Str::new(name, &mut name_chars);
            let help = Utf32Str::new(help, &mut help_chars);
            let in_name = letters.indices(name, &mut matcher, &mut found_here.in_name);
            let in_help = words.indices(help, &mut matcher, &mut found_here.in_help);
            match in_name.map(|score| u32::from(score) + NAME).max(in_help.map(u32::from)) {
                Some(best) => score += best,
                None if exact == Some(choice) => {}
                None => continue 'choices,
            }
        }
        if !typed.is_empty() && texts(choice, views).0.to_lowercase().starts_with(&typed.to_lowercase()) {
            score += BEGINS;
        }
        if exact == Some(choice) {
            score += EXACT;
        }
        found.push((score, found_here));
    }
    // Equal scores stay in the order of the choices.
    let place = |found: &Match| recent.iter().position(|choice| *choice == found.choice);
    let rank = |found: &Match| if typed.is_empty() { place(found).unwrap_or(usize::MAX) } else { 0 };
    found.sort_by_key(|(score, found)| (rank(found), u32::MAX - score));
    found.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, recent: &[Action]) -> Vec<Match> {
        find(text, recent, &choices(0).collect::<Vec<_>>(), &[], &exact_keys(&Keymap::default()))
    }

    fn names(text: &str) -> Vec<&'static str> {
        found(text, &[]).iter().map(|found| texts(found.choice, &[]).0).collect()
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
        assert_eq!(names("2.5 times"), ["faster"]);
        assert_eq!(names("SAVE")[0], "save");
        assert_eq!(names("xyzzy"), [""; 0]);
    }

    #[test]
    fn a_name_is_worth_more_than_help() {
        // The help texts of other commands contain the word as well.
        assert_eq!(names("play")[0], "play");
        assert_eq!(names("quit")[..2], ["quit", "quit-at-once"]);
        assert_eq!(names("qui")[0], "quit");
    }

    #[test]
    fn an_exact_name_alias_or_key_is_first() {
        let quit = ["q", "quit", "x", "exit", "wq", "Q", "EXIT"];
        for text in quit {
            assert_eq!(names(text)[0], "quit", "{text}");
        }
        for (text, name) in [
            ("archive", "done"),
            ("settings", "reload"),
            ("e", "done"),
            ("G", "last"),
            ("Ctrl-r", "redo"),
            ("-", "quieter"),
        ] {
            assert_eq!(names(text)[0], name, "{text}");
        }
    }

    #[test]
    fn an_alias_is_no_name_of_another_command() {
        for (alias, command) in ALIASES {
            let other = TABLE.iter().find(|entry| entry.name == *alias && entry.command != *command);
            assert!(other.is_none(), "{alias}");
        }
    }

    #[test]
    fn what_matches_is_known() {
        let found = &found("day bef", &[])[0];
        assert_eq!(found.choice, Action::Command(Command::DayBefore));
        assert_eq!(found.in_name, [0, 1, 2, 4, 5, 6]);
        assert_eq!(found.in_help, [9, 10, 11]);
    }

    #[test]
    fn recent_choices_are_first_until_something_is_typed() {
        let mut recent = Vec::new();
        for command in [Command::Dates, Command::Refresh, Command::Undo, Command::Refresh] {
            remember(&mut recent, Action::Command(command));
        }
        for text in ["", " "] {
            let first = found(text, &recent)
                .iter()
                .take(4)
                .map(|found| texts(found.choice, &[]).0)
                .collect::<Vec<_>>();
            assert_eq!(first, ["refresh", "undo", "dates", "play"]);
        }
        assert_eq!(found("done", &recent)[0].choice, Action::Command(Command::ToggleDone));
    }
}
