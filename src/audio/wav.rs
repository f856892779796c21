//! WAV: the codecs that need only arithmetic, read tolerantly because telephone systems write odd files.
//! Decoding these fails only if the file is too short.

use crate::audio::{AudioError, Codec, Encoding, MAX_BYTES, MAX_SAMPLES, Pcm, mix, mp3};

/// The maximum number of channels; more indicate a damaged header.
const MAX_CHANNELS: u16 = 8;

/// Returns whether a WAV begins here: the usual kind, one with the highest bytes first, or one for more than
/// 4 GiB (EBU Tech 3306 and ITU-R BS.2088).
pub(super) fn begins(bytes: &[u8]) -> bool {
    let kinds = [b"RIFF", b"RIFX", b"RF64", b"BW64"];
    bytes.get(8..12) == Some(b"WAVE") && kinds.into_iter().any(|kind| bytes.starts_with(kind))
}

/// Decodes a file that [begins](begins) as a WAV.
pub(super) fn decode(file: &[u8]) -> Result<Pcm, AudioError> {
    let order = if file.starts_with(b"RIFX") { Order::Big } else { Order::Little };
    let mut chunks = file.get(12..).unwrap_or_default();
    let (mut inside, mut long) = (None, None);
    while let Some((head, body)) = chunks.split_first_chunk::<8>() {
        let (name, length) = head.split_at(4);
        let length = order.number(length) as usize;
        let held = &body[..length.min(body.len())];
        match name {
            // The length of a file of more than 4 GiB, and of its samples.
            b"ds64" => {
                let data = held.get(8..16).and_then(<[u8]>::first_chunk);
                long = data.map(|data| u64::from_le_bytes(*data));
            }
            b"fmt " => inside = Some(Inside::read(held, order)?),
            b"data" => {
                let length = match long {
                    Some(long) if length == UNKNOWN => usize::try_from(long).unwrap_or(UNKNOWN),
                    // The recorder was ended before it could write the length.
                    _ if length == 0 && !are_chunks(body, order) => UNKNOWN,
                    _ => length,
                };
                let held = &body[..length.min(body.len())];
                // In a WAV written to a pipe, the length is a huge placeholder. If any other length is
                // longer than the data, the file is truncated.
                let cut = held.len() < length && length <= MAX_BYTES;
                let pcm = match inside {
                    Some(Inside::Samples(samples)) => samples.decode(held),
                    Some(Inside::Mp3) => mp3::decode(held),
                    None => return Err(AudioError::Damaged),
                };
                return match pcm {
                    Ok(pcm) => Ok(Pcm { cut: pcm.cut || cut, ..pcm }),
                    // It was not empty before it was truncated.
                    Err(AudioError::Empty) if cut => Err(AudioError::Damaged),
                    Err(error) => Err(error),
                };
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        chunks = body.get(length.saturating_add(length & 1)..).unwrap_or_default();
    }
    Err(AudioError::Damaged)
}

/// The length of a chunk that is not known, or in `ds64`.
const UNKNOWN: usize = u32::MAX as usize;

/// Returns whether `bytes` are chunks to their end.
fn are_chunks(mut bytes: &[u8], order: Order) -> bool {
    while let Some((head, body)) = bytes.split_first_chunk::<8>() {
        let (name, length) = head.split_at(4);
        let length = order.number(length) as usize;
        if !name.iter().all(|byte| (b' '..=b'~').contains(byte)) || length > body.len() {
            return false;
        }
        bytes = body.get(length + (length & 1)..).unwrap_or_default();
    }
    bytes.is_empty()
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    /// Reads up to four bytes as a number.
    fn number(self, bytes: &[u8]) -> u32 {
        match self {
            Order::Little => little(bytes),
            Order::Big => bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)),
        }
    }
}

/// The content of the file, from the `fmt ` chunk.
enum Inside {
    Samples(Samples),
    /// An mp3: some recorders wrap it in a WAV.
    Mp3,
}

/// Samples that are decoded individually.
struct Samples {
    encoding: Encoding,
    /// The bytes of one sample of one channel.
    bytes: usize,
    /// The order of these bytes.
    order: Order,
    /// Decodes one sample, the lowest byte first.
    value: fn(&[u8]) -> f32,
}

impl Inside {
    fn read(chunk: &[u8], order: Order) -> Result<Inside, AudioError> {
        let Some(fields) = chunk.first_chunk::<16>() else {
            return Err(AudioError::Damaged);
        };
        let word = |at: usize| order.number(&fields[at..at + 2]) as u16;
        let (channels, rate, bits) = (word(2), order.number(&fields[4..8]), word(14));
        let tag = match (word(0), chunk.get(24..26)) {
            // WAVE_FORMAT_EXTENSIBLE: the tag is at the start of a GUID.
            (0xfffe, Some(tag)) => order.number(tag) as u16,
            (tag, _) => tag,
        };
        let (codec, bytes, value): (_, _, fn(&[u8]) -> f32) = match (tag, bits) {
            (0x0001, 8) => (Codec::Pcm, 1, |bytes| (f32::from(bytes[0]) - 128.0) / 128.0),
            (0x0001, 16) => (Codec::Pcm, 2, integer),
            (0x0001, 24) => (Codec::Pcm, 3, integer),
            (0x0001, 32) => (Codec::Pcm, 4, integer),
            (0x0003, 32) => (Codec::Float, 4, |bytes| f32::from_bits(little(bytes))),
            // Some files omit the number of bits, which is always 8.
            (0x0006, _) => (Codec::ALaw, 1, |bytes| f32::from(a_law(bytes[0])) / 32_768.0),
            (0x0007, _) => (Codec::MuLaw, 1, |bytes| f32::from(mu_law(bytes[0])) / 32_768.0),
            (0x0055, _) => return Ok(Inside::Mp3),
            _ => return Err(AudioError::Unsupported(coding(tag, bits))),
        };
        if !(1..=MAX_CHANNELS).contains(&channels) || !Encoding::RATES.contains(&rate) {
            return Err(AudioError::Damaged);
        }
        let encoding = Encoding { codec, rate, channels: channels as u8 };
        Ok(Inside::Samples(Samples { encoding, bytes, order, value }))
    }
}

impl Samples {
    fn decode(&self, data: &[u8]) -> Result<Pcm, AudioError> {
        let channels = usize::from(self.encoding.channels);
        let frame = self.bytes * channels;
        if data.len() / frame > MAX_SAMPLES {
            return Err(AudioError::TooLong);
        }
        let mut values = [0.0; MAX_CHANNELS as usize];
        let mixed = data.chunks_exact(frame).map(|frame| {
            for (value, bytes) in values.iter_mut().zip(frame.chunks_exact(self.bytes)) {
                *value = match self.order {
                    Order::Little => (self.value)(bytes),
                    Order::Big => {
                        let mut little = [0; 4];
                        let little = &mut little[..bytes.len()];
                        little.copy_from_slice(bytes);
                        little.reverse();
                        (self.value)(little)
                    }
                };
            }
            mix(&values[..channels])
        });
        let samples: Vec<f32> = mixed.collect();
        if samples.is_empty() {
            return Err(AudioError::Empty);
        }
        Ok(Pcm { samples, encoding: self.encoding, cut: false })
    }
}

/// Reads up to four bytes as a little-endian number.
fn little(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// Reads a signed integer of two to four bytes.
fn integer(bytes: &[u8]) -> f32 {
    // Shifted to the top, so that the sign bit is in place.
    let top = little(bytes) << (32 - 8 * bytes.len());
    top as i32 as f32 / 2_147_483_648.0
}

/// Decodes µ-law, ITU-T G.711, table 2: sign, three bits of segment, four bits within it, all inverted.
fn mu_law(byte: u8) -> i16 {
    const BIAS: i16 = 0x84;
    let bits = !byte;
    let magnitude = ((i16::from(bits & 0x0f) << 3) + BIAS) << (bits >> 4 & 7);
    if bits & 0x80 == 0 { magnitude - BIAS } else { BIAS - magnitude }
}

/// Decodes A-law, ITU-T G.711, table 1: like µ-law, but with every other bit inverted and a linear first
/// segment.
fn a_law(byte: u8) -> i16 {
    let bits = byte ^ 0x55;
    let step = i16::from(bits & 0x0f) << 4;
    let magnitude = match bits >> 4 & 7 {
        0 => step + 0x008,
        segment => (step + 0x108) << (segment - 1),
    };
    if bits & 0x80 == 0 { -magnitude } else { magnitude }
}

/// Returns the name of a codec. The numbers are from RFC 2361 and Microsoft's `mmreg.h`.
fn coding(tag: u16, bits: u16) -> String {
    let name = match tag {
        0x0001 | 0x0003 => return format!("{bits}-bit WAV"),
        0x0002 => "Microsoft ADPCM",
        0x0010 => "OKI ADPCM",
        0x0011 => "IMA ADPCM",
        0x0022 => "TrueSpeech",
        0x0031 => "GSM 6.10",
        0x0040 | 0x0064 => "G.726 ADPCM",
        0x0042 | 0x0111 => "G.723.1",
        0x0050 => "MPEG audio layer I or II",
        0x0083 | 0x0133 => "G.729",
        0x00ff | 0x1600 => "AAC",
        0x0160..=0x0163 => "Windows Media Audio",
        0xa109 => "Speex",
        _ => return format!("WAV with codec {tag:#06x}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{a_law, integer, mu_law};

    #[test]
    fn g711_has_the_values_of_the_standard() {
        assert_eq!([0x00, 0x0f, 0x7f, 0xff, 0x80].map(mu_law), [-32_124, -16_764, 0, 0, 32_124]);
        assert_eq!([0x55, 0xd5, 0x2a, 0xaa, 0x54].map(a_law), [-8, 8, -32_256, 32_256, -24]);
        for byte in 0..=127 {
            assert_eq!(mu_law(byte), -mu_law(byte | 0x80));
            assert_eq!(a_law(byte), -a_law(byte | 0x80));
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these values are exact")]
    fn integers_keep_their_sign() {
        let values = [integer(&[0x00, 0x80]), integer(&[0x00, 0x00, 0x40]), integer(&[0xff; 4])];
        assert_eq!(values, [-1.0, 0.5, -1.0 / 2_147_483_648.0]);
    }
}
