//! MPEG audio frames: their headers, and where they are in a file. Files begin with junk, end within a
//! frame and have holes and tags between frames; a header alone occurs in any data by chance, so only
//! several that follow each other count.

/// The most bytes before the first frame, besides tags.
pub(in crate::audio) const JUNK_MAX: usize = 64 << 10;

/// How many headers in a row make a beginning, after junk.
const SURE: usize = 3;

/// How many make one where a frame is due.
const LIKELY: usize = 2;

/// The bytes of a header.
const HEADER: usize = 4;

/// The header of a frame of layer II or III whose length it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audio) struct Header {
    /// The version and layer bits.
    kind: u8,
    /// The sample rate, in Hz.
    pub rate: u32,
    /// The number of channels: 1 or 2.
    pub channels: u8,
    /// Whether a checksum follows.
    checked: bool,
    /// The length of the frame in bytes, with its header.
    pub bytes: usize,
}

impl Header {
    /// Reads the header of an MPEG frame at the start of `bytes`; `None` if there is none, or if it leaves
    /// the length open ("free format"). ISO/IEC 11172-3, section 2.4.2.3, and 13818-3, section 2.4.2.3.
    pub fn parse(bytes: &[u8]) -> Option<Header> {
        const MPEG1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const MPEG1_LAYER2: [u32; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
        const MPEG2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        let &[0xff, kind, rates, mode, ..] = bytes else { return None };
        if kind & 0xe0 != 0xe0 {
            return None;
        }
        let divisor = match kind & 0x18 {
            0x18 => 1,
            0x10 => 2,
            // MPEG 2.5, which no standard has.
            0x00 => 4,
            _ => return None,
        };
        let layer3 = match kind & 0x06 {
            0x02 => true,
            0x04 => false,
            _ => return None,
        };
        let table = match (divisor, layer3) {
            (1, true) => MPEG1,
            (1, false) => MPEG1_LAYER2,
            _ => MPEG2,
        };
        let kbits = table.get(usize::from(rates >> 4)).copied().filter(|kbits| *kbits > 0)?;
        let rate = [44_100, 48_000, 32_000].get(usize::from(rates >> 2 & 3))? / divisor;
        let eighths = if layer3 && divisor > 1 { 72 } else { 144 };
        let bytes = eighths * kbits * 1_000 / rate + u32::from(rates >> 1 & 1);
        let channels = if mode >> 6 == 3 { 1 } else { 2 };
        Some(Header { kind: kind & 0x1e, rate, channels, checked: kind & 1 == 0, bytes: bytes as usize })
    }

    /// Returns whether this is a frame of layer III.
    pub fn is_layer3(self) -> bool {
        self.kind & 0x06 == 0x02
    }

    /// Returns whether this is MPEG-1, and neither 2 nor 2.5.
    fn is_mpeg1(self) -> bool {
        self.kind & 0x18 == 0x18
    }

    /// Returns the number of samples of one channel in a frame of layer III.
    pub fn samples(self) -> usize {
        if self.is_mpeg1() { 1_152 } else { 576 }
    }

    /// Returns where the side information ends in a frame of layer III that has no checksum.
    pub fn side_end(self) -> usize {
        HEADER
            + match (self.is_mpeg1(), self.channels) {
                (true, 1) => 17,
                (true, _) => 32,
                (false, 1) => 9,
                (false, _) => 17,
            }
    }

    /// Returns where the main data begins in a frame of layer III.
    pub fn main_start(self) -> usize {
        self.side_end() + self.side_start() - HEADER
    }

    /// Returns where the side information begins.
    fn side_start(self) -> usize {
        if self.checked { HEADER + 2 } else { HEADER }
    }

    /// Makes `frame`, of layer III, a silent one that keeps its main data for those after it.
    pub fn silence(self, frame: &mut [u8]) {
        let end = self.main_start().min(frame.len());
        let [_, rest @ ..] = &mut frame[self.side_start().min(end)..end] else { return };
        // Only where the main data begins is left: eight bits, or nine.
        let ninth = if self.is_mpeg1() { 0x80 } else { 0 };
        for (byte, kept) in rest.iter_mut().zip([ninth].into_iter().chain(std::iter::repeat(0))) {
            *byte &= kept;
        }
    }

    /// Returns whether `frame`, of layer III, has a mixed block: long below, and three short ones above.
    pub fn has_mixed_block(self, frame: &[u8]) -> bool {
        let side = &frame[self.side_start()..self.main_start().min(frame.len())];
        let bits = |at: usize, count: usize| {
            (at..at + count)
                .fold(0, |sum, at| sum << 1 | side.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1))
        };
        let channels = usize::from(self.channels);
        // What comes before the granules, how many there are, the bits of one in a channel, and where in
        // these its window is described.
        let (first, granules, length, window) = match (self.is_mpeg1(), channels) {
            (true, 1) => (18, 2, 59, 33),
            (true, _) => (20, 2, 59, 33),
            (false, 1) => (9, 1, 63, 38),
            (false, _) => (10, 1, 63, 38),
        };
        // It is switched, short, and mixed.
        (0..granules * channels).any(|number| bits(first + number * length + window, 4) == 0b1101)
    }

    /// Returns whether frames with these headers can be decoded one after the other.
    pub fn is_like(self, other: Header) -> bool {
        (self.kind, self.rate, self.channels) == (other.kind, other.rate, other.channels)
    }
}

/// Returns whether `least` frames that are alike follow each other from `at`, or fewer up to the end. With
/// `whole`, `bytes` is all there is, and the last frame may be truncated.
fn is_run(bytes: &[u8], at: usize, least: usize, whole: bool) -> bool {
    let Some(first) = bytes.get(at..).and_then(Header::parse) else { return false };
    let mut next = at + first.bytes;
    for count in 1..least {
        let rest = bytes.get(next..).unwrap_or_default();
        if rest.len() < HEADER {
            return whole && (next <= bytes.len() || count > 1);
        }
        match Header::parse(rest) {
            Some(header) if header.is_like(first) => next += header.bytes,
            _ => return false,
        }
    }
    true
}

/// Returns whether a run of MPEG frames begins at `at`, which may be anywhere.
pub(in crate::audio) fn begins_at(bytes: &[u8], at: usize, whole: bool) -> bool {
    is_run(bytes, at, SURE, whole)
}

/// The frames of layer III in a file.
pub(super) struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The header of the frame before; `None` at the start.
    last: Option<Header>,
    /// Whether something is missing: there was a hole between frames, or the last one is truncated.
    pub broken: bool,
    /// Whether the end is a truncated frame.
    pub truncated: bool,
}

impl<'a> Frames<'a> {
    pub fn new(bytes: &'a [u8]) -> Frames<'a> {
        Frames { bytes, at: 0, last: None, broken: false, truncated: false }
    }

    /// Moves to the next run of frames.
    fn search(&mut self) -> Option<Header> {
        let mut junk = 0;
        loop {
            let mut rest = self.bytes.get(self.at..)?;
            // A tag may contain a picture full of apparent frame headers.
            while let Some(length) = tag_length(rest) {
                self.at = self.at.saturating_add(length);
                rest = self.bytes.get(self.at..)?;
            }
            let least = if junk == 0 { LIKELY } else { SURE };
            if let Some(header) = Header::parse(rest).filter(|header| header.is_layer3())
                && is_run(self.bytes, self.at, least, true)
            {
                self.broken |= junk > 0 && self.last.is_some();
                return Some(header);
            }
            // What frames and tags begin with.
            let next = rest.iter().skip(1).position(|byte| matches!(byte, 0xff | b'I' | b'T' | b'A'))? + 1;
            (self.at, junk) = (self.at + next, junk + next);
            if self.last.is_none() && junk > JUNK_MAX {
                return None;
            }
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (Header, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let due = self.bytes.get(self.at..).and_then(Header::parse);
        let header = match due.zip(self.last) {
            Some((due, last)) if due.is_like(last) => due,
            _ => self.search()?,
        };
        let Some(frame) = self.bytes.get(self.at..self.at + header.bytes) else {
            self.at = self.bytes.len();
            self.truncated = true;
            return None;
        };
        self.at += header.bytes;
        self.last = Some(header);
        Some((header, frame))
    }
}

/// Returns the length of the tag at the start of `bytes`: ID3 of either kind, or APE.
pub(in crate::audio) fn tag_length(bytes: &[u8]) -> Option<usize> {
    match bytes {
        // Lengths use seven bits per byte, so that they never look like a frame header. A footer is as long
        // as the header. https://id3.org/id3v2.4.0-structure, section 3.1
        &[b'I', b'D', b'3', 2..=4, _, flags, a @ ..0x80, b @ ..0x80, c @ ..0x80, d @ ..0x80, ..] => {
            let length = [a, b, c, d].iter().fold(0, |sum, byte| sum << 7 | usize::from(*byte));
            Some(10 + length + if flags & 0x10 == 0 { 0 } else { 10 })
        }
        [b'T', b'A', b'G', ..] => Some(128),
        // The length, without the header, is that of items and footer.
        // https://wiki.hydrogenaud.io/index.php?title=APE_Tags_Header
        [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, a, b, c, d, ..] => {
            Some((u32::from_le_bytes([*a, *b, *c, *d]) as usize).saturating_add(32))
        }
        _ => None,
    }
}

/// Returns the bytes after the ID3 and APE tags at the start of `bytes`.
pub(in crate::audio) fn after_tags(mut bytes: &[u8]) -> &[u8] {
    while let Some(length) = tag_length(bytes) {
        bytes = bytes.get(length..).unwrap_or_default();
    }
    bytes
}

/// Returns whether mp3 `bytes` begin with frames of layer III whose length is not in their headers: "free
/// format". It is the same for all, but for a byte of padding.
pub(super) fn is_free_format(bytes: &[u8]) -> bool {
    /// The longest frame to expect: 640 kbit/s at 8 kHz.
    const LONGEST: usize = 72 * 640_000 / 8_000;
    let same = |at: usize| matches!(bytes.get(at..), Some([0xff, kind, rates, ..]) if *kind == bytes[1] && rates & 0xfc == bytes[2] & 0xfc);
    // With a bit rate in place of none, it must be a header.
    let valid = matches!(bytes, &[0xff, kind, rates @ ..0x10, mode, ..]
        if Header::parse(&[0xff, kind, rates | 0x10, mode]).is_some_and(Header::is_layer3));
    valid
        && (HEADER..LONGEST)
            .filter(|length| same(*length))
            .any(|length| [2 * length - 1, 2 * length, 2 * length + 1].into_iter().any(same))
}

#[cfg(test)]
mod tests {
    use super::{Header, after_tags};

    #[test]
    fn a_header_gives_the_length_of_its_frame() {
        for (header, rate, channels, bytes) in [
            (b"\xff\xfb\x90\x64", 44_100, 2, 417),
            (b"\xff\xfb\x92\x64", 44_100, 2, 418),
            (b"\xff\xe3\x18\xc4", 8_000, 1, 72),
            (b"\xff\xf3\x48\x44", 16_000, 2, 144),
            // Layer II.
            (b"\xff\xfd\x94\x04", 48_000, 2, 480),
        ] {
            let read = Header::parse(header).unwrap();
            assert_eq!((read.rate, read.channels, read.bytes), (rate, channels, bytes), "{header:x?}");
        }
        // No sync, an invalid version, layer, bit rate and sample rate, and a free bit rate.
        for none in [
            b"\xff\xbb\x90\x64",
            b"\xff\xeb\x90\x64",
            b"\xff\xf9\x50\x80",
            b"\xff\xfb\xf0\x64",
            b"\xff\xfb\x9c\x64",
            b"\xff\xfb\x00\x64",
        ] {
            assert_eq!(Header::parse(none), None, "{none:x?}");
        }
    }

    #[test]
    fn tags_are_skipped_by_their_own_length() {
        let mut bytes = b"ID3\x04\x00\x00\x00\x00\x01\x02".to_vec();
        bytes.extend([0xff; 130]);
        bytes.extend(b"APETAGEX\xd0\x07\x00\x00\x22\x00\x00\x00");
        bytes.extend([0xff; 16 + 34]);
        bytes.extend(b"sound");
        assert_eq!(after_tags(&bytes), b"sound");
        assert_eq!(after_tags(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f"), b"");
    }

    #[test]
    fn a_mixed_block_is_seen_and_made_silent() {
        // Side information of two channels from the ISO's test stream l3-he_mode: short blocks, then mixed.
        let short = b"\xff\x80\x00\xff\x27\x4b\x06\x54\xe0\x00\x1c\x02\xc9\xb3\xca\x9c\
            \x00\x03\xfc\x9d\x2c\x19\x53\x80\x00\x70\x0b\x25\x8f\x2a\x70\x00";
        let mixed = b"\xff\x80\x00\xff\x27\x4b\x06\xd4\xe0\x00\x1c\x02\xc9\xb3\xda\x9c\
            \x00\x03\xfc\x9d\x2c\x1b\x53\x80\x00\x70\x0b\x25\x8f\x6a\x70\x00";
        for (start, side, is_mixed) in [
            (b"\xff\xfb\x92\x50\0\0", short, false),
            (b"\xff\xfb\x92\x50\0\0", mixed, true),
            // With a checksum.
            (b"\xff\xfa\x92\x50\xab\xcd", mixed, true),
        ] {
            let header = Header::parse(start).unwrap();
            let before = header.main_start() - side.len();
            let mut frame = [&start[..before], side, &[0x55; 300]].concat();
            assert_eq!(header.has_mixed_block(&frame), is_mixed);
            header.silence(&mut frame);
            let expected = [&start[..before], b"\xff\x80", &[0; 30], &[0x55; 300]].concat();
            assert_eq!(frame, expected);
        }
    }
}
