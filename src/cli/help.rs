//! The help of the verbs: examples, then their own options in a line each. The options that most of them take
//! are a topic of its own.

use clap::{Arg, ArgAction, Args as _, Command};

use crate::cli::context::ContextArgs;

/// The heading of the options that most verbs take.
const COMMON: &str = "Common options";

/// The words that print the common options.
const TOPIC: [&str; 2] = ["help", "options"];

/// The parts of the help of a verb, in order.
const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}{all-args}{after-help}";

/// Returns `program` with the `--help` of its verbs arranged; with `long`, it includes all explanations.
pub fn arranged(program: Command, long: bool) -> Command {
    program.mut_subcommands(|verb| page(verb, long))
}

/// Returns whether `words`, without the program, ask for the help on the common options.
pub fn asks_for_topic(words: &[&str]) -> bool {
    words == TOPIC
}

/// Returns a command whose help is the common options.
pub fn topic() -> Command {
    let note =
        "They may come before or after the command. `vmail man COMMAND` lists those that a command takes.";
    ContextArgs::augment_args(Command::new("options"))
        .about("Options that most commands take")
        .after_help(note)
        .max_term_width(100)
        .disable_help_flag(true)
        .arg(Arg::new("help").long("help").action(ArgAction::HelpShort).hide(true))
        .help_template("{about-with-newline}\n{all-args}{after-help}")
}

fn page(verb: Command, long: bool) -> Command {
    let verb = arranged(verb, long);
    let more = if long { verb.get_after_long_help() } else { None }.or(verb.get_after_help());
    let more = more.map(ToString::to_string).unwrap_or_default();
    let (examples, notes): (Vec<_>, Vec<_>) =
        more.split("\n\n").partition(|paragraph| paragraph.starts_with("Examples:\n"));
    let (examples, notes) = (examples.join("\n\n"), notes.join("\n\n"));
    let is_common = |arg: &Arg| arg.get_help_heading() == Some(COMMON);
    let template = if verb.get_arguments().any(is_common) {
        format!("{TEMPLATE}\n\n{COMMON}: vmail {}", TOPIC.join(" "))
    } else {
        TEMPLATE.to_owned()
    };
    let help = if long { "Print help" } else { "Print help; --help says more" };
    let help = Arg::new("help").short('h').long("help").action(ArgAction::HelpShort).help(help);
    let verb = verb
        .mut_args(|arg| if is_common(&arg) { arg.hide(true) } else { arg })
        .disable_help_flag(true)
        .arg(help.help_heading(None::<&str>))
        .help_template(template);
    let verb = if examples.is_empty() { verb } else { verb.before_help(examples) };
    let verb = if notes.is_empty() {
        verb.after_help(None::<&str>).after_long_help(None::<&str>)
    } else {
        verb.after_help(notes)
    };
    // Commands with commands of their own are listed with their short descriptions.
    match verb.get_long_about().cloned() {
        Some(about) if long => verb.about(about),
        _ => verb,
    }
}
