//! Measures reading a contact file. Run with `cargo bench --bench contacts`.

use std::path::PathBuf;

use divan::Bencher;
use vmail::contacts::Book;

const CONTACTS: u32 = 50_000;

fn main() {
    divan::main();
}

/// Returns a contact file like those that phones export.
fn cards() -> String {
    let card = |index: u32| {
        let (area, number) = (index / 1000, index);
        format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Person {index}\r\nTEL:+91 98{area:03} {number:05}\r\nEND:VCARD\r\n"
        )
    };
    (0..CONTACTS).map(card).collect()
}

#[divan::bench]
fn read_fifty_thousand(bencher: Bencher) {
    let files = [(PathBuf::from("many.vcf"), cards().into_bytes())];
    bencher.bench_local(|| {
        let (book, faults) = Book::read(&files, "IN");
        assert_eq!((book.len(), faults), (CONTACTS as usize, vec![]));
    });
}
