//! Names from contact files: as programs export them, damaged, hostile, and many.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use vmail::contacts::{Book, FILE_MAX, Fault, FileCount, Problem, Unusable, fingerprint, load};
use vmail::core::caller::{CallerForms, forms};

use crate::names::JOINED;

const INDIA: &str = "IN";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/contacts").join(name)
}

/// The book of one fixture, which is as its program exports it: without a fault.
fn exported(name: &str, country: &str) -> Book {
    let (files, unread) = load(&[fixture(name)]);
    let (book, faults) = Book::read(&files, country);
    assert_eq!((unread, faults), (vec![], vec![]), "{name}");
    book
}

fn read(files: &[(&str, &[u8])]) -> (Book, Vec<Fault>) {
    let files: Vec<_> = files.iter().map(|(name, bytes)| (PathBuf::from(name), bytes.to_vec())).collect();
    Book::read(&files, INDIA)
}

/// The book of one file and its fault as a line.
fn one(name: &str, bytes: impl AsRef<[u8]>) -> (Book, Option<String>) {
    let (book, faults) = read(&[(name, bytes.as_ref())]);
    assert!(faults.len() <= 1, "{faults:?}");
    (book, faults.first().map(ToString::to_string))
}

/// That `book` has these names and no more.
#[track_caller]
fn assert_names(book: &Book, expected: &[(&str, &str)]) {
    for (number, name) in expected {
        let e164 = number.starts_with('+').then_some(*number);
        assert_eq!(book.name(e164, number), Some(*name), "{number} in {book:#?}");
    }
    assert_eq!(book.len(), expected.len(), "{book:#?}");
}

fn card(name: &str, number: &str) -> String {
    format!("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nTEL:{number}\r\nEND:VCARD\r\n")
}

#[test]
fn google_csv() {
    let names = [
        ("+919876543210", "Anita Desai"),
        ("+918023456789", "Anita Desai"),
        ("+442079460018", "Anita Desai"),
        ("+9118004251199", "Kaveri Couriers"),
        ("+919845012345", "Ravi K. Menon"),
    ];
    assert_names(&exported("google.csv", INDIA), &names);
}

#[test]
fn outlook_csv_in_the_windows_charset() {
    let names = [
        ("+35314960123", "Sinéad O’Brien"),
        ("+353850123456", "Sinéad O’Brien"),
        ("+4930123456", "Müller GmbH"),
        ("+4930123457", "Müller GmbH"),
    ];
    assert_names(&exported("outlook.csv", INDIA), &names);
}

#[test]
fn excel_csv_with_semicolons_in_utf16() {
    let names =
        [("+49301234567", "Jörg Groß"), ("+491701234567", "Jörg Groß"), ("+491717654321", "Käthe Weiß")];
    assert_names(&exported("excel-de.csv", "DE"), &names);
}

#[test]
fn iphone_vcard_3_with_groups_photos_and_direction_marks() {
    let names = [
        ("+919886054321", "Dr. Meera Rao"),
        ("+918041234567", "Dr. Meera Rao"),
        ("+9118605001234", "Lakeside Garage, Indiranagar"),
    ];
    assert_names(&exported("iphone.vcf", INDIA), &names);
}

#[test]
fn android_vcard_2_1_in_quoted_printable() {
    let names = [
        ("+919900112233", "प्रिया शर्मा"),
        ("+912249876543", "प्रिया शर्मा"),
        ("*123#", "Balance"),
        ("1909", "Balance"),
        ("+914428110000", "John Q Doe"),
        ("+914428110001", "John Q Doe"),
    ];
    assert_names(&exported("android.vcf", INDIA), &names);
}

#[test]
fn nextcloud_vcard_4_with_uris_and_letters_cut_in_two() {
    let names = [
        ("+46701740605", "Zoë Ångström"),
        ("+46846500600", "Zoë Ångström"),
        ("+12015550123", "A name of which the exporter folds the last letter in the middle: été"),
    ];
    assert_names(&exported("nextcloud.vcf", INDIA), &names);
}

#[test]
fn names_keep_the_joiners_of_their_scripts() {
    let book = exported("joiners.vcf", INDIA);
    for (number, name) in JOINED.into_iter().enumerate() {
        assert_eq!(book.name(Some(&format!("+91987650000{number}")), ""), Some(name));
    }
}

#[test]
fn vcard_2_1_with_an_assistant_and_a_line_broken_in_a_letter() {
    assert_names(&exported("assistant.vcf", INDIA), &[("+919876500003", "U")]);
    assert_names(&exported("soft-break.vcf", INDIA), &[("+919876500003", "अनीता राव")]);
}

#[test]
fn an_unknown_charset_is_named_where_it_matters() {
    let with = |value: &[u8]| {
        [b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=x-Mac;ENCODING=8BIT:", value, b"\nTEL:1909\nEND:VCARD\n"]
            .concat()
    };
    let (book, fault) = one("a.vcf", with(b"Jos\xe9"));
    assert_names(&book, &[("1909", "José")]);
    assert_eq!(
        fault.as_deref(),
        Some("a.vcf:1: unknown charset x-Mac: export the contacts in UTF-8"),
        "it may be a wrong guess"
    );
    assert_eq!(one("a.vcf", with("José".as_bytes())).1, None);
}

#[test]
fn files_in_utf16_are_read_with_and_without_a_mark() {
    let csv = "Name,Phone\r\nÉloïse,98765 43210\r\n";
    let vcf = card("Éloïse", "98765 43210");
    for (name, text) in [("a.csv", csv), ("a.vcf", &vcf), ("a", &vcf)] {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        let marked = format!("\u{feff}{text}");
        for bytes in [little(text), big(text), little(&marked), big(&marked), marked.clone().into_bytes()] {
            let (book, fault) = one(name, &bytes);
            assert_names(&book, &[("+919876543210", "Éloïse")]);
            assert_eq!(fault, None);
        }
    }
}

#[test]
fn numbers_are_read_as_programs_write_them() {
    for number in [
        "+९१ ९८७६५ ००००३",
        "tel:98765-00003;phone-context=+91",
        "919876500003.0",
        "9.19876500003E+11",
        "'+919876500003",
        "98765 00003 (office)",
    ] {
        assert_names(&one("a.csv", format!("Name,Phone\nU,{number}\n")).0, &[("+919876500003", "U")]);
        assert_names(&one("a.vcf", card("U", number)).0, &[("+919876500003", "U")]);
    }
    let uri = "BEGIN:VCARD\nVERSION:4.0\nFN:U\nTEL;VALUE=uri:tel:98765-00003;phone-context=+91\nEND:VCARD\n";
    assert_names(&one("a.vcf", uri).0, &[("+919876500003", "U")]);
    let two = [("+919876500003", "U"), ("+919876500004", "U")];
    for number in ["9876500003, 9876500004", "9876500003/9876500004", "9876500003 9876500004"] {
        assert_names(&one("a.csv", format!("Name,Phone\nU,\"{number}\"\n")).0, &two);
        assert_names(&one("a.vcf", card("U", number)).0, &two);
    }
}

#[test]
fn numbers_that_the_rules_do_not_know_meet_by_their_digits() {
    for (contact, callers) in [
        ("+961 23 456 789", ["96123456789", "+96123456789", "0096123456789"]),
        ("+91 59876 50001", ["915987650001", "+915987650001", "00915987650001"]),
        ("0091 59876 50001", ["915987650001", "+91 59876 50001", "00915987650001"]),
        ("915987650001", ["915987650001", "+915987650001", "+91-59876-50001"]),
    ] {
        let (book, _) = one("a.vcf", card("New series", contact));
        for caller in callers {
            let forms = forms(caller, INDIA);
            assert_eq!(forms.e164, None, "{caller} is valid now: choose another");
            assert_eq!(book.name_of(None, &forms, caller), Some("New series"), "{contact} {caller}");
        }
    }
}

#[test]
fn a_withheld_caller_has_no_name_whatever_contacts_say() {
    let words =
        ["unknown", "anonymous", "withheld", "private", "blocked", "-1", "", "0", "BLOCKED", " Private "];
    let cards: String = words.iter().map(|word| card("Empty Tel", word)).collect();
    for (book, _) in [one("a.vcf", cards), (exported("withheld.vcf", INDIA), None)] {
        assert_eq!(book.len(), 0, "{book:?}");
        for word in words {
            let forms = forms(word, INDIA);
            assert_eq!(forms.display, "", "{word:?}");
            assert_eq!(book.name_of(Some("Boss"), &forms, word), None, "{word:?}");
            // As a store has it that is not up to date.
            let old = CallerForms { display: word.to_owned(), ..CallerForms::default() };
            assert_eq!(book.name_of(Some("Boss"), &old, word), None, "{word:?}");
        }
    }
    let (book, _) = one("a.vcf", card("Anita", "98765 43210"));
    let known = forms("9876543210", INDIA);
    assert_eq!(book.name_of(None, &known, "9876543210"), Some("Anita"));
    assert_eq!(book.name_of(Some("Boss"), &known, "9876543210"), Some("Boss"));
}

#[test]
fn a_quote_without_an_end_costs_no_other_row() {
    let fault = "a.csv:2: this quote is never closed";
    let rest = [("+919876500003", "U"), ("+919876500004", "Quoted, Name")];
    let open = [("+919876500002", "Open"), rest[0], rest[1]];
    for (text, line, expected) in [
        (
            "Name,Phone\n\"Open,9876500002\nU,9876500003\n\"Quoted, Name\",9876500004\n",
            Some(fault),
            &open[..],
        ),
        ("Name,Phone\r\n\"Open,9876500002\r\nU,9876500003\r\n", Some(fault), &open[..2]),
        ("Name,Phone\nU,\"9876500003\n", Some(fault), &rest[..1]),
        ("Name,Phone\nU,\"9876500003", Some(fault), &rest[..1]),
        ("sep=,\nName,Phone\nU,9876500003\n\"\n", Some("a.csv:4: this quote is never closed"), &rest[..1]),
        // These are as they should be, or harmless.
        ("Name,Phone,Note\nU,9876500003,\"a\n\"\"b\"\",\n\"\n\"Quoted, Name\",9876500004,\n", None, &rest),
        ("Name,Phone\n\"U\",9876500003\n\"Quoted, Name\",\"9876500004\"", None, &rest),
        (
            "Name,Phone,Note\nU,9876500003,5\" screen\n\"Quoted, Name\",9876500004,\"say \"hi\" now\"\n",
            None,
            &rest,
        ),
    ] {
        let (book, said) = one("a.csv", text);
        assert_eq!(said.as_deref(), line, "{text:?}");
        assert_names(&book, expected);
    }
    let (book, faults) = read(&[("unclosed-quote.csv", &fs::read(fixture("unclosed-quote.csv")).unwrap())]);
    assert_names(&book, &open[..2]);
    assert_eq!(faults[0].to_string(), "unclosed-quote.csv:2: this quote is never closed");
}

#[test]
fn what_is_in_each_file_is_counted() {
    let csv = "Name,Phone\nA,98765 00001\nA,\"98765 00002, 98765 00003\"\n,98765 00004\nB,9.19877E+11\n\
               C,unknown\nD,98765000039876500004123\nE,+\n";
    let files = [("a.csv", csv.to_owned()), ("b.vcf", card("A", "98765 00001"))];
    let files: Vec<_> = files.map(|(name, text)| (PathBuf::from(name), text.into_bytes())).into();
    let (book, faults, counts) = Book::read_counted(&files, INDIA);
    assert_eq!((book.len(), faults), (3, vec![]));
    assert_eq!(
        counts[0],
        FileCount {
            file: PathBuf::from("a.csv"),
            names: 2,
            numbers: 3,
            unusable: [
                (Unusable::Nameless, 1),
                (Unusable::Withheld, 1),
                (Unusable::Rounded, 1),
                (Unusable::TooLong, 1),
                (Unusable::Empty, 1),
            ]
            .into(),
        }
    );
    assert_eq!((counts[1].names, counts[1].numbers, counts[1].unusable.len()), (1, 1, 0));
}

#[test]
fn of_two_names_for_one_number_the_first_counts() {
    let (first, second) = (card("First", "+91 98765 43210"), card("Second", "098765 43210"));
    for _ in 0..8 {
        let (book, faults) = read(&[("a.vcf", first.as_bytes()), ("b.vcf", second.as_bytes())]);
        assert_eq!(faults, []);
        assert_names(&book, &[("+919876543210", "First")]);
    }
    let (book, _) = one("both.vcf", second + &first);
    assert_names(&book, &[("+919876543210", "Second")]);
}

#[test]
fn numbers_are_read_by_the_rules_of_the_country_given() {
    let files = [(PathBuf::from("a.vcf"), card("Anna", "020 7946 0018").into_bytes())];
    assert_eq!(Book::read(&files, "GB").0.name(Some("+442079460018"), ""), Some("Anna"));
    assert_eq!(Book::read(&files, "US").0.name(Some("+442079460018"), ""), None);
}

#[test]
fn callers_without_a_valid_number_have_names_too() {
    let (book, _) = one("a.csv", "Name,Number\nBank,JD-HDFCBK\nCare,1909\nDesk,101\n");
    assert_eq!(book.name(None, "jd-hdfcbk"), Some("Bank"));
    assert_eq!(book.name(None, "1909"), Some("Care"));
    assert_eq!(book.name(None, "101"), Some("Desk"));
    for withheld in ["", "0", "-", "102"] {
        assert_eq!(book.name(None, withheld), None, "{withheld:?}");
    }
}

#[test]
fn names_are_safe_for_a_terminal_and_short_enough() {
    let (book, _) = one("a.vcf", card("\u{1b}[31mEve\u{202e} \0 Mallory", "9876543210"));
    assert_names(&book, &[("+919876543210", "[31mEve Mallory")]);
    let (book, _) = one("a.vcf", card(&"long ".repeat(1000), "9876543210"));
    let name = book.name(Some("+919876543210"), "").unwrap();
    assert!(name.chars().count() <= 80 && name.ends_with('…'), "{name}");
}

#[test]
fn a_name_comes_from_what_else_a_card_has() {
    for (lines, name) in [
        ("FN: \nN:Desai;Anita;;;", Some("Anita Desai")),
        ("N:Desai;;;;", Some("Desai")),
        ("N:;;;;\nNICKNAME:Ani,Nita", Some("Ani")),
        ("FN:\nORG:Nimbus Dental;Reception", Some("Nimbus Dental")),
        ("fn;language=en:Anita", Some("Anita")),
        ("NOTE:nobody", None),
    ] {
        let (book, fault) =
            one("a.vcf", format!("begin:vcard\nversion:4.0\n{lines}\ntel:9876543210\nend:vcard"));
        assert_eq!((book.name(Some("+919876543210"), ""), fault), (name, None), "{lines}");
    }
}

#[test]
fn columns_are_found_by_common_names_in_any_case() {
    for header in [
        "Name,Phone",
        "NAME,MOBILE",
        "display name,tel.",
        "Full_Name,phone_number",
        "\"Contact Name\",\"Number\"",
        "\u{feff}Name;Telephone 1",
        "fullName\tmobilePhone",
        "Nickname,Cell",
        "Company,Main phone",
    ] {
        let mark = header.chars().find(|c| matches!(c, ',' | ';' | '\t')).unwrap();
        let (book, fault) = one("a.csv", format!("{header}\nAnita{mark}98765 43210\n"));
        assert_eq!((book.name(Some("+919876543210"), ""), fault), (Some("Anita"), None), "{header}");
    }
}

#[test]
fn one_clear_line_for_each_file_that_is_wrong() {
    let no_end = format!("\r\nBEGIN:VCARD\r\nFN:Anna\r\nTEL:9876543210\r\n{}", card("Bert", "9876543211"));
    for (name, bytes, line) in [
        ("a.csv", "", "a.csv: contains no contacts"),
        ("a.vcf", " \r\n", "a.vcf: contains no contacts"),
        ("a.vcf", "Name,Phone\nAnita,1", "a.vcf: contains no contacts"),
        ("a.csv", "sep=;", "a.csv: contains no contacts"),
        (
            "a.csv",
            "Street,Phone\n1 High Street,1",
            "a.csv:1: the header row has no column for names (Name, or First Name and Last Name)",
        ),
        (
            "a.csv",
            "Name,Account Number,Phone 1 - Type,Name Phonetic\nAnita,1,Mobile,a",
            "a.csv:1: the header row has no column for numbers (Phone, Mobile, Tel or Number)",
        ),
        ("a\x1b[2J.vcf", &no_end, "a[2J.vcf:2: this contact has no END:VCARD: is the file truncated?"),
    ] {
        assert_eq!(one(name, bytes).1.as_deref(), Some(line), "{bytes:?}");
    }
    // What is there of a cut-off contact counts, and so does the next.
    assert_names(&one("a.vcf", &no_end).0, &[("+919876543210", "Anna"), ("+919876543211", "Bert")]);
}

#[test]
fn a_damaged_contact_costs_no_other() {
    let good = card("Good", "9876543210");
    for bad in [
        "BEGIN:VCARD\nTEL;TYPE=\"home:1\nEND:VCARD\n",
        "BEGIN:VCARD\n;;;:::\n\0\0=\n;=\nEND:VCARD\n",
        "BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:=\n=\n=ZZ=\nTEL:=\nEND:VCARD\n",
        "BEGIN:VCARD\nPHOTO;ENCODING=b:!!!!\nTEL;VALUE=uri:data:base64,\\\nEND:VCARD\n",
        "BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCARD\n",
        "BEGIN:VCARD\n",
    ] {
        let (book, _) = one("a.vcf", format!("{bad}{good}{bad}"));
        assert_eq!(book.name(Some("+919876543210"), ""), Some("Good"), "{bad:?}");
    }
}

#[test]
fn hostile_files_take_neither_long_nor_much() {
    // At these sizes, what is not linear would not end.
    let long = "x".repeat(8 << 20);
    for (name, bytes) in [
        ("line.vcf", format!("BEGIN:VCARD\nFN:Eve\nTEL:1\nNOTE:{long}\nEND:VCARD\n")),
        ("number.vcf", format!("BEGIN:VCARD\nFN:Eve\nTEL:{long}\nEND:VCARD\n")),
        ("name.csv", format!("Name,Phone\n\"{long},1")),
        ("header.csv", long.clone()),
        ("begins.vcf", "BEGIN:VCARD\n".repeat(1 << 18)),
        ("columns.csv", format!("Name{}\nEve", ",Phone".repeat(1 << 18))),
        ("quotes.csv", format!("Name,Phone\n{}", "\"Eve\",\"1909\n".repeat(1 << 18))),
        ("rows.csv", format!("Name{}\n{}", ",Phone".repeat(1 << 18), "Eve\n".repeat(1 << 16))),
    ] {
        let (book, faults) = read(&[(name, bytes.as_bytes())]);
        assert!(
            book.len() <= 1 && faults.len() <= 1,
            "{name}: {} names, {} faults",
            book.len(),
            faults.len()
        );
    }
    let huge = vec![b'x'; 100 << 20];
    let (book, faults) = read(&[("huge.vcf", &huge)]);
    assert!(book.is_empty());
    assert_eq!(faults[0].to_string(), "huge.vcf: skipped: larger than 64 MiB; export it without photos");
}

#[test]
fn fifty_thousand_contacts_load() {
    let mut text = String::new();
    for index in 0..50_000 {
        write!(
            text,
            "{}",
            card(&format!("Person {index}"), &format!("+91 98{:03} {:05}", index / 1000, index))
        )
        .unwrap();
    }
    let (book, faults) = one("many.vcf", &text);
    assert_eq!((book.len(), faults), (50_000, None));
    assert_eq!(book.name(Some("+919800700007"), ""), None);
    assert_eq!(book.name(Some("+919800707007"), ""), Some("Person 7007"));
}

#[test]
fn folders_stand_for_their_contact_files_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("b.VCF", card("Second", "9876543210"));
    write("a.csv", "Name,Phone\nFirst,9876543210\n".to_owned());
    write(".hidden.vcf", card("Hidden", "9876543211"));
    write("notes.txt", card("Notes", "9876543212"));
    let (files, faults) = load(&[folder.path().to_owned()]);
    assert_eq!(faults, []);
    let (book, faults) = Book::read(&files, INDIA);
    assert_eq!(faults, []);
    assert_names(&book, &[("+919876543210", "First")]);
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("good.vcf"), card("Anna", "9876543210")).unwrap();
    File::create(at("huge.vcf")).unwrap().set_len(FILE_MAX + 1).unwrap();
    let paths = [at("missing.vcf"), at("huge.vcf"), at("good.vcf"), PathBuf::from("/dev/null")];
    let (files, faults) = load(&paths);
    assert_eq!(files.len(), 1);
    let problems: Vec<_> = faults.iter().map(|fault| &fault.problem).collect();
    assert!(
        matches!(problems[..], [Problem::Unreadable { reason }, Problem::TooLarge, Problem::NotAFile]
            if reason.contains("No such file")),
        "{problems:?}"
    );
    assert!(faults[0].to_string().contains("missing.vcf: cannot be read: No such file"), "{}", faults[0]);
}

#[test]
fn a_fingerprint_changes_with_the_files_and_not_without() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.vcf");
    let paths = [folder.path().to_owned(), folder.path().join("missing.csv")];
    let mut seen = Vec::new();
    let mut look = || {
        let now = fingerprint(&paths);
        assert_eq!(now, fingerprint(&paths));
        assert!(!seen.contains(&now), "look {} is as one before", seen.len());
        seen.push(now);
    };
    look();
    fs::write(&file, "one").unwrap();
    look();
    fs::write(&file, "three").unwrap();
    look();
    // The same size at another time.
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
    look();
    fs::rename(&file, folder.path().join("b.vcf")).unwrap();
    look();
    fs::write(&paths[1], "").unwrap();
    look();
}

/// Pieces of which hostile files are made.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "BEGIN:VCARD\n",
        "END:VCARD\r\n",
        "VERSION:2.1\n",
        "VERSION:4.0\n",
        "FN",
        "N",
        "TEL",
        "ORG",
        "PHOTO",
        "item1.",
        ";ENCODING=QUOTED-PRINTABLE",
        ";ENCODING=b",
        ";CHARSET=UTF-16",
        ";CHARSET=x",
        ";VALUE=uri",
        ";TYPE=\"a,b",
        ":",
        ";",
        ",",
        "=",
        "=\r\n",
        "=C3",
        "\\",
        "\\n",
        "\"",
        "\n ",
        "\r",
        "\t",
        "+91 98765 43210",
        "tel:",
        "data:",
        ";ext=1",
        "Anita",
        "é",
        "\u{feff}",
        "\0",
        "Name,Phone\n",
        "sep=\n",
        ":::",
        "REV:2026",
        "BDAY:--0101\n",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_make_it_panic(
        pieces in prop::collection::vec(piece(), 0..40),
        name in prop::sample::select(vec!["a.vcf", "a.csv", "a"]),
    ) {
        let bytes = pieces.concat();
        let (book, faults) = read(&[(name, &bytes)]);
        prop_assert!(faults.len() <= 1);
        for fault in faults {
            prop_assert_eq!(fault.to_string().lines().count(), 1);
        }
        prop_assert!(book.len() <= pieces.len());
    }

    #[test]
    fn a_good_card_is_read_whatever_stands_before_it(pieces in prop::collection::vec(piece(), 0..20)) {
        let mut bytes = pieces.concat();
        bytes.push(b'\n');
        bytes.extend_from_slice(card("Good", "+1 201-555-0123").as_bytes());
        // As UTF-16 it is none of this.
        prop_assume!(!bytes.starts_with(b"\xff\xfe") && !bytes.starts_with(b"\xfe\xff"));
        let (book, _) = read(&[("a.vcf", &bytes)]);
        prop_assert_eq!(book.name(Some("+12015550123"), ""), Some("Good"));
    }
}
