//! The basic types: voicemails and their identities, flags, spans and accounts.
//!
//! The wire format is in [`crate::telecmi`], SQL in [`crate::store`]. Nothing here knows the screen.

use std::fmt;
use std::hash::Hasher as _;

use chrono::{DateTime, TimeZone as _, Utc};
use siphasher::sip::SipHasher13;

use crate::core::text;

/// The TeleCMI service of an account: the two services differ in host and field names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// CHUB, `rest.telecmi.com`.
    #[default]
    Global,
    /// CHUB India, `piopiy.telecmi.com`.
    India,
}

impl Region {
    /// Returns the name of the region, as in settings and flags.
    pub fn name(self) -> &'static str {
        match self {
            Region::Global => "global",
            Region::India => "india",
        }
    }

    /// Returns the region with this name in settings and flags.
    pub fn from_name(name: &str) -> Option<Region> {
        [Region::Global, Region::India].into_iter().find(|region| region.name() == name)
    }

    /// Returns the base URL of the region's API, without `/voicemail` or `/play`, by the vendor's pages.
    pub fn base_url(self) -> &'static str {
        match self {
            Region::Global => "https://rest.telecmi.com/v2",
            Region::India => "https://piopiy.telecmi.com/v1",
        }
    }
}

/// Crockford's base 32: no two characters look alike.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A voicemail's identity: the same on every machine and in every store.
///
/// The API promises no identifier (India sends `_id`, the other region none), so this is a keyless
/// 64-bit hash of the voicemail's time, caller as received and recording name. It must never change, or
/// users would lose their notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoicemailId(u64);

impl VoicemailId {
    /// Computes the identity of the voicemail left at `time` by `caller` (as received) in `recording`.
    pub fn new(time: DateTime<Utc>, caller: &str, recording: &str) -> VoicemailId {
        let mut hasher = SipHasher13::new();
        hasher.write(&time.timestamp_millis().to_le_bytes());
        // A separator that never occurs in UTF-8, so that ("ab", "c") differs from ("a", "bc").
        for text in [caller, recording] {
            hasher.write(text.as_bytes());
            hasher.write(&[0xff]);
        }
        VoicemailId(hasher.finish())
    }

    /// Returns the voicemail's identity as a number, for storage.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Returns the first and the last identity of voicemails that start with `prefix`, ignoring case. `None`
    /// if no identity can start with it.
    pub fn with_prefix(prefix: &str) -> Option<(VoicemailId, VoicemailId)> {
        const BITS: u32 = 65;
        let mut value = 0_u128;
        let mut left = BITS;
        for c in prefix.chars() {
            let digit = DIGITS.iter().position(|digit| char::from(*digit) == c.to_ascii_lowercase())?;
            left = left.checked_sub(5)?;
            value = value << 5 | digit as u128;
        }
        // Thirteen characters have 65 bits, one more than an identity.
        let first = u64::try_from(value << left).ok()?;
        let rest = u64::try_from((1_u128 << left) - 1).unwrap_or(u64::MAX);
        (left < BITS).then_some((VoicemailId(first), VoicemailId(first | rest)))
    }

    /// Parses the text of a voicemail's identity. Only the complete, lower-case form is accepted.
    pub fn parse(text: &str) -> Option<VoicemailId> {
        let (first, last) = VoicemailId::with_prefix(text)?;
        (first == last && first.to_string() == text).then_some(first)
    }

    /// Converts back from [`VoicemailId::bits`].
    pub fn from_bits(bits: u64) -> VoicemailId {
        VoicemailId(bits)
    }
}

/// Writes thirteen characters of Crockford's base 32, most significant first, so that prefixes are
/// ranges of numbers.
impl fmt::Display for VoicemailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..13).rev().try_for_each(|place| {
            let digit = (self.0 >> (place * 5)) & 31;
            write!(f, "{}", char::from(DIGITS[digit as usize]))
        })
    }
}

/// A recording's name exactly as the server sent it: needed to fetch the audio, but untrusted.
///
/// Never use it as a path or write it to a terminal as it is; so it has no `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordingName(String);

impl RecordingName {
    /// Wraps the name of a recording, the server's text.
    pub fn new(name: impl Into<String>) -> RecordingName {
        RecordingName(name.into())
    }

    /// Returns the recording's name to send to the server.
    pub fn as_sent(&self) -> &str {
        &self.0
    }

    /// Returns the recording's name, made safe for a terminal.
    pub fn shown(&self) -> String {
        text::clean(&self.0, text::NAME_MAX)
    }
}

/// A voicemail as described by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voicemail {
    /// Its identity.
    pub id: VoicemailId,
    /// When it was left.
    pub time: DateTime<Utc>,
    /// The caller as received, made safe for a terminal; empty when withheld.
    pub caller: String,
    /// The name of its recording, if it has one.
    pub recording: Option<RecordingName>,
}

impl Voicemail {
    /// Creates a voicemail; makes `caller`, which is untrusted text, safe.
    pub fn new(time: DateTime<Utc>, caller: &str, recording: Option<RecordingName>) -> Voicemail {
        let caller = text::clean(caller, text::CALLER_MAX);
        // The identity must not change, and at first joiners were no part of a caller.
        let bare: String = caller.chars().filter(|c| !text::is_joiner(*c)).collect();
        let id = VoicemailId::new(time, &bare, recording.as_ref().map_or("", RecordingName::as_sent));
        Voicemail { id, time, caller, recording }
    }
}

/// A summary of a recording for the list: its length and a small waveform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// The length in milliseconds; 0 while unknown.
    pub millis: u32,
    thumbnail: u32,
}

impl Sketch {
    /// How many levels the waveform has.
    pub const CELLS: usize = 10;

    /// Creates the summary of a recording of `millis`; `levels` are its loudness in [`Sketch::CELLS`]
    /// parts, each 0 to 8. Raises 0 to 1, because a blank would look like no recording.
    pub fn new(millis: u32, levels: &[u8]) -> Sketch {
        let three_bits = |level: u8| u32::from(level.clamp(1, 8) - 1);
        let thumbnail =
            levels.iter().take(Sketch::CELLS).rev().fold(0, |all, &level| all << 3 | three_bits(level));
        Sketch { millis, thumbnail }
    }

    /// Returns the loudness of each part of the recording, 1 to 8.
    pub fn levels(self) -> [u8; Sketch::CELLS] {
        std::array::from_fn(|cell| (self.thumbnail >> (3 * cell) & 7) as u8 + 1)
    }

    /// Returns the levels of loudness as a number, for storage.
    pub fn bits(self) -> u32 {
        self.thumbnail
    }

    /// Creates the summary of a recording from a length and the number from [`Sketch::bits`].
    pub fn from_bits(millis: u32, thumbnail: u32) -> Sketch {
        Sketch { millis, thumbnail }
    }

    /// Returns whether the recording has been decoded, so that its length is known.
    pub fn is_known(self) -> bool {
        self.millis > 0
    }
}

/// A half-open span of time: `start` belongs to it, `end` does not. Never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: i64,
    end: i64,
}

impl Span {
    /// All of time.
    pub const EVER: Span = Span { start: i64::MIN, end: i64::MAX };

    /// Creates a span in whole milliseconds; empty if `end` is not after `start`.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Span {
        Span::from_millis(start.timestamp_millis(), end.timestamp_millis())
    }

    /// Like [`Span::new`], in milliseconds since the epoch.
    pub fn from_millis(start: i64, end: i64) -> Span {
        Span { start, end: end.max(start) }
    }

    /// Returns the first millisecond of the span, since the epoch.
    pub fn start_millis(self) -> i64 {
        self.start
    }

    /// Returns the first millisecond after the span, since the epoch.
    pub fn end_millis(self) -> i64 {
        self.end
    }

    /// Returns the start of the span.
    pub fn start(self) -> DateTime<Utc> {
        from_millis(self.start)
    }

    /// Returns the end of the span.
    pub fn end(self) -> DateTime<Utc> {
        from_millis(self.end)
    }

    /// Returns whether the span is empty.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns whether `millis` (since the epoch) is in the span.
    pub fn contains(self, millis: i64) -> bool {
        self.start <= millis && millis < self.end
    }

    /// Returns the intersection of both spans; empty if they do not overlap.
    #[must_use]
    pub fn intersect(self, other: Span) -> Span {
        let start = self.start.max(other.start);
        Span::from_millis(start, self.end.min(other.end))
    }
}

/// The latest accepted time, in milliseconds since the epoch: in the year 5138. Later times are bogus,
/// and would make a calendar of millions of days.
pub const TIME_END: i64 = 100_000_000_000_000;

/// Converts milliseconds since the epoch to a moment; clamps values outside chrono's range.
pub fn from_millis(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis).single().unwrap_or(if millis < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// The key of an account in the store: its region and app ID, and the server if it is not TeleCMI's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountKey(String);

impl AccountKey {
    /// Creates the account's key for `app_id` in `region`; pass `base_url` only if the user has set it.
    pub fn new(region: Region, app_id: u64, base_url: Option<&str>) -> AccountKey {
        match base_url {
            Some(url) => AccountKey(format!("{}/{app_id}@{url}", region.name())),
            None => AccountKey(format!("{}/{app_id}", region.name())),
        }
    }

    /// Returns the account's key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A caller's ID in one store: a small number, from 1, without gaps, that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerId(pub u32);

#[cfg(test)]
mod tests {
    use super::{Voicemail, VoicemailId, from_millis};

    #[test]
    fn joiners_are_part_of_a_caller_and_not_of_the_identity() {
        let voicemail = Voicemail::new(from_millis(7), " ශ්\u{200d}රී\u{202e} ", None);
        assert_eq!(voicemail.caller, "ශ්\u{200d}රී");
        assert_eq!(voicemail.id, VoicemailId::new(from_millis(7), "ශ්රී", ""));
        // An import makes the identity of what was stored.
        let long = Voicemail::new(from_millis(7), &"ක්\u{200d}".repeat(50), None);
        assert_eq!(Voicemail::new(from_millis(7), &long.caller, None).id, long.id);
    }
}
