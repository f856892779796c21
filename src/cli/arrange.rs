//! Arranges the words of a command line as clap expects them: common flags after the verb, and a query that
//! has terms like `-is:done` after `--`.

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args as _, Command, CommandFactory as _};

use crate::cli::Cli;
use crate::cli::context::ContextArgs;
use crate::core::search;

/// Returns `words`, the first of which is the program, with the flags before a verb moved behind it, and the
/// terms of a query behind `--` if clap would take one of them for a flag.
///
/// # Errors
/// If a flag before the verb is one that the verb does not take.
pub fn arranged(words: Vec<OsString>) -> Result<Vec<OsString>, clap::Error> {
    if !may_need_it(&words) {
        return Ok(words);
    }
    let mut program = Cli::command();
    program.build();
    let common = ContextArgs::augment_args(Command::new("vmail"));
    let mut ahead = Vec::new();
    let mut rest = words.iter().skip(1).peekable();
    let mut flags = Vec::new();
    while let Some(flag) = rest.peek().and_then(|word| Flag::of(&common, word)) {
        ahead.extend(rest.next());
        if flag.has_value_after {
            ahead.extend(rest.next());
        }
        flags.push(flag.arg);
    }
    let (mut verb, mut path) = (&program, Vec::new());
    // `vmail help VERB` takes no flags, and clap accepts those before it.
    while let Some(name) = rest.peek().and_then(|word| word.to_str()).filter(|name| *name != "help")
        && let Some(next) = verb.find_subcommand(name)
    {
        verb = next;
        path.extend(rest.next());
    }
    if path.is_empty() {
        return Ok(words);
    }
    if let Some(flag) = flags.iter().find(|flag| !takes(verb, flag)) {
        let name = verb.get_bin_name().unwrap_or_else(|| verb.get_name()).to_owned();
        let flag = flag.get_long().unwrap_or_default();
        return Err(verb
            .clone()
            .error(ErrorKind::UnknownArgument, format!("`{name}` does not take --{flag}")));
    }
    let below: Vec<_> = ahead.into_iter().chain(rest).cloned().collect();
    let below = if takes_query(verb) { query_last(verb, below) } else { below };
    Ok(words.iter().take(1).chain(path).cloned().chain(below).collect())
}

/// Returns whether a flag may stand before a verb, or a term of a query look like a flag. Looking closer takes
/// as long as parsing.
fn may_need_it(words: &[OsString]) -> bool {
    let mut words = words.iter().skip(1).filter_map(|word| word.to_str());
    let is_flag = |word: &str| word.starts_with('-');
    let is_term = |word: &str| word.strip_prefix('-').is_some_and(search::begins_with_field);
    match words.next() {
        Some(first) if is_flag(first) => words.any(|word| !is_flag(word) || is_term(word)),
        _ => words.any(is_term),
    }
}

/// A flag of the command line.
struct Flag<'c> {
    arg: &'c Arg,
    /// Whether the next word is its value.
    has_value_after: bool,
}

impl<'c> Flag<'c> {
    /// Returns the flag of `command` that `word` is, except for help and version.
    fn of(command: &'c Command, word: &OsStr) -> Option<Flag<'c>> {
        let word = word.to_str()?;
        let known = |is_meant: &dyn Fn(&Arg) -> bool| command.get_arguments().find(|arg| is_meant(arg));
        let (arg, has_value) = if let Some(long) = word.strip_prefix("--") {
            let (name, value) =
                long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            (known(&|arg| arg.get_long() == Some(name))?, value.is_some())
        } else {
            let mut letters = word.strip_prefix('-')?.chars();
            let letter = letters.next()?;
            (known(&|arg| arg.get_short() == Some(letter))?, letters.next().is_some())
        };
        let action = arg.get_action();
        let informs = matches!(
            action,
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        );
        (!informs).then_some(Flag { arg, has_value_after: action.takes_values() && !has_value })
    }
}

fn takes(verb: &Command, flag: &Arg) -> bool {
    verb.get_arguments().any(|arg| arg.get_long() == flag.get_long())
}

/// Returns whether a command line's words for `verb` that are not flags are a query.
pub fn takes_query(verb: &Command) -> bool {
    let is_query = |arg: &Arg| arg.get_value_names().is_some_and(|names| names == ["QUERY"]);
    verb.get_positionals().any(is_query)
}

/// Returns `words` with the query behind `--`, if one of its terms looks like a flag.
fn query_last(verb: &Command, words: Vec<OsString>) -> Vec<OsString> {
    let (mut flags, mut query, mut looks_like_flag) = (Vec::new(), Vec::new(), false);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let text = word.to_str().unwrap_or_default();
        if text == "--" {
            query.extend(rest.by_ref());
        } else if text.strip_prefix('-').is_some_and(search::begins_with_field) {
            looks_like_flag = true;
            query.push(word);
        } else if text.starts_with('-') {
            flags.push(word);
            if Flag::of(verb, word).is_some_and(|flag| flag.has_value_after) {
                flags.extend(rest.next());
            }
        } else {
            query.push(word);
        }
    }
    if !looks_like_flag {
        return words;
    }
    let dashes = OsString::from("--");
    flags.into_iter().chain([&dashes]).chain(query).cloned().collect()
}
