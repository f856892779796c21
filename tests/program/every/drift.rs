//! The table against the program: no verb and no flag is forgotten.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory as _};
use vmail::cli::Cli;

use crate::every::table::{COMMON, TABLE};

fn names(command: &Command, before: &str, into: &mut BTreeSet<String>) {
    for verb in command.get_subcommands() {
        let name = format!("{before}{}", verb.get_name());
        names(verb, &format!("{name} "), into);
        into.insert(name);
    }
}

#[test]
fn every_verb_is_in_the_table() {
    let (mut known, mut listed) = (BTreeSet::new(), BTreeSet::new());
    names(&Cli::command(), "", &mut known);
    listed.extend(TABLE.iter().map(|verb| verb.name.to_owned()));
    assert_eq!(known, listed);
}

#[test]
fn a_flag_that_verbs_have_in_common_is_missing_only_with_a_reason() {
    for verb in TABLE {
        for flag in COMMON {
            let reason = verb.lacks.iter().find(|(name, _)| *name == flag);
            assert_ne!(verb.takes(flag), reason.is_some(), "{} --{flag}: {reason:?}", verb.name);
        }
    }
}

#[test]
fn flags_of_one_name_mean_one_thing() {
    let mut told: Vec<(String, String, &str)> = Vec::new();
    // Each of these has a sense of its own: `list` looks for the states that `mark` sets.
    let own = [
        "demo", "offline", "format", "config", "name", "dir", "query", "range", "help", "unread", "done",
        "dry-run",
    ];
    for verb in TABLE {
        let command = verb
            .words()
            .iter()
            .fold(Cli::command(), |command, word| command.find_subcommand(word).unwrap().clone());
        for argument in command.get_arguments() {
            let Some(flag) = argument.get_long().filter(|flag| !own.contains(flag)) else { continue };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            match told.iter().find(|(known, _, _)| known == flag) {
                Some((_, known, at)) => assert_eq!(*known, help, "--{flag} of {at} and of {}", verb.name),
                None => told.push((flag.to_owned(), help, verb.name)),
            }
        }
    }
    assert!(told.len() > 20);
}
