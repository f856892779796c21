//! Reads an export in any encoding that a shell may have given it: PowerShell's `>` writes UTF-16.

use std::io::{self, BufRead, Cursor, Read};
use std::ops::Range;

use encoding_rs::{CoderResult, Decoder, UTF_8};

use crate::core::encoding::{START, detect};

/// The size of a decoded piece, in bytes.
const PIECE: usize = 1 << 16;

/// Returns the export `input` in UTF-8, without a byte-order mark.
pub(super) fn utf8<'i>(mut input: impl BufRead + 'i) -> io::Result<Box<dyn BufRead + 'i>> {
    let mut start = Vec::with_capacity(START);
    input.by_ref().take(START as u64).read_to_end(&mut start)?;
    let (encoding, mark) = detect(&start);
    let rest = Cursor::new(start.split_off(mark)).chain(input);
    if encoding == UTF_8 {
        return Ok(Box::new(rest));
    }
    let decoder = encoding.new_decoder_without_bom_handling();
    Ok(Box::new(Decoded { input: rest, decoder: Some(decoder), ready: vec![0; PIECE], part: 0..0 }))
}

struct Decoded<R> {
    input: R,
    /// `None` at the end.
    decoder: Option<Decoder>,
    ready: Vec<u8>,
    /// The part of `ready` that was not read yet.
    part: Range<usize>,
}

impl<R: BufRead> BufRead for Decoded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.part.is_empty()
            && let Some(decoder) = &mut self.decoder
        {
            let bytes = self.input.fill_buf()?;
            let is_last = bytes.is_empty();
            let (result, read, written, _) = decoder.decode_to_utf8(bytes, &mut self.ready, is_last);
            self.input.consume(read);
            self.part = 0..written;
            if is_last && result == CoderResult::InputEmpty {
                self.decoder = None;
            }
        }
        Ok(&self.ready[self.part.clone()])
    }

    fn consume(&mut self, amount: usize) {
        self.part.start = (self.part.start + amount).min(self.part.end);
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read as _};

    use super::utf8;

    #[test]
    fn every_encoding_reads_the_same_in_pieces_of_any_size() {
        let text = "{\"a\":\"अ👩 é\"}\r\n".repeat(20_000);
        let marked = format!("\u{feff}{text}");
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        for bytes in [
            text.clone().into_bytes(),
            marked.clone().into_bytes(),
            little(&text),
            little(&marked),
            big(&text),
            big(&marked),
        ] {
            for size in [1, 3, 4096] {
                let mut read = String::new();
                let input = BufReader::with_capacity(size, &bytes[..]);
                utf8(input).unwrap().read_to_string(&mut read).unwrap();
                assert!(read == text, "in pieces of {size}");
            }
        }
        let mut read = String::new();
        utf8(&b""[..]).unwrap().read_to_string(&mut read).unwrap();
        assert_eq!(read, "");
    }
}
