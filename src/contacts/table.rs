//! Reads CSV with a header row, as exported by Google, Outlook and telephone tools. Finds the columns by
//! their names.

use std::borrow::Cow;

use csv::{ByteRecord, Reader, ReaderBuilder};

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

/// Reads every row of `bytes`; the first is the header.
pub(super) fn read(bytes: &[u8]) -> FileContents {
    let (rest, separator) = separator(bytes);
    let mut rows = Rows::new(rest, separator);
    let mut row = ByteRecord::new();
    let mut found = FileContents::default();
    if !rows.next(&mut row) {
        found.fault = Some((None, Problem::Empty));
        return found;
    }
    let columns = Columns::of(&row);
    if let Some(problem) = columns.problem() {
        found.fault = Some((Some(1), problem));
        return found;
    }
    while rows.next(&mut row) {
        let (name, numbers) = (columns.name(&row), columns.numbers(&row));
        match name {
            Some(name) if !numbers.is_empty() => found.people.push(Person { name, numbers }),
            _ => found.nameless += numbers.len(),
        }
    }
    let before = bytes.len() - rest.len();
    let line = |at: usize| bytes[..before + at].split(|byte| *byte == b'\n').count();
    found.fault = rows.unclosed.map(|at| (Some(line(at)), Problem::Unclosed));
    found
}

/// Reads rows, one after another.
struct Rows<'a> {
    bytes: &'a [u8],
    separator: u8,
    /// Reads `bytes` from `base` on.
    reader: Reader<&'a [u8]>,
    base: usize,
    /// Where the first row is that has a quote without an end.
    unclosed: Option<usize>,
}

impl<'a> Rows<'a> {
    fn new(bytes: &'a [u8], separator: u8) -> Rows<'a> {
        Rows { bytes, separator, reader: reader(bytes, separator), base: 0, unclosed: None }
    }

    /// Reads the next row; `false` at the end. From memory this cannot fail and rows may have any length,
    /// so an error counts as the end.
    fn next(&mut self, row: &mut ByteRecord) -> bool {
        loop {
            let start = self.place();
            if !self.reader.read_byte_record(row).unwrap_or(false) {
                return false;
            }
            let end = self.place().min(self.bytes.len());
            // The line feed of the row before is read with this one.
            let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
            let start = start + self.bytes[start..end].iter().take_while(is_end).count();
            let line = self.bytes[start..].iter().position(|byte| *byte == b'\n');
            let line_end = line.map_or(self.bytes.len(), |length| start + length + 1);
            let is_suspect = line_end < end || end == self.bytes.len();
            if !is_suspect || is_closed(&self.bytes[start..end], self.separator) {
                return true;
            }
            // It took in the rows below.
            self.unclosed.get_or_insert(start);
            let line = self.bytes[start..line_end].iter().copied().filter(|byte| *byte != b'"');
            self.base = line_end;
            self.reader = reader(&self.bytes[line_end..], self.separator);
            if reader(&line.collect::<Vec<_>>(), self.separator).read_byte_record(row).unwrap_or(false) {
                return true;
            }
        }
    }

    fn place(&self) -> usize {
        self.base + self.reader.position().byte() as usize
    }
}

fn reader(bytes: &[u8], separator: u8) -> Reader<&[u8]> {
    ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(bytes)
}

/// Returns whether the quotes of a row are closed where a field ends. Within a line, others are tolerated:
/// some programs do not escape them.
fn is_closed(row: &[u8], separator: u8) -> bool {
    let mut rest = row;
    loop {
        if let [b'"', quoted @ ..] = rest {
            let mut at = 0;
            loop {
                let Some(quote) = quoted[at..].iter().position(|byte| *byte == b'"') else { return false };
                at += quote + 1;
                match quoted.get(at) {
                    Some(b'"') => at += 1,
                    Some(next) if *next != separator && !matches!(next, b'\r' | b'\n') => {
                        if quoted[..at].contains(&b'\n') {
                            return false;
                        }
                        break;
                    }
                    _ => break,
                }
            }
            rest = &quoted[at..];
        }
        match rest.iter().position(|byte| *byte == separator || *byte == b'\n') {
            Some(end) => rest = &rest[end + 1..],
            None => return true,
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
