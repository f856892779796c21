//! The table: every verb, a usual call of it, and which of the flags that verbs have in common it
//! does not take, with the reason.

use clap::CommandFactory as _;
use vmail::cli::Cli;

/// Stands for the ID of a stored voicemail.
pub const ID: &str = "<id>";

/// Stands for an ID that no voicemail has.
pub const NO_ID: &str = "00000zzzzzzzz";

/// What a verb works with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Voicemail: brings the range up to date, and does with what is stored where that fails.
    Reads,
    /// The server: does nothing without it.
    Asks,
    /// What is stored, without the server.
    Keeps,
    /// Nothing of an account.
    Apart,
}

/// A verb, or a verb's verb.
pub struct Verb {
    pub name: &'static str,
    pub kind: Kind,
    /// The arguments of a usual call.
    pub usual: &'static [&'static str],
    /// Those of a call that asks the server, where the usual one may not.
    pub asking: &'static [&'static str],
    pub stdin: &'static str,
    /// Whether the usual call has something for stdout.
    pub prints: bool,
    /// How it ends.
    pub code: i32,
    /// How many lines for people it may write to stderr.
    pub says: usize,
    /// Whether it is coloured on a terminal.
    pub colours: bool,
    /// The flags of [`COMMON`] that it does not take, and why.
    pub lacks: &'static [(&'static str, &'static str)],
}

/// The flags that a verb takes, or has a reason not to.
pub const COMMON: [&str; 7] = ["json", "format", "account", "config", "demo", "offline", "range"];

/// What the commands that write backups or the store from them lack.
const WRITES_BACKUPS: &[(&str, &str)] = &[
    ("json", SILENT),
    ("format", SILENT),
    ("account", ALL),
    ("demo", NO_BACKUPS),
    ("offline", STORED),
    ("range", ALL),
];

const VERB: Verb = Verb {
    name: "",
    kind: Kind::Reads,
    usual: &[],
    asking: &[],
    stdin: "",
    prints: true,
    code: 0,
    says: 0,
    colours: false,
    lacks: &[],
};

const STORED: &str = "it is about all that is stored, and never asks the server";
const NO_VOICEMAIL: &str = "it is not about voicemail";
const SECRETS: &str = "it is about the secret of a real account";
const SILENT: &str = "it prints no data";
const TEXT: &str = "what it prints is a text of its own format";
const NOBODYS: &str = "it is the same for every account";

const ALL: &str = "a backup is about all accounts, and about the settings of none";
const NO_BACKUPS: &str = "the demo keeps nothing, so there is nothing to back up";

/// All of them.
pub const TABLE: &[Verb] = &[
    Verb {
        name: "login",
        kind: Kind::Asks,
        usual: &["--app-id", "1111112", "--no-keyring"],
        stdin: crate::verbs::support::SECRET,
        prints: false,
        says: 4,
        lacks: &[
            ("json", SILENT),
            ("format", SILENT),
            ("demo", SECRETS),
            ("offline", "--no-check says more"),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "logout",
        kind: Kind::Keeps,
        prints: false,
        says: 3,
        lacks: &[
            ("json", SILENT),
            ("format", SILENT),
            ("demo", SECRETS),
            ("offline", STORED),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "accounts",
        kind: Kind::Apart,
        lacks: &[("demo", SECRETS), ("offline", STORED), ("range", NO_VOICEMAIL)],
        ..VERB
    },
    Verb { name: "list", colours: true, ..VERB },
    Verb { name: "show", usual: &[ID], asking: &[NO_ID], colours: true, ..VERB },
    Verb { name: "sync", kind: Kind::Asks, prints: false, says: 1, ..VERB },
    Verb { name: "download", usual: &["--dir", "out"], prints: false, says: 1, ..VERB },
    Verb {
        name: "play",
        usual: &[ID],
        asking: &["--query", "nobody"],
        prints: false,
        // Sound takes its time: the player that the settings name ends at once.
        code: 1,
        says: 1,
        lacks: &[("json", SILENT), ("format", SILENT)],
        ..VERB
    },
    Verb { name: "stats", colours: true, ..VERB },
    Verb {
        name: "mark",
        usual: &[ID, "--star"],
        asking: &["--query", "9", "--star"],
        prints: false,
        says: 1,
        ..VERB
    },
    Verb { name: "note", usual: &[ID, "Call her."], asking: &[NO_ID], prints: false, says: 1, ..VERB },
    Verb {
        name: "backup",
        kind: Kind::Apart,
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", ALL),
            ("config", ALL),
            ("demo", NO_BACKUPS),
            ("offline", STORED),
            ("range", ALL),
        ],
        ..VERB
    },
    Verb {
        name: "backup list",
        kind: Kind::Apart,
        lacks: &[("account", ALL), ("demo", NO_BACKUPS), ("offline", STORED), ("range", ALL)],
        ..VERB
    },
    Verb { name: "backup now", kind: Kind::Keeps, prints: false, says: 1, lacks: WRITES_BACKUPS, ..VERB },
    Verb { name: "backup restore", kind: Kind::Keeps, prints: false, says: 1, lacks: WRITES_BACKUPS, ..VERB },
    Verb {
        name: "config",
        kind: Kind::Apart,
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", NOBODYS),
            ("config", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "config default",
        kind: Kind::Apart,
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", NOBODYS),
            ("config", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "config path",
        kind: Kind::Apart,
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "config show",
        kind: Kind::Apart,
        lacks: &[("json", TEXT), ("format", TEXT), ("demo", NO_VOICEMAIL), ("offline", NO_VOICEMAIL)],
        ..VERB
    },
    Verb {
        name: "config edit",
        kind: Kind::Apart,
        prints: false,
        says: 1,
        lacks: &[
            ("json", SILENT),
            ("format", SILENT),
            ("account", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "config check",
        kind: Kind::Apart,
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "completions",
        kind: Kind::Apart,
        usual: &["bash"],
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", NOBODYS),
            ("config", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "demo-server",
        kind: Kind::Apart,
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", NOBODYS),
            ("config", NOBODYS),
            ("demo", "it is the demo"),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb { name: "doctor", kind: Kind::Apart, colours: true, lacks: &[("range", NO_VOICEMAIL)], ..VERB },
    Verb {
        name: "export",
        kind: Kind::Keeps,
        says: 1,
        lacks: &[("demo", STORED), ("offline", STORED), ("range", STORED)],
        ..VERB
    },
    Verb {
        name: "import",
        kind: Kind::Keeps,
        stdin: "<export>",
        prints: false,
        says: 1,
        lacks: &[
            ("json", SILENT),
            ("format", SILENT),
            ("demo", STORED),
            ("offline", STORED),
            ("range", STORED),
        ],
        ..VERB
    },
    Verb {
        name: "keys",
        kind: Kind::Apart,
        lacks: &[
            ("account", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
    Verb {
        name: "man",
        kind: Kind::Apart,
        lacks: &[
            ("json", TEXT),
            ("format", TEXT),
            ("account", NOBODYS),
            ("config", NOBODYS),
            ("demo", NO_VOICEMAIL),
            ("offline", NO_VOICEMAIL),
            ("range", NO_VOICEMAIL),
        ],
        ..VERB
    },
];

/// The verb of this name.
pub fn verb(name: &str) -> &'static Verb {
    TABLE.iter().find(|verb| verb.name == name).unwrap()
}

/// The verbs that take the flag `--name`.
pub fn with(name: &str) -> impl Iterator<Item = &'static Verb> {
    TABLE.iter().filter(move |verb| verb.takes(name))
}

impl Verb {
    /// The words of its name.
    pub fn words(&self) -> Vec<&'static str> {
        self.name.split(' ').collect()
    }

    /// Whether it has the flag `--name`.
    pub fn takes(&self, name: &str) -> bool {
        let command = self
            .words()
            .iter()
            .fold(Cli::command(), |command, word| command.find_subcommand(word).unwrap().clone());
        command.get_arguments().any(|argument| argument.get_long() == Some(name))
    }

    /// Whether it is called with a query.
    pub fn takes_query(&self) -> bool {
        ["list", "download", "stats"].contains(&self.name) || self.takes("query")
    }

    /// A call with this query.
    pub fn querying(&self, query: &'static str) -> Vec<&'static str> {
        let mut words = self.words();
        if self.takes("query") {
            words.extend(["--query", query]);
            words.extend(self.asking.get(2..).unwrap_or_default());
        } else {
            words.push(query);
        }
        words
    }
}
