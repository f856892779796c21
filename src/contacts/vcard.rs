//! Reads vCard 2.1, 3 and 4, one card at a time, so that a damaged card does not affect the others.
//!
//! `calcard` parses the properties; the code here finds the cards, and picks their name and numbers.

use std::borrow::Cow;

use calcard::vcard::{VCard, VCardEntry, VCardProperty};
use calcard::{Entry, Parser};

use super::{Found, Person, Problem, charset, first_name};

/// Returns whether `bytes` begin with a card.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').next().is_some_and(|line| is(line, b"BEGIN:VCARD"))
}

/// Reads every card in `bytes`. Ignores text between cards.
pub(super) fn read(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    // The start of the current card: its line, and its offset in `bytes`.
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    let mut is_empty = true;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let begins = is(line, b"BEGIN:VCARD");
        let ends = is(line, b"END:VCARD");
        let card_end = if ends { at + line.len() } else { at };
        if let Some((first_line, start)) = open.filter(|_| begins || ends) {
            found.people.extend(person(&bytes[start..card_end]));
            if !ends {
                found.fault.get_or_insert((Some(first_line), Problem::Unfinished));
            }
            open = None;
        }
        if begins {
            open = Some((index + 1, at));
            is_empty = false;
        }
        at += line.len();
    }
    if let Some((first_line, start)) = open {
        found.people.extend(person(&bytes[start..]));
        found.fault.get_or_insert((Some(first_line), Problem::Unfinished));
    }
    if is_empty {
        found.fault = Some((None, Problem::Empty));
    }
    found
}

/// Returns whether `line` is `what`. A line that begins with a blank continues the previous line, so it
/// never is.
fn is(line: &[u8], what: &[u8]) -> bool {
    line.trim_ascii_end().eq_ignore_ascii_case(what)
}

fn person(card: &[u8]) -> Option<Person> {
    let unfolded = unfold(card);
    let Entry::VCard(card) = Parser::new(&charset::decode(&unfolded)).entry() else { return None };
    let numbers: Vec<String> =
        card.properties(&VCardProperty::Tel).filter_map(|tel| Some(texts(tel).next()?.to_owned())).collect();
    if numbers.is_empty() {
        return None;
    }
    let name = name(&card)?;
    Some(Person { name, numbers })
}

/// Joins folded lines, if folding has split a UTF-8 character; must run before decoding. Leaves valid
/// UTF-8 to the parser.
fn unfold(card: &[u8]) -> Cow<'_, [u8]> {
    if std::str::from_utf8(card).is_ok() {
        return Cow::Borrowed(card);
    }
    let mut lines = card.split(|byte| *byte == b'\n');
    let mut out = lines.next().unwrap_or_default().to_vec();
    for line in lines {
        if let [b' ' | b'\t', rest @ ..] = line {
            out.truncate(out.trim_ascii_end().len());
            out.extend_from_slice(rest);
        } else {
            out.push(b'\n');
            out.extend_from_slice(line);
        }
    }
    Cow::Owned(out)
}

/// Returns the name to show: the formatted name, the name's parts, the nickname or the organization.
fn name(card: &VCard) -> Option<String> {
    let one = |property| card.properties(property).flat_map(texts);
    let parts = card.property(&VCardProperty::N).map(|parts| {
        // Family, given and additional names, without prefixes and suffixes.
        let parts: Vec<&str> = texts(parts).take(3).collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        [part(1), part(2), part(0)].join(" ")
    });
    first_name(one(&VCardProperty::Fn))
        .or_else(|| first_name(parts.as_deref()))
        .or_else(|| first_name(one(&VCardProperty::Nickname)))
        .or_else(|| first_name(one(&VCardProperty::Org)))
}

/// Returns the values of a property. Of a part with several texts ("Anna,Maria"), returns the first.
fn texts(entry: &VCardEntry) -> impl Iterator<Item = &str> {
    entry.values.iter().map(|value| value.as_text().unwrap_or_default())
}
