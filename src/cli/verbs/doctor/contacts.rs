//! For `vmail doctor`: checks the contact files: what is in each, and what of it cannot name a caller.

use std::path::Path;
use std::time::Duration;

use crate::cli::World;
use crate::cli::environment::{self, shown};
use crate::cli::verbs::doctor::{Check, Finding, within};
use crate::config::Settings;
use crate::contacts::{self, Book, Fault, FileCount, Unusable};
use crate::core::humanize;

/// The time limit for reading the files.
const LIMIT: Duration = Duration::from_secs(30);

/// Checks each contact file. Without any, there is nothing to say.
pub(super) fn check(settings: &Settings, world: &World) -> Vec<Finding> {
    let wanted = environment::contacts(settings, world);
    if wanted.paths.is_empty() {
        return Vec::new();
    }
    let read = within(LIMIT, move || {
        let (files, unread) = contacts::load(&wanted.paths);
        let (_, faults, counts) = Book::read_counted(&files, &wanted.country);
        (unread, faults, counts)
    });
    let Some((unread, faults, counts)) = read else {
        let said = format!("contact files: check timed out after {} s", LIMIT.as_secs());
        return vec![Finding::warning(Check::Contacts, said)];
    };
    let unread = unread.iter().map(|fault| {
        let said = format!("{}: {}", place(&fault.file, world), fault.problem);
        Finding::warning(Check::Contacts, said).advice("check the setting contacts, and its permissions")
    });
    let counted = counts.iter().map(|count| {
        let fault = faults.iter().find(|fault| fault.file == count.file);
        finding(count, fault, &place(&count.file, world))
    });
    unread.chain(counted).collect()
}

fn place(file: &Path, world: &World) -> String {
    shown(Some(file), world)
}

/// Returns the line of one file.
fn finding(count: &FileCount, fault: Option<&Fault>, place: &str) -> Finding {
    let plural = |number: usize, what: &str| {
        format!("{} {what}{}", humanize::count(number as u64), if number == 1 { "" } else { "s" })
    };
    let mut said = format!("{place}: {}, {}", plural(count.names, "name"), plural(count.numbers, "number"));
    let unusable: usize = count.unusable.values().sum();
    if unusable > 0 {
        let reasons: Vec<_> =
            count.unusable.iter().map(|(reason, number)| format!("{number} {reason}")).collect();
        said = format!("{said}, {} unusable ({})", humanize::count(unusable as u64), reasons.join(", "));
    }
    if let Some(Fault { line, problem, .. }) = fault {
        let line = line.map_or_else(String::new, |line| format!("line {line}: "));
        said = format!("{said}; {line}{problem}");
    }
    // What stands for a withheld number is no mistake in the file.
    let is_well = fault.is_none() && count.unusable.keys().all(|reason| *reason == Unusable::Withheld);
    let finding =
        if is_well { Finding::ok(Check::Contacts, said) } else { Finding::warning(Check::Contacts, said) };
    if count.unusable.contains_key(&Unusable::Rounded) {
        return finding.advice("format the column as text before you export it");
    }
    finding
}
