//! The frame that encoders put in front of the sound to say how long it is: Xing, Info or VBRI. No standard
//! has it. <https://gabriel.mp3-tech.org/mp3infotag.html>

use crate::audio::mp3::frames::Header;

/// What such a frame says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct InfoTag {
    /// The number of samples without delay and padding, if it says the number of frames.
    pub samples: Option<u64>,
    /// How many samples the encoder put in front, with the decoder's own delay.
    pub delay: usize,
    /// How many it put behind.
    pub padding: usize,
}

impl InfoTag {
    /// Reads `frame` as Xing, Info or VBRI; `None` if it is one of sound.
    pub fn read(header: Header, frame: &[u8]) -> Option<InfoTag> {
        let (side, at) = frame.split_at_checked(header.side_end())?;
        // In a frame of sound, the side information is not empty.
        if side.get(6..)?.iter().any(|byte| *byte != 0) {
            return None;
        }
        if let Some(vbri) = frame.get(36..).and_then(|at| at.strip_prefix(b"VBRI")) {
            let frames = vbri.get(10..).and_then(number);
            return Some(InfoTag {
                samples: frames.map(|frames| whole(header, frames)),
                ..InfoTag::default()
            });
        }
        let fields = at.strip_prefix(b"Xing").or_else(|| at.strip_prefix(b"Info"))?;
        let flags = number(fields)?;
        // Number of frames, number of bytes, table of contents, quality.
        let lengths = [4, 4, 100, 4];
        let present = (0..).zip(lengths).filter(|(bit, _)| flags >> bit & 1 != 0);
        let lame = fields.get(4 + present.map(|(_, length)| length).sum::<usize>()..);
        let frames = if flags & 1 == 0 { None } else { fields.get(4..).and_then(number) };
        let (delay, padding) = lame.and_then(around).unwrap_or_default();
        let samples = frames.map(|frames| whole(header, frames).saturating_sub((delay + padding) as u64));
        Some(InfoTag { samples, delay, padding })
    }
}

fn whole(header: Header, frames: u32) -> u64 {
    u64::from(frames) * header.samples() as u64
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// Reads delay and padding from what LAME and ffmpeg write after the fields.
fn around(lame: &[u8]) -> Option<(usize, usize)> {
    /// The delay of every decoder, in samples.
    const DECODER: usize = 529;
    let known = [b"LAME", b"Lavf", b"Lavc"].into_iter().any(|name| lame.starts_with(name));
    let &[a, b, c] = lame.get(21..24).filter(|_| known)? else { return None };
    let (delay, padding) =
        (usize::from(a) << 4 | usize::from(b >> 4), usize::from(b & 0x0f) << 8 | usize::from(c));
    Some((delay + DECODER, padding.saturating_sub(DECODER)))
}
