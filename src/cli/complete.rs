//! Shell completion: returns candidates for a command line that is being typed.
//!
//! The script of `vmail completions SHELL` runs the program with [`VARIABLE`] set and reads the
//! candidates. The candidates for a value depend on its name in the help ([`OFFERS`]), so a new verb
//! that takes an ID or a query needs no code here.
//!
//! Only settings and store are read: no network, no keyring, no `secret_command`. Nothing is written.
//! Errors only reduce the candidates, because the user is in the middle of a line.
//!
//! This uses clap's completion engine, although the feature is marked unstable: it works from the same
//! definitions as the help and includes the shell scripts. Static scripts and a hidden verb would mean
//! maintaining five scripts by hand. Only `completing` and `completions.rs` use the unstable API, and
//! `Cargo.toml` pins its version.

use std::ffi::OsString;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Elvish, Fish, Powershell, Shells, Zsh};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::settings::{self, read_text, xdg};
use crate::cli::{Cli, World};
use crate::config::{self, Overrides, Settings, Timezone};
use crate::core::model::{Region, from_millis};
use crate::core::range::PRESETS;
use crate::core::search::{self, Vocabulary};
use crate::core::view::View;
use crate::core::zone::{self, Tz};
use crate::{paths, store};

mod bash;

/// The environment variable that a shell sets to its name to ask for candidates.
pub const VARIABLE: &str = "VMAIL_COMPLETE";

/// The supported shells.
pub(in crate::cli) const SHELLS: Shells<'static> = Shells(&[&bash::Bash, &Zsh, &Fish, &Powershell, &Elvish]);

/// The maximum number of IDs to offer per account.
const IDS_MAX: u32 = 100;

/// Returns candidates for a value, with descriptions for shells that show them.
type Offer = fn(&World, &str) -> Vec<(String, String)>;

/// The candidates by value name. For other names, clap offers the possible values, or files for a
/// path.
const OFFERS: &[(&str, Offer)] = &[
    ("ACCOUNT", accounts),
    ("COMMAND", verbs),
    ("ID", ids),
    ("QUERY", queries),
    ("RANGE", ranges),
    ("REGION", regions),
    ("TAG", tags),
    ("VIEW", views),
    ("ZONE", zones),
];

/// Answers the shell that set [`VARIABLE`] to complete a line, on stdout. `arguments` is the whole command
/// line. Returns false if the variable is empty and the program should run normally.
pub fn answer(world: &World, arguments: Vec<OsString>, folder: Option<&Path>) -> bool {
    let asked = CompleteEnv::with_factory(|| command(world)).var(VARIABLE).shells(SHELLS);
    // An unknown shell, or a closed pipe: the error cannot be reported.
    asked.try_complete(arguments, folder).unwrap_or(true)
}

/// Returns the command line with candidates for its values.
fn command(world: &World) -> Command {
    with_offers(Cli::command(), *world)
}

fn with_offers(command: Command, world: World) -> Command {
    let command = command.mut_args(|arg| match offer(&arg) {
        Some(offer) => arg.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| {
            let candidate = |(value, about): (String, String)| {
                CompletionCandidate::new(value).help((!about.is_empty()).then(|| about.into()))
            };
            let typed = typed.to_str().unwrap_or_default();
            offer(&world, typed)
                .into_iter()
                .filter(|(value, _)| value.starts_with(typed))
                .map(candidate)
                .collect()
        })),
        None => arg,
    });
    command.mut_subcommands(|verb| with_offers(verb, world))
}

fn offer(arg: &Arg) -> Option<Offer> {
    let name = arg.get_value_names()?.first()?.as_str();
    OFFERS.iter().find(|(known, _)| *known == name).map(|(_, offer)| *offer)
}

/// Returns the accounts of the settings file.
fn accounts(world: &World, _: &str) -> Vec<(String, String)> {
    let Some(text) = paths::config_file(&xdg(world)).and_then(|path| read_text(&path).ok()) else {
        return Vec::new();
    };
    // Works even if other parts of the file are invalid.
    let (table, _) = DeTable::parse_recoverable(&text);
    let Some(DeValue::Table(accounts)) = table.get_ref().get("accounts").map(Spanned::get_ref) else {
        return Vec::new();
    };
    accounts.keys().map(|name| (name.get_ref().to_string(), String::new())).collect()
}

/// Returns the tags in use, most used first.
fn tags(world: &World, _: &str) -> Vec<(String, String)> {
    let tags = paths::store_file(&xdg(world)).and_then(|path| store::tags(&path).ok());
    tags.unwrap_or_default().into_iter().map(|tag| (tag, String::new())).collect()
}

/// Returns the newest stored voicemails, with caller and time.
fn ids(world: &World, _: &str) -> Vec<(String, String)> {
    let newest = paths::store_file(&xdg(world)).and_then(|path| store::newest(&path, IDS_MAX).ok());
    let zone = zone(world);
    let line = |(id, millis, caller): (_, _, String)| {
        let caller = if caller.is_empty() { "Withheld" } else { &caller };
        let time = from_millis(millis).with_timezone(&zone);
        (format!("{id}"), format!("{caller}, {}", time.format("%a %-d %b %H:%M")))
    };
    newest.unwrap_or_default().into_iter().map(line).collect::<Vec<(String, String)>>()
}

/// Returns completions of the word being typed, in the query language.
fn queries(_: &World, typed: &str) -> Vec<(String, String)> {
    let Some(found) = search::complete(typed, typed.len(), &NoWords) else { return Vec::new() };
    let whole = |word: String| format!("{}{word}", &typed[..found.replace.start]);
    // Describe a key by the first example that starts with it.
    let about = |word: &str| {
        let example =
            search::operators().find(|(example, _)| word.ends_with(':') && example.starts_with(word));
        example.map_or_else(String::new, |(_, meaning)| meaning.to_owned())
    };
    found.candidates.into_iter().map(|word| (whole(word.clone()), about(&word))).collect()
}

/// Offers no tags and names: finding them would mean scanning the store on every Tab.
struct NoWords;

impl Vocabulary for NoWords {
    fn tags(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}

/// Returns the presets of date ranges.
fn ranges(_: &World, _: &str) -> Vec<(String, String)> {
    PRESETS.iter().map(|(range, label)| ((*range).to_owned(), (*label).to_owned())).collect()
}

/// Returns TeleCMI's services.
fn regions(_: &World, _: &str) -> Vec<(String, String)> {
    [Region::Global, Region::India]
        .map(|region| (region.name().to_owned(), region.base_url().to_owned()))
        .to_vec()
}

/// Returns the verbs.
fn verbs(_: &World, _: &str) -> Vec<(String, String)> {
    let program = Cli::command();
    let line = |verb: &Command| {
        (verb.get_name().to_owned(), verb.get_about().map(ToString::to_string).unwrap_or_default())
    };
    program.get_subcommands().map(line).collect()
}

/// Returns the built-in views and those of the user.
fn views(world: &World, _: &str) -> Vec<(String, String)> {
    let built_in = View::EVERY.map(|view| view.name().to_lowercase());
    let own = settings(world).map(|settings| settings.views).unwrap_or_default();
    let names = built_in.into_iter().chain(own.into_iter().map(|view| view.name));
    names.map(|name| (name, String::new())).collect()
}

/// Returns all time zones.
fn zones(_: &World, _: &str) -> Vec<(String, String)> {
    std::iter::once("local").chain(zone::names()).map(|name| (name.to_owned(), String::new())).collect()
}

/// Returns the settings, if they are valid.
fn settings(world: &World) -> Option<Settings> {
    let usual = paths::config_file(&xdg(world));
    settings::load(None, usual, Overrides::default(), Overrides::from_env(world.variable))
        .ok()
        .map(|(settings, _)| settings)
}

/// Returns the time zone for display.
fn zone(world: &World) -> Tz {
    match settings(world).map(|settings| settings.timezone) {
        Some(Timezone::Named(zone)) => zone,
        _ => config::local_zone((world.variable)("TZ").as_deref(), (world.system_zone)()).zone,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ffi::OsString;

    use chrono::{DateTime, Utc};
    use clap::{Arg, Command, CommandFactory as _};
    use clap_complete::engine::complete;

    use super::{OFFERS, offer, with_offers};
    use crate::cli::{Cli, World};
    use crate::core::model::{AccountKey, Region, Voicemail};
    use crate::store::{Options, Store};

    thread_local! {
        static HOME: RefCell<String> = RefCell::default();
    }

    fn world() -> World {
        let variable = |name: &str| match name {
            "XDG_CONFIG_HOME" | "XDG_DATA_HOME" => Some(HOME.with_borrow(Clone::clone)),
            _ => None,
        };
        let system_zone = || Some("Asia/Kolkata".to_owned());
        World { clock: || DateTime::UNIX_EPOCH, variable, system_zone, host_name: || None }
    }

    /// Returns the candidates for `typed` with their descriptions, for a value called `name`.
    fn offered(name: &'static str, typed: &str) -> Vec<(String, String)> {
        let program = Command::new("vmail").arg(Arg::new("value").value_name(name));
        let words = ["vmail", typed].map(OsString::from).to_vec();
        let found = complete(&mut with_offers(program, world()), words, 1, None).unwrap();
        let line = |value: &str, help: Option<String>| (value.to_owned(), help.unwrap_or_default());
        let found = found.iter().filter(|one| !one.get_value().to_string_lossy().starts_with("--"));
        found
            .map(|one| line(&one.get_value().to_string_lossy(), one.get_help().map(ToString::to_string)))
            .collect()
    }

    fn words(name: &'static str, typed: &str) -> Vec<String> {
        offered(name, typed).into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn ids_of_the_store_are_offered_with_caller_and_time() {
        let home = tempfile::tempdir().unwrap();
        HOME.set(home.path().to_str().unwrap().to_owned());
        assert!(offered("ID", "").is_empty(), "there is no store");
        assert!(!home.path().join("vmail").exists(), "asking made one");

        let time: DateTime<Utc> = "2026-11-23T06:28:20Z".parse().unwrap();
        let voicemail = Voicemail::new(time, "919876543210", None);
        let options = Options { country: "IN".to_owned(), now: time };
        let mut store = Store::open(&home.path().join("vmail/vmail.db"), &options).unwrap().store;
        for app_id in [1, 2] {
            let account = store.account(&AccountKey::new(Region::Global, app_id, None)).unwrap();
            let earlier = Voicemail::new(time - chrono::TimeDelta::days(app_id.cast_signed()), "", None);
            store.put_page(account, &[voicemail.clone(), earlier], None).unwrap();
        }
        let id = voicemail.id.to_string();
        let about = "+91 98765 43210, Mon 23 Nov 11:58".to_owned();
        // While the store is open, and after it is closed.
        for _ in 0..2 {
            let all = offered("ID", "");
            assert_eq!(all[0], (id.clone(), about.clone()));
            assert!(all.last().unwrap().1.starts_with("Withheld, Sat 21 Nov"), "{all:?}");
            assert_eq!(words("ID", &id[..5])[0], id);
            assert!(words("ID", "!").is_empty());
            store = Store::in_memory(&options).unwrap();
        }
        drop(store);
        let files = std::fs::read_dir(home.path().join("vmail")).unwrap().count();
        assert_eq!(files, 1, "asking left something beside the store");
    }

    #[test]
    fn accounts_and_views_come_from_the_settings() {
        let home = tempfile::tempdir().unwrap();
        HOME.set(home.path().to_str().unwrap().to_owned());
        assert!(words("ACCOUNT", "").is_empty());
        assert_eq!(words("VIEW", "s"), ["starred"]);
        std::fs::create_dir(home.path().join("vmail")).unwrap();
        let file = home.path().join("vmail/config.toml");
        std::fs::write(&file, "nonsense = \n[accounts.work]\nappid = 1\n[accounts.home]\n").unwrap();
        let mut accounts = words("ACCOUNT", "");
        accounts.sort();
        assert_eq!(accounts, ["home", "work"]);
        std::fs::write(&file, "views = [{ name = \"Billing\", query = \"tag:billing\", key = \"6\" }]\n")
            .unwrap();
        assert_eq!(words("VIEW", "B"), ["Billing"]);
    }

    #[test]
    fn queries_are_completed_word_by_word() {
        assert_eq!(words("QUERY", "is:unr"), ["is:unread"]);
        assert_eq!(words("QUERY", "-is:unr")[0], "-is:unread");
        assert_eq!(words("QUERY", "has:no"), ["has:note"]);
        let key = &offered("QUERY", "ta")[0];
        assert_eq!(key.0, "tag:");
        assert!(key.1.contains("this tag"), "{}", key.1);
    }

    /// Every new flag or verb must decide how its values are completed.
    #[test]
    fn every_value_is_completed_or_cannot_be() {
        const ANYTHING: [&str; 8] = ["MS", "N", "PORT", "SECONDS", "SPEED", "TEMPLATE", "TEXT", "URL"];
        fn check(command: &Command) {
            for arg in
                command.get_arguments().filter(|arg| arg.get_num_args().is_some_and(|n| n.takes_values()))
            {
                let names = arg.get_value_names().unwrap_or_default().join(" ");
                let known = offer(arg).is_some()
                    || !arg.get_possible_values().is_empty()
                    || arg.get_value_hint() != clap::ValueHint::Unknown
                    || ANYTHING.contains(&names.as_str());
                assert!(known, "{} {}: what can stand for {names}?", command.get_name(), arg.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        let mut program = Cli::command().disable_help_subcommand(true);
        program.build();
        check(&program);
        assert!(OFFERS.is_sorted_by_key(|(name, _)| name));
    }
}
