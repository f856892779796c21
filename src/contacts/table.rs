//! Reads contacts from CSV with a header row, as exported by Google, Outlook and telephone tools. Finds the
//! columns by their names.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};
use memchr::{memchr, memchr2};

use super::{FileContents, Person, Problem, charset, first_name, number};

/// Column names, in lower case, letters and digits only.
const FULL: [&str; 9] =
    ["name", "fullname", "displayname", "contactname", "contact", "fileas", "nom", "nombre", "anzeigename"];
const GIVEN: [&str; 6] = ["firstname", "givenname", "forename", "vorname", "prénom", "prenom"];
const MIDDLE: [&str; 3] = ["middlename", "additionalname", "weiterevornamen"];
const FAMILY: [&str; 7] =
    ["lastname", "familyname", "surname", "nachname", "nomdefamille", "apellido", "apellidos"];
const NICK: [&str; 3] = ["nickname", "alias", "spitzname"];
const COMPANY: [&str; 7] = [
    "company",
    "companyname",
    "organization",
    "organisation",
    "organizationname",
    "organization1name",
    "firma",
];

/// Parts of the names of number columns: "Phone 1 - Value", "Home Telephone", "Mobiltelefon".
const NUMBER_PARTS: [&str; 6] = ["phone", "mobile", "telefon", "teléfono", "téléphone", "whatsapp"];
/// Whole words in the names of number columns.
const NUMBER_WORDS: [&str; 10] =
    ["tel", "cell", "cellular", "mobil", "handy", "fax", "pager", "isdn", "gsm", "msisdn"];
/// Words that mean that such a column has no numbers: for example their type, or a phonetic name.
const OTHER_WORDS: [&str; 8] =
    ["type", "label", "phonetic", "extension", "ext", "provider", "carrier", "model"];

/// The indexes of the known columns.
#[derive(Default)]
struct Columns {
    full: Option<usize>,
    given: Option<usize>,
    middle: Option<usize>,
    family: Option<usize>,
    nick: Option<usize>,
    company: Option<usize>,
    numbers: Vec<usize>,
}

/// Reads every row of contacts in CSV `bytes`; the first is the header.
pub(super) fn read(bytes: &[u8]) -> FileContents {
    let (rest, separator) = separator(bytes);
    let (rows, unclosed) = closed(rest, separator);
    let mut reader =
        ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(&*rows);
    let mut row = ByteRecord::new();
    let mut found = FileContents::default();
    // Reading from memory cannot fail and rows may have any length, so treat an error as the end.
    if !reader.read_byte_record(&mut row).unwrap_or(false) {
        found.fault = Some((None, Problem::Empty));
        return found;
    }
    let columns = Columns::of(&row);
    if let Some(problem) = columns.problem() {
        found.fault = Some((Some(1), problem));
        return found;
    }
    while reader.read_byte_record(&mut row).unwrap_or(false) {
        let (name, numbers) = (columns.name(&row), columns.numbers(&row));
        match name {
            Some(name) if !numbers.is_empty() => found.people.push(Person { name, numbers }),
            _ => found.nameless += numbers.len(),
        }
    }
    let before = bytes.len() - rest.len();
    let line = |at: usize| bytes[..before + at].split(|byte| *byte == b'\n').count();
    found.fault = unclosed.map(|at| (Some(line(at)), Problem::Unclosed));
    found
}

/// Returns `bytes` without the quotes of lines in which one never ends: it would take in the rows below. Also
/// returns where the first such line is.
fn closed(bytes: &[u8], separator: u8) -> (Cow<'_, [u8]>, Option<usize>) {
    let newline = if memchr(b'\n', bytes).is_some() { b'\n' } else { b'\r' };
    let (mut repaired, mut unclosed) = (Vec::new(), None);
    // The rows from `sound` to `at` are as they should be.
    let (mut sound, mut at) = (0, 0);
    while at < bytes.len() {
        if let Some(length) = row(&bytes[at..], separator, newline) {
            at += length;
            continue;
        }
        unclosed.get_or_insert(at);
        let end = memchr(newline, &bytes[at..]).map_or(bytes.len(), |length| at + length + 1);
        repaired.extend_from_slice(&bytes[sound..at]);
        repaired.extend(bytes[at..end].iter().filter(|byte| **byte != b'"'));
        (sound, at) = (end, end);
    }
    if unclosed.is_none() {
        return (Cow::Borrowed(bytes), None);
    }
    repaired.extend_from_slice(&bytes[sound..]);
    (Cow::Owned(repaired), unclosed)
}

/// Returns the length of the row at the start of `bytes`, with its newline. `None` if a quoted field goes on
/// into other lines and does not end where a field ends. Within a line, other quotes are tolerated: some
/// programs do not escape them.
fn row(bytes: &[u8], separator: u8, newline: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b'"') {
            let start = at + 1;
            at = start;
            loop {
                at += memchr(b'"', &bytes[at..])? + 1;
                match bytes.get(at) {
                    Some(b'"') => at += 1,
                    Some(next) if *next != separator && !matches!(next, b'\r' | b'\n') => {
                        if memchr(newline, &bytes[start..at]).is_some() {
                            return None;
                        }
                        break;
                    }
                    _ => break,
                }
            }
        }
        match memchr2(separator, newline, &bytes[at..]) {
            Some(length) => at += length + 1,
            None => return Some(bytes.len()),
        }
        if bytes[at - 1] == newline {
            return Some(at);
        }
    }
}

/// Finds the field separator: Excel's `sep=;` line, or else the most frequent one in the first row.
fn separator(bytes: &[u8]) -> (&[u8], u8) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (head, rest) = bytes.split_at(end);
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', told] = head.trim_ascii_end() {
        return (rest.get(1..).unwrap_or_default(), *told);
    }
    let count = |mark: char| charset::decode(head).matches(mark).count();
    // `max_by_key` returns the last maximum: the comma if there is no separator at all.
    let most = ['\t', ';', ','].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(',');
    (bytes, most as u8)
}

impl Columns {
    fn of(header: &ByteRecord) -> Columns {
        let mut columns = Columns::default();
        for (index, field) in header.iter().enumerate() {
            let name = charset::decode(field).to_lowercase();
            let words: Vec<&str> =
                name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            let squeezed = words.concat();
            let is = |known: &[&str]| known.contains(&squeezed.as_str());
            if is_number(&words, &squeezed) {
                columns.numbers.push(index);
            } else if is(&FULL) {
                columns.full.get_or_insert(index);
            } else if is(&GIVEN) {
                columns.given.get_or_insert(index);
            } else if is(&MIDDLE) {
                columns.middle.get_or_insert(index);
            } else if is(&FAMILY) {
                columns.family.get_or_insert(index);
            } else if is(&NICK) {
                columns.nick.get_or_insert(index);
            } else if is(&COMPANY) {
                columns.company.get_or_insert(index);
            }
        }
        columns
    }

    fn problem(&self) -> Option<Problem> {
        let names = [self.full, self.given, self.family, self.nick, self.company];
        if names.iter().all(Option::is_none) {
            Some(Problem::NoNames)
        } else {
            self.numbers.is_empty().then_some(Problem::NoNumbers)
        }
    }

    fn numbers(&self, row: &ByteRecord) -> Vec<String> {
        // Rows may be shorter than the header.
        let there = self.numbers.iter().take_while(|column| **column < row.len());
        there.flat_map(|column| numbers(field(row, Some(*column)))).collect()
    }

    fn name(&self, row: &ByteRecord) -> Option<String> {
        let of = |column| charset::decode(field(row, column));
        let (full, given) = (of(self.full), of(self.given));
        // In "Vorname;Name;Telefon", "Name" is the family name.
        let is_family = self.family.is_none() && !given.trim().is_empty() && !full.contains(given.trim());
        let family = if is_family { full.clone() } else { of(self.family) };
        let parts = [&given, &of(self.middle), &family].map(|part| part.trim()).join(" ");
        let full = if is_family { Cow::Borrowed("") } else { full };
        first_name([&*full, &*parts, &*of(self.nick), &*of(self.company)])
    }
}

fn is_number(words: &[&str], squeezed: &str) -> bool {
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    // "Account Number" and "Government ID Number" are not telephone numbers.
    let is_plain = ["number", "numbers", "nummer", "rufnummer"].contains(&squeezed);
    let names_one = NUMBER_PARTS.iter().any(|part| squeezed.contains(part)) || has(&NUMBER_WORDS);
    is_plain || (names_one && !has(&OTHER_WORDS))
}

fn field(row: &ByteRecord, column: Option<usize>) -> &[u8] {
    column.and_then(|column| row.get(column)).unwrap_or_default()
}

/// Splits the numbers of a field: Google separates them by ` ::: `, others by a semicolon, a bar or a
/// newline.
fn numbers(field: &[u8]) -> Vec<String> {
    let text = charset::decode(field);
    // The parts of a URI and extensions are no numbers.
    let is_whole = |text: &str| !text.contains('=');
    let separates = |c: char| matches!(c, '|' | '\n') || (c == ';' && is_whole(&text));
    let parts = text.split(separates).flat_map(|part| part.split(":::")).flat_map(number::several);
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
