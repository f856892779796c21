//! Reads contacts from vCard 2.1, 3 and 4: one card at a time, so that a damaged card does not affect the
//! others.
//!
//! Reads names and numbers only. General parsers read every property, and fail on vCard 2.1 as programs
//! write it (`calcard` 0.3: a bare QUOTED-PRINTABLE parameter, soft line breaks inside a character, nested
//! cards).

use std::borrow::Cow;
use std::iter::Peekable;

use encoding_rs::Encoding;

use super::{FileContents, Person, Problem, charset, first_name, number};
use crate::core::text;

/// The longest name of a charset to show, in characters.
const CHARSET_MAX: usize = 40;

const BEGIN: &[u8] = b"BEGIN:VCARD";
const END: &[u8] = b"END:VCARD";

/// Returns whether `bytes` begin with a vCard.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte == b'\n').next().is_some_and(|line| is(line, BEGIN))
}

/// Reads every vCard in `bytes`. Ignores text between cards.
pub(super) fn read(bytes: &[u8]) -> FileContents {
    let mut found = FileContents::default();
    // The start of the current card: its line, and its offset in `bytes`.
    let mut open: Option<(usize, usize)> = None;
    // Depth of assistants' cards inside it.
    let mut nested = 0_usize;
    let mut after_agent = false;
    let mut at = 0;
    let mut is_empty = true;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let begins = is(line, BEGIN);
        let ends = is(line, END);
        let line_start = at;
        at += line.len();
        if begins && open.is_some() && (after_agent || nested > 0) {
            nested += 1;
        } else if ends && nested > 0 {
            nested -= 1;
        } else {
            let card_end = if ends { at } else { line_start };
            if let Some((first_line, start)) = open.filter(|_| begins || ends) {
                found.take(&bytes[start..card_end], first_line);
                if !ends {
                    found.fault.get_or_insert((Some(first_line), Problem::Unfinished));
                }
                open = None;
            }
            if begins {
                open = Some((index + 1, line_start));
                is_empty = false;
            }
        }
        after_agent = Name::of_line(line) == Some(Name::Agent) && line.trim_ascii_end().ends_with(b":");
    }
    if let Some((first_line, start)) = open {
        found.take(&bytes[start..], first_line);
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

impl FileContents {
    /// Adds the contact of `card`, which begins at line `line`.
    fn take(&mut self, card: &[u8], line: usize) {
        let (name, numbers, strange) = person(card);
        if let Some(name) = strange {
            self.fault.get_or_insert((Some(line), Problem::Charset { name }));
        }
        match name {
            Some(name) if !numbers.is_empty() => self.people.push(Person { name, numbers }),
            _ => self.nameless += numbers.len(),
        }
    }
}

/// Returns the name and the numbers in `card`, and the name of an unknown charset that was needed.
fn person(card: &[u8]) -> (Option<String>, Vec<String>, Option<String>) {
    let mut numbers = Vec::new();
    let (mut full, mut parts, mut nickname, mut organisation) = (None, None, None, None);
    let mut strange = None;
    for property in Properties::new(card) {
        strange = strange.or_else(|| property.unknown_charset());
        match property.name {
            Name::Tel => {
                let text = property.text();
                let several = number::several(&text).into_iter().filter(|number| !number.is_empty());
                numbers.extend(several.map(str::to_owned));
            }
            Name::Fn if full.is_none() => full = first_name([property.text().as_str()]),
            // Family, given and additional names; prefixes and suffixes are not shown.
            Name::N if parts.is_none() => {
                let parts_of = |index| property.part(b';', index);
                parts = first_name([[parts_of(1), parts_of(2), parts_of(0)].join(" ").as_str()]);
            }
            Name::Nickname if nickname.is_none() => nickname = first_name([property.part(b',', 0).as_str()]),
            Name::Org if organisation.is_none() => {
                organisation = first_name([property.part(b';', 0).as_str()]);
            }
            _ => {}
        }
    }
    (full.or(parts).or(nickname).or(organisation), numbers, strange)
}

/// The properties that are used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Agent,
    Fn,
    N,
    Nickname,
    Org,
    Tel,
    Other,
}

/// Other property names (RFC 2426, RFC 6350, vCard 2.1), except those that begin with `X-`.
const OTHER_NAMES: [&str; 30] = [
    "ADR",
    "ANNIVERSARY",
    "BDAY",
    "BEGIN",
    "CATEGORIES",
    "CLASS",
    "EMAIL",
    "END",
    "GENDER",
    "GEO",
    "IMPP",
    "KEY",
    "LABEL",
    "LANG",
    "LOGO",
    "MAILER",
    "MEMBER",
    "NOTE",
    "PHOTO",
    "PRODID",
    "RELATED",
    "REV",
    "ROLE",
    "SORT-STRING",
    "SOUND",
    "TITLE",
    "TZ",
    "UID",
    "URL",
    "VERSION",
];

impl Name {
    /// Returns the property of a line such as `item1.TEL;TYPE=cell:…`, if its name is a known one.
    fn of_line(line: &[u8]) -> Option<Name> {
        let end = line.iter().position(|byte| matches!(byte, b':' | b';'))?;
        let name = line[..end].rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let read = [
            ("AGENT", Name::Agent),
            ("FN", Name::Fn),
            ("N", Name::N),
            ("NICKNAME", Name::Nickname),
            ("ORG", Name::Org),
            ("TEL", Name::Tel),
        ];
        let extended = || name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"X-"));
        read.iter()
            .find(|(known, _)| is(known))
            .map(|(_, name)| *name)
            .or_else(|| (extended() || OTHER_NAMES.iter().any(|known| is(known))).then_some(Name::Other))
    }
}

/// A line of a card, unfolded: `TEL;TYPE=cell:+91 98765 43210`.
struct Property<'a> {
    name: Name,
    quoted_printable: bool,
    charset: Option<&'static Encoding>,
    /// The name of the charset, if it is not known.
    unknown: Option<&'a [u8]>,
    /// As in the file, without soft line breaks.
    value: Cow<'a, [u8]>,
}

impl<'a> Property<'a> {
    /// Parses the first line of a property; `None` if it has no value or is not used.
    fn begin(line: &'a [u8]) -> Option<Property<'a>> {
        let name = Name::of_line(line).filter(|name| *name != Name::Other)?;
        let mut quoted = false;
        let colon = line.iter().position(|byte| {
            quoted ^= *byte == b'"';
            *byte == b':' && !quoted
        })?;
        let (mut quoted_printable, mut charset, mut unknown) = (false, None, None);
        for parameter in line[..colon].split(|byte| *byte == b';').skip(1) {
            let mut sides = parameter.splitn(2, |byte| *byte == b'=');
            let key = sides.next().unwrap_or_default().trim_ascii();
            // vCard 2.1 may leave the key out: `FN;QUOTED-PRINTABLE:`.
            let value = sides.next().unwrap_or(key).trim_ascii();
            quoted_printable |= value.eq_ignore_ascii_case(b"QUOTED-PRINTABLE");
            if key.eq_ignore_ascii_case(b"CHARSET") {
                charset = Encoding::for_label(value);
                unknown = charset.is_none().then_some(value);
            }
        }
        Some(Property { name, quoted_printable, charset, unknown, value: Cow::Borrowed(&line[colon + 1..]) })
    }

    fn text(&self) -> String {
        self.decode(&self.value)
    }

    /// Returns the name of its charset if that is not known and the value is not UTF-8.
    fn unknown_charset(&self) -> Option<String> {
        let name = self.unknown?;
        let is_unread = std::str::from_utf8(&self.bytes(&self.value)).is_err();
        is_unread.then(|| text::clean(&String::from_utf8_lossy(name), CHARSET_MAX))
    }

    fn bytes<'v>(&self, value: &'v [u8]) -> Cow<'v, [u8]> {
        if self.quoted_printable { quoted_printable(value) } else { Cow::Borrowed(value) }
    }

    /// Returns the text between two unescaped `separator`s, number `index` from 0; empty if there are fewer.
    fn part(&self, separator: u8, index: usize) -> String {
        let mut escaped = false;
        let mut parts = self.value.split(|byte| {
            let separates = *byte == separator && !escaped;
            escaped = *byte == b'\\' && !escaped;
            separates
        });
        parts.nth(index).map_or_else(String::new, |part| self.decode(part))
    }

    fn decode(&self, value: &[u8]) -> String {
        let bytes = self.bytes(value);
        let text = match self.charset {
            // Some programs write UTF-8 and name another charset. Other charsets are rarely valid UTF-8.
            Some(charset) if !charset.is_ascii_compatible() || std::str::from_utf8(&bytes).is_err() => {
                match charset.decode_without_bom_handling(&bytes) {
                    (text, false) => text,
                    (_, true) => charset::decode(&bytes),
                }
            }
            _ => charset::decode(&bytes),
        };
        unescape(&text)
    }
}

/// Iterates over the used properties of a card.
struct Properties<'a> {
    /// The lines that are left, without line endings.
    lines: Peekable<Box<dyn Iterator<Item = &'a [u8]> + 'a>>,
}

impl<'a> Properties<'a> {
    fn new(card: &'a [u8]) -> Properties<'a> {
        let lines = card.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let lines: Box<dyn Iterator<Item = &'a [u8]> + 'a> = Box::new(lines);
        Properties { lines: lines.peekable() }
    }

    /// Appends the lines that continue `property`: folded lines, which begin with a blank (RFC 6350, section
    /// 3.2), and in quoted-printable the lines after a soft break (RFC 2045, section 6.7).
    fn unfold(&mut self, property: &mut Property<'a>) {
        loop {
            let is_soft = property.quoted_printable && property.value.ends_with(b"=");
            let continues = |line: &&[u8]| match line {
                [b' ' | b'\t', ..] => true,
                // Some programs end a complete value with `=`: a line with a known name starts a property.
                line => is_soft && Name::of_line(line).is_none(),
            };
            let Some(line) = self.lines.next_if(continues) else { break };
            let value = property.value.to_mut();
            if is_soft {
                value.pop();
            }
            match line {
                // A blank after a soft break is text, unless the line was folded inside a character.
                [b' ' | b'\t', rest @ ..] if !is_soft || rest.starts_with(b"=") => {
                    value.extend_from_slice(rest);
                }
                line => value.extend_from_slice(line),
            }
        }
        if property.quoted_printable && property.value.ends_with(b"=") {
            property.value.to_mut().pop();
        }
    }

    /// Skips the card of an assistant, which vCard 2.1 nests in this one.
    fn skip_nested(&mut self) {
        let mut depth = 0_usize;
        while let Some(line) = self.lines.next_if(|line| depth > 0 || is(line, BEGIN)) {
            if is(line, BEGIN) {
                depth += 1;
            } else if is(line, END) {
                depth -= 1;
            }
        }
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        loop {
            let Some(mut property) = Property::begin(self.lines.next()?) else { continue };
            self.unfold(&mut property);
            match property.name {
                Name::Agent => self.skip_nested(),
                _ => return Some(property),
            }
        }
    }
}

/// Decodes quoted-printable (RFC 2045, section 6.7). Invalid escapes stay as they are.
fn quoted_printable(text: &[u8]) -> Cow<'_, [u8]> {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'=', [high, low, tail @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or_default() << 4 | hex(*low).unwrap_or_default());
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    Cow::Owned(bytes)
}

/// Removes the backslash before commas, semicolons, colons and backslashes; `\n` becomes a new line.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('n' | 'N')) => out.extend(chars.next().map(|_| '\n')),
            ('\\', Some(',' | ';' | '\\' | ':')) => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(lines: &str) -> (String, Vec<String>) {
        let found = read(format!("BEGIN:VCARD\nVERSION:2.1\n{lines}\nEND:VCARD\n").as_bytes());
        assert_eq!((found.people.len(), found.fault), (1, None), "{lines}");
        let person = found.people.into_iter().next().unwrap();
        (person.name, person.numbers)
    }

    #[test]
    fn quoted_printable_is_read_as_programs_write_it() {
        for (name, expected) in [
            ("FN;QUOTED-PRINTABLE:Jos=C3=A9", "José"),
            ("FN;ENCODING=QUOTED-PRINTABLE:Jos=C3=A9", "José"),
            ("FN;ENCODING=QUOTED-PRINTABLE:Jos=E9", "José"),
            ("FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Jos=E9", "José"),
            ("FN;CHARSET=KOI8-R;ENCODING=quoted-printable:=EC=C5=D7", "Лев"),
            ("FN;CHARSET=x-unknown;ENCODING=QUOTED-PRINTABLE:Jos=C3=A9", "José"),
            ("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E0=A4=\n =85=E0=A4=A8", "अन"),
            ("FN;ENCODING=QUOTED-PRINTABLE:Ravi=\n Kumar", "Ravi Kumar"),
            ("FN;ENCODING=QUOTED-PRINTABLE:Ravi=20=\nKumar", "Ravi Kumar"),
            ("FN;ENCODING=QUOTED-PRINTABLE:Ravi=20Kumar=", "Ravi Kumar"),
            ("FN;ENCODING=QUOTED-PRINTABLE:100=25 =ZZ", "100% =ZZ"),
            ("N;ENCODING=QUOTED-PRINTABLE:Rao=3B;=4Deera", "Meera Rao;"),
        ] {
            assert_eq!(
                one(&format!("{name}\nTEL;CELL:1909")),
                (expected.to_owned(), vec!["1909".to_owned()])
            );
        }
    }

    #[test]
    fn charsets_that_are_not_utf_8_are_decoded_by_their_name() {
        let card = b"BEGIN:VCARD\nFN;CHARSET=GBK:\xcd\xf5\xd0\xa1\xc3\xf7\nTEL:1909\nEND:VCARD\n";
        assert_eq!(read(card).people[0].name, "王小明");
        let card = b"BEGIN:VCARD\nFN;CHARSET=ISO-2022-JP:\x1b$B;3ED\x1b(B\nTEL:1909\nEND:VCARD\n";
        assert_eq!(read(card).people[0].name, "山田");
    }

    #[test]
    fn an_assistant_is_neither_the_contact_nor_another_one() {
        let agent = "AGENT:\nBEGIN:VCARD\nVERSION:2.1\nFN:Assistant\nTEL:101\nEND:VCARD";
        assert_eq!(
            one(&format!("FN:Anita\n{agent}\nTEL:1909")),
            ("Anita".to_owned(), vec!["1909".to_owned()])
        );
        // RFC 2426 has it as one escaped value.
        let agent = "AGENT:BEGIN:VCARD\\nFN:Assistant\\nTEL:101\\nEND:VCARD\\n";
        assert_eq!(
            one(&format!("FN:Anita\n{agent}\nTEL:1909")),
            ("Anita".to_owned(), vec!["1909".to_owned()])
        );
    }

    #[test]
    fn folded_lines_escapes_and_groups_are_read() {
        let (name, numbers) =
            one("item1.FN:Acme\\, Mum\n bai\\; Sales\nitem1.TEL;TYPE=\"a:b\":19\n 09\nTEL:101");
        assert_eq!(
            (name.as_str(), numbers),
            ("Acme, Mumbai; Sales", vec!["1909".to_owned(), "101".to_owned()])
        );
    }
}
