//! The project's own words: what a voicemail, its caller, a stretch of time and an account are.
//!
//! No wire format (that is [`crate::telecmi`]), no SQL (that is [`crate::store`]), no screen.

use std::fmt;
use std::hash::Hasher as _;

use chrono::{DateTime, TimeZone as _, Utc};
use siphasher::sip::SipHasher13;

use crate::text;

/// Which of TeleCMI's two services an account belongs to: they differ in host and field names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// CHUB, `rest.telecmi.com`.
    #[default]
    Global,
    /// CHUB India, `piopiy.telecmi.com`.
    India,
}

impl Region {
    /// The name used in settings and flags.
    pub fn name(self) -> &'static str {
        match self {
            Region::Global => "global",
            Region::India => "india",
        }
    }

    /// The region of that name.
    pub fn from_name(name: &str) -> Option<Region> {
        [Region::Global, Region::India].into_iter().find(|region| region.name() == name)
    }

    /// What stands before `/voicemail` and `/play`, from the vendor's pages.
    pub fn base_url(self) -> &'static str {
        match self {
            Region::Global => "https://rest.telecmi.com/v2",
            Region::India => "https://piopiy.telecmi.com/v1",
        }
    }
}

/// Crockford's base 32: no two characters look alike.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A voicemail's identity: the same for the same voicemail on every machine and in every store.
///
/// The server promises no identifier of its own (India sends `_id`, the other region none), so it
/// is a keyless 64-bit hash of what makes a voicemail that voicemail: its time, its caller as
/// received and its recording's name. Changing how it is made would orphan what users noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VoicemailId(u64);

impl VoicemailId {
    /// The identity of the voicemail left at `time` by `caller` (as received) in `recording`.
    pub fn new(time: DateTime<Utc>, caller: &str, recording: &str) -> VoicemailId {
        let mut hasher = SipHasher13::new();
        hasher.write(&time.timestamp_millis().to_le_bytes());
        // A byte that no UTF-8 text holds keeps ("ab", "c") apart from ("a", "bc").
        for text in [caller, recording] {
            hasher.write(text.as_bytes());
            hasher.write(&[0xff]);
        }
        VoicemailId(hasher.finish())
    }

    /// The identity as a number, for storing it.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// The first and the last identity that is written with `prefix`, which may be in capitals.
    /// `None` if no identity begins so.
    pub fn with_prefix(prefix: &str) -> Option<(VoicemailId, VoicemailId)> {
        const BITS: u32 = 65;
        let mut value = 0_u128;
        let mut left = BITS;
        for c in prefix.chars() {
            let digit = DIGITS.iter().position(|digit| char::from(*digit) == c.to_ascii_lowercase())?;
            left = left.checked_sub(5)?;
            value = value << 5 | digit as u128;
        }
        // Thirteen characters hold a bit more than an identity has.
        let first = u64::try_from(value << left).ok()?;
        let rest = u64::try_from((1_u128 << left) - 1).unwrap_or(u64::MAX);
        (left < BITS).then_some((VoicemailId(first), VoicemailId(first | rest)))
    }

    /// The identity that [`VoicemailId::bits`] gave.
    pub fn from_bits(bits: u64) -> VoicemailId {
        VoicemailId(bits)
    }
}

/// Thirteen characters of Crockford's base 32, most significant first, so that a prefix is stable.
impl fmt::Display for VoicemailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..13).rev().try_for_each(|place| {
            let digit = (self.0 >> (place * 5)) & 31;
            write!(f, "{}", char::from(DIGITS[digit as usize]))
        })
    }
}

/// A recording's name exactly as the server gave it: needed to ask for the audio, and foreign.
///
/// It is never a path and never goes to a terminal as it is, so it has no `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordingName(String);

impl RecordingName {
    /// Wraps the server's text.
    pub fn new(name: impl Into<String>) -> RecordingName {
        RecordingName(name.into())
    }

    /// The text to send back to the server.
    pub fn as_sent(&self) -> &str {
        &self.0
    }

    /// The text made safe for a terminal.
    pub fn shown(&self) -> String {
        text::clean(&self.0, text::NAME_MAX)
    }
}

/// One voicemail as the server described it.
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
    /// Puts a voicemail together; `caller` is foreign text and is made safe here.
    pub fn new(time: DateTime<Utc>, caller: &str, recording: Option<RecordingName>) -> Voicemail {
        let caller = text::clean(caller.trim(), text::CALLER_MAX);
        let id = VoicemailId::new(time, &caller, recording.as_ref().map_or("", RecordingName::as_sent));
        Voicemail { id, time, caller, recording }
    }
}

/// What is known and was done of a voicemail: one bit each, so that a million cost a megabyte.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// Nothing.
    pub const NONE: Flags = Flags(0);
    /// It was heard, or marked as if it was.
    pub const READ: Flags = Flags(1);
    /// The user wants to find it again.
    pub const STARRED: Flags = Flags(2);
    /// It is dealt with.
    pub const DONE: Flags = Flags(4);
    /// The caller was called back.
    pub const CALLED: Flags = Flags(8);
    /// The user wrote a note.
    pub const NOTE: Flags = Flags(16);
    /// It has a tag.
    pub const TAGGED: Flags = Flags(32);
    /// The server says that there is a recording.
    pub const RECORDING: Flags = Flags(64);

    /// Whether all of `other` are set.
    pub fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is set.
    pub fn intersects(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    /// These without `other`.
    #[must_use]
    pub fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }
}

impl std::ops::BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["read", "starred", "done", "called", "note", "tagged", "recording"];
        let set = names.iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1);
        f.debug_set().entries(set.map(|(_, name)| name)).finish()
    }
}

/// What a line of the list shows of a recording: how long it is, and how loud where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sketch {
    /// The length in milliseconds; 0 while it is not known.
    pub millis: u32,
    thumbnail: u32,
}

impl Sketch {
    /// How many steps of loudness there are.
    pub const CELLS: usize = 10;

    /// Of a recording of `millis`; `levels` are its loudness in [`Sketch::CELLS`] parts, each 0
    /// to 8. Quieter than 1 is drawn as 1: a blank would look like no recording.
    pub fn new(millis: u32, levels: &[u8]) -> Sketch {
        let three_bits = |level: u8| u32::from(level.clamp(1, 8) - 1);
        let thumbnail =
            levels.iter().take(Sketch::CELLS).rev().fold(0, |all, &level| all << 3 | three_bits(level));
        Sketch { millis, thumbnail }
    }

    /// The loudness of each part, 1 to 8.
    pub fn levels(self) -> [u8; Sketch::CELLS] {
        std::array::from_fn(|cell| (self.thumbnail >> (3 * cell) & 7) as u8 + 1)
    }

    /// The levels as a number, for storing them.
    pub fn bits(self) -> u32 {
        self.thumbnail
    }

    /// The sketch of a length and what [`Sketch::bits`] gave.
    pub fn from_bits(millis: u32, thumbnail: u32) -> Sketch {
        Sketch { millis, thumbnail }
    }

    /// Whether the recording was looked at.
    pub fn is_known(self) -> bool {
        self.millis > 0
    }
}

/// A stretch of time, half open: `start` belongs to it, `end` does not. Never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: i64,
    end: i64,
}

impl Span {
    /// All of time.
    pub const EVER: Span = Span { start: i64::MIN, end: i64::MAX };

    /// From `start` up to `end`; empty when `end` is not after `start`. Whole milliseconds.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Span {
        Span::from_millis(start.timestamp_millis(), end.timestamp_millis())
    }

    /// The same from milliseconds since the epoch.
    pub fn from_millis(start: i64, end: i64) -> Span {
        Span { start, end: end.max(start) }
    }

    /// The first millisecond, since the epoch.
    pub fn start_millis(self) -> i64 {
        self.start
    }

    /// The first millisecond that no longer belongs to it, since the epoch.
    pub fn end_millis(self) -> i64 {
        self.end
    }

    /// When it starts.
    pub fn start(self) -> DateTime<Utc> {
        from_millis(self.start)
    }

    /// When it is over.
    pub fn end(self) -> DateTime<Utc> {
        from_millis(self.end)
    }

    /// Whether it holds no moment at all.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `millis` (since the epoch) lies in it.
    pub fn contains(self, millis: i64) -> bool {
        self.start <= millis && millis < self.end
    }

    /// What both have in common; empty when they do not touch.
    #[must_use]
    pub fn intersect(self, other: Span) -> Span {
        let start = self.start.max(other.start);
        Span::from_millis(start, self.end.min(other.end))
    }
}

/// Where time ends for this program, in milliseconds since the epoch: in the year 5138. What is later
/// was made up, and would make a calendar of millions of days.
pub const TIME_END: i64 = 100_000_000_000_000;

/// A moment from milliseconds since the epoch; beyond what chrono can hold, its nearest end.
pub fn from_millis(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis).single().unwrap_or(if millis < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    })
}

/// Names the account whose voicemail a store holds: region and app ID, and the server when it is
/// not TeleCMI's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountKey(String);

impl AccountKey {
    /// The key for `app_id` in `region`; `base_url` only when it was set by the user.
    pub fn new(region: Region, app_id: u64, base_url: Option<&str>) -> AccountKey {
        match base_url {
            Some(url) => AccountKey(format!("{}/{app_id}@{url}", region.name())),
            None => AccountKey(format!("{}/{app_id}", region.name())),
        }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
