//! Formats numbers, times, ages and paths for people.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::core::zone::Tz;

/// Formats `1204` as "1,204".
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Formats a number of voicemails: "1 voicemail", "1,204 voicemails".
pub fn voicemails(number: u64) -> String {
    format!("{} {}", count(number), if number == 1 { "voicemail" } else { "voicemails" })
}

/// Formats an age: "22 min ago", "3 h ago", "5 days ago"; "just now" under a minute.
pub fn age(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let age = now - time;
    if age < TimeDelta::minutes(1) {
        "just now".to_owned()
    } else if age < TimeDelta::hours(1) {
        format!("{} min ago", age.num_minutes())
    } else if age < TimeDelta::hours(48) {
        format!("{} h ago", age.num_hours())
    } else {
        format!("{} days ago", count(age.num_days().unsigned_abs()))
    }
}

/// Capitalises the first letter of `text`.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Formats a duration as on a clock: "0:42", "12:05", "1:02:03".
pub fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Formats a size: "84 kB", "1.2 MB", "1.1 GB".
pub fn bytes(bytes: u64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// Formats the progress of a transfer: "34%", or "84 kB" if the total is unknown; empty at the start.
pub fn transferred(received: u64, total: Option<u64>) -> String {
    match total.filter(|&total| total > 0) {
        _ if received == 0 => String::new(),
        Some(total) => format!("{}%", (received.saturating_mul(100) / total).min(100)),
        None => bytes(received),
    }
}

/// Formats a duration in seconds: "1.4 s".
pub fn seconds(time: Duration) -> String {
    if time >= Duration::from_secs(10) {
        format!("{} s", time.as_secs())
    } else {
        format!("{:.1} s", time.as_secs_f32())
    }
}

/// Formats a time: "11:20" today, "Sun 22 Nov 11:20" otherwise.
pub fn clock(time: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let (time, now) = (time.with_timezone(&zone), now.with_timezone(&zone));
    let form = if time.date_naive() == now.date_naive() { "%H:%M" } else { "%a %-d %b %H:%M" };
    time.format(form).to_string()
}

/// Wraps `text` into lines of up to `room` cells. A word longer than that, such as a path, is split.
pub fn broken(text: &str, room: u16) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > usize::from(room) {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        for grapheme in word.graphemes(true) {
            if !line.is_empty() && line.width() + grapheme.width() > usize::from(room) {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(grapheme);
        }
    }
    lines.push(line);
    lines
}

/// Formats `path`, with `~` for the home folder.
pub fn path(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::model::from_millis;

    #[test]
    fn lines_are_broken_between_words_and_long_words_anywhere() {
        assert_eq!(broken("one two three", 7), ["one two", "three"]);
        assert_eq!(broken("in /a/long/path here", 6), ["in", "/a/lon", "g/path", "here"]);
        assert_eq!(broken("", 6), [""]);
        assert_eq!(broken("ab", 0), ["a", "b"]);
    }

    #[test]
    fn lengths_and_sizes_are_short() {
        assert_eq!(length(Duration::from_millis(42_900)), "0:42");
        assert_eq!(length(Duration::from_secs(3_723)), "1:02:03");
        assert_eq!([0, 999, 84_212, 1_240_000].map(bytes), ["0 B", "999 B", "85 kB", "1.2 MB"]);
        assert_eq!(bytes(1 << 30), "1.1 GB");
        assert_eq!(transferred(0, Some(9)), "");
        assert_eq!(transferred(34, Some(100)), "34%");
        assert_eq!(transferred(2_000, None), "2 kB");
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn ages_change_unit_where_people_do() {
        let now = from_millis(1_000_000_000_000);
        let ago = |seconds| age(now - TimeDelta::seconds(seconds), now);
        assert_eq!(ago(-5), "just now");
        assert_eq!(ago(59), "just now");
        assert_eq!(ago(60), "1 min ago");
        assert_eq!(ago(3600), "1 h ago");
        assert_eq!(ago(47 * 3600), "47 h ago");
        assert_eq!(ago(48 * 3600), "2 days ago");
    }
}
