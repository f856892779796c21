//! Parses the lengths in a query: `>30s`, `<2m`, `=45s`, `30s..2m`, `1:30`.

use std::ops::Range;

use crate::core::search::parse::{Mistake, mistake, shown};
use crate::core::search::query::Seconds;

/// The longest length in a query, in seconds: a day.
const MOST: u32 = 86_400;

/// Parses the lengths in a query. A mistake's position is in bytes of `text`.
pub(super) fn parse(text: &str) -> Result<Seconds, Mistake> {
    if let Some(dots) = text.find("..") {
        return between(text, dots);
    }
    let value = text.trim_start_matches(['<', '>', '=']);
    let sign = &text[..text.len() - value.len()];
    let at = sign.len()..text.len();
    let seconds = |text| seconds(text, at.clone());
    match sign {
        ">" => match seconds(value)? + 1 {
            least if least <= MOST => Ok(Seconds { least, most: None }),
            _ => Err(too_long(at)),
        },
        ">=" => Ok(Seconds { least: seconds(value)?, most: None }),
        "<" => match seconds(value)?.checked_sub(1) {
            Some(most) => Ok(Seconds { most: Some(most), ..Seconds::ANY }),
            None => Err(mistake(0..text.len(), "no voicemail is shorter than 0 seconds")),
        },
        "<=" => Ok(Seconds { most: Some(seconds(value)?), ..Seconds::ANY }),
        "=" | "" => seconds(value).map(|exact| Seconds { least: exact, most: Some(exact) }),
        _ => {
            let message = format!("`{}` is not a comparison: use >, >=, <, <= or =", shown(sign));
            let known = if sign.contains('>') { ">=" } else { "<=" };
            Err(mistake(0..sign.len(), message).instead(known))
        }
    }
}

/// Parses `A..B`, `A..` or `..B`, both ends inclusive.
fn between(text: &str, dots: usize) -> Result<Seconds, Mistake> {
    let (from, to) = (&text[..dots], &text[dots + 2..]);
    let end = dots + 2..text.len();
    if from.is_empty() && to.is_empty() {
        return Err(mistake(0..text.len(), "missing length: write it as in length:30s..2m"));
    }
    let least = if from.is_empty() { 0 } else { seconds(from, 0..dots)? };
    let most = if to.is_empty() { None } else { Some(seconds(to, end)?) };
    if most.is_some_and(|most| most < least) {
        return Err(mistake(0..text.len(), "the end is less than the start").instead(format!("{to}..{from}")));
    }
    Ok(Seconds { least, most })
}

/// Parses `30s`, `2m`, `1m30s`, `1h`, `1:30`, `1:02:03`, or a number of seconds.
fn seconds(text: &str, at: Range<usize>) -> Result<u32, Mistake> {
    let wrong = || {
        let given = if text.is_empty() {
            "missing length".into()
        } else {
            format!("`{}` is not a length", shown(text))
        };
        mistake(at.clone(), format!("{given}: write it as 30s, 2m, 1m30s or 1:30"))
    };
    let total = if text.contains(':') { clock(text) } else { counted(&text.to_ascii_lowercase()) };
    match total.ok_or_else(wrong)? {
        total if total <= u64::from(MOST) => Ok(total as u32),
        _ => Err(too_long(at.clone())),
    }
}

fn too_long(at: Range<usize>) -> Mistake {
    mistake(at, "too long: at most 24 hours")
}

/// Parses `1:30` or `1:02:03`: all parts but the first go up to 59.
fn clock(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    parts.iter().enumerate().try_fold(0, |total, (index, part)| {
        let fits = index == 0 || part.len() == 2;
        let number = number(part).filter(|number| fits && (index == 0 || *number < 60))?;
        Some(total * 60 + number)
    })
}

/// Parses `1h2m3s`: each unit once, larger units first.
fn counted(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0;
    let mut larger = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match rest.as_bytes().get(digits) {
            Some(b'h') => 3_600,
            Some(b'm') => 60,
            Some(b's') => 1,
            // A number alone is in seconds.
            None if total == 0 && larger == u64::MAX => 1,
            _ => return None,
        };
        if unit >= larger {
            return None;
        }
        total += number(&rest[..digits])? * unit;
        larger = unit;
        rest = rest.get(digits + 1..).unwrap_or("");
    }
    (larger != u64::MAX).then_some(total)
}

/// Parses one to nine digits.
fn number(text: &str) -> Option<u64> {
    let fits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}
