//! Flags before the verb are those after it.

use crate::every::run::{Faults, Office, text};
use crate::every::table::TABLE;

#[test]
fn flags_that_verbs_share_may_come_first() {
    let (office, mut faults) = (Office::new(Some(0)), Faults::default());
    let flags: [&[&str]; 4] = [
        &["--config", "nowhere.toml"],
        &["--range=last 7 parsecs"],
        &["--account", "nobody"],
        &["--region", "mars", "--config=nowhere.toml"],
    ];
    // `config edit` would open an editor.
    for verb in TABLE.iter().filter(|verb| verb.name != "config edit") {
        for flag in flags {
            let names: Vec<_> = flag.iter().filter_map(|word| word.strip_prefix("--")).collect();
            let names = names.iter().map(|name| name.split('=').next().unwrap_or_default());
            let first = [flag, &verb.words(), verb.usual].concat();
            let (call, output) = (first.join(" "), office.desk.run(&first));
            if let Some(lacked) = names.clone().find(|name| !verb.takes(name)) {
                faults.unless_fails(2, &call, &output);
                let words = format!("vmail: `vmail {}` does not take --{lacked}\n", verb.name);
                faults.unless(text(&output.stderr).starts_with(&words), &call, "words", &output);
                continue;
            }
            let last = office.desk.run(&[&verb.words(), verb.usual, flag].concat());
            faults.unless(output == last, &call, "differs from the flag after the verb", &last);
            faults.unless(
                ["doctor", "config path"].contains(&verb.name) || !last.status.success(),
                &call,
                "is ignored",
                &last,
            );
        }
    }
}

#[test]
fn the_later_of_two_flags_wins() {
    let (office, mut faults) = (Office::new(Some(3)), Faults::default());
    for words in [
        &["--range", "parsecs", "list", "--json", "--range", "30d"][..],
        &["list", "--range", "parsecs", "--json", "--range", "30d"],
        &["--range", "30d", "--offline", "list", "--json"],
    ] {
        let (call, output) = (words.join(" "), office.desk.run(words));
        faults.unless_code(0, &call, &output);
        faults.unless(text(&output.stdout).lines().count() == 3, &call, "not of 30 days", &output);
    }
}
