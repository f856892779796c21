//! Parses a range: tokens, then one function per form. Every error has a position.

use chrono::{Datelike as _, NaiveDate, NaiveTime, Weekday};

use crate::core::range::period::{Day, Period, Unit, YEARS, same_kind, weekday_name};
use crate::core::range::{MAX_SHIFT, Range, RangeError};
use crate::core::suggest::nearest;
use crate::core::text;
use crate::core::zone::Tz;

/// The message for a range whose end is before its start.
pub(super) const REVERSED: &str = "the end is before the start";

/// How much of a wrong word to quote in a message, in characters.
const WORD_MAX: usize = 24;

/// The largest counts, each about ten years.
const MAX_HOURS: u32 = 87_600;
const MAX_DAYS: u32 = 3_660;
const MAX_WEEKS: u32 = 520;

/// The words that a range can start with, besides weekdays, for suggestions.
const WORDS: [&str; 5] = ["today", "yesterday", "this", "last", "all"];

/// The units after a number, for suggestions.
const COUNTED: [&str; 6] = ["hours", "hour", "days", "day", "weeks", "week"];

type Place = std::ops::Range<usize>;

/// A range, and the position of its end in the text (the whole text if there is only one part).
pub(super) struct Parsed {
    pub range: Range,
    pub end: Place,
}

pub(super) fn parse(text: &str) -> Result<Parsed, RangeError> {
    Parser { text, tokens: tokens(text), next: 0 }.range()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Word,
    Dots,
    Dash,
    Minus,
    Plus,
    Colon,
    Other,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

impl Token {
    fn place(self) -> Place {
        self.start..self.end
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let run = |belongs: fn(char) -> bool| rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let (kind, length) = match first {
            c if c.is_whitespace() => {
                start += c.len_utf8();
                continue;
            }
            '0'..='9' => (Kind::Number, run(|c| c.is_ascii_digit())),
            c if c.is_alphabetic() => (Kind::Word, run(char::is_alphabetic)),
            '.' if rest.starts_with("..") => (Kind::Dots, 2),
            '–' | '—' => (Kind::Dash, first.len_utf8()),
            '-' => (Kind::Minus, 1),
            '+' => (Kind::Plus, 1),
            ':' => (Kind::Colon, 1),
            _ => (Kind::Other, first.len_utf8()),
        };
        tokens.push(Token { kind, start, end: start + length });
        start += length;
    }
    tokens
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
}

impl Parser<'_> {
    fn range(mut self) -> Result<Parsed, RangeError> {
        if self.tokens.is_empty() {
            return Err(error(0..self.text.len(), "no range given"));
        }
        if self.tokens.len() == 1 && self.peek().is_some_and(|token| self.is_word(token, "all")) {
            return Ok(Parsed { range: Range::ALL, end: 0..self.text.len() });
        }
        let open_start = self.peek().is_some_and(|token| token.kind == Kind::Dots);
        let from = if open_start { None } else { Some(self.period()?) };
        let (to, end) = match self.separator() {
            None => (from, 0..self.text.len()),
            Some(separator) if separator.kind == Kind::Dots && self.at_end_or_shift() => {
                (None, separator.place())
            }
            Some(separator) => {
                let Some(first) = self.peek() else {
                    return Err(error(separator.place(), "missing end after this"));
                };
                let to = self.period()?;
                (Some(to), first.start..self.last_end())
            }
        };
        let shift = self.shift()?;
        if let Some(token) = self.peek() {
            return Err(self.unexpected(token));
        }
        Self::checked(from, to, shift, end)
    }

    /// Builds the range; fails if it cannot be valid on any day.
    fn checked(
        from: Option<Period>,
        to: Option<Period>,
        shift: Option<(i32, Place)>,
        end: Place,
    ) -> Result<Parsed, RangeError> {
        let (Some(from), Some(to)) = (from, to) else {
            if let (None, Some((_, place))) = (from, shift.clone()) {
                return Err(error(place, "a range without a start cannot be moved"));
            }
            let range = Range { from, to, shift: shift.map_or(0, |(shift, _)| shift) };
            return Ok(Parsed { range, end });
        };
        if from == to && matches!(from, Period::At(..)) {
            let message = if end.start == 0 {
                "a moment is not a range: add .. and an end, or just .. for everything since then"
            } else {
                "the end is the same as the start"
            };
            return Err(error(end, message));
        }
        if let (Some((start, _)), Some((_, until))) = (from.fixed(), to.fixed()) {
            if let Some((_, place)) = shift {
                return Err(error(place, "fixed dates cannot be moved: write the dates you need"));
            }
            if until.wall(Tz::UTC) <= start.wall(Tz::UTC) {
                return Err(error(end, REVERSED));
            }
        }
        let (from, to) = same_kind(from, to);
        let range = Range { from: Some(from), to: Some(to), shift: shift.map_or(0, |(shift, _)| shift) };
        Ok(Parsed { range, end })
    }

    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).copied()
    }

    /// Takes the next token if it is of this kind.
    fn take(&mut self, kind: Kind) -> Option<Token> {
        let token = self.peek().filter(|token| token.kind == kind)?;
        self.next += 1;
        Some(token)
    }

    /// Takes the next token if it is of this kind and there is no blank before it.
    fn adjacent(&mut self, kind: Kind) -> Option<Token> {
        let end = self.last_end();
        self.peek().filter(|token| token.start == end)?;
        self.take(kind)
    }

    /// Returns the end of the last token taken.
    fn last_end(&self) -> usize {
        self.next.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |token| token.end)
    }

    fn word(&self, token: Token) -> String {
        self.text[token.place()].to_lowercase()
    }

    fn is_word(&self, token: Token, word: &str) -> bool {
        token.kind == Kind::Word && self.text[token.place()].eq_ignore_ascii_case(word)
    }

    fn separator(&mut self) -> Option<Token> {
        let token = self.peek()?;
        let separates = matches!(token.kind, Kind::Dots | Kind::Dash) || self.is_word(token, "to");
        self.next += usize::from(separates);
        separates.then_some(token)
    }

    fn at_end_or_shift(&self) -> bool {
        self.peek().is_none_or(|token| matches!(token.kind, Kind::Minus | Kind::Plus))
    }

    /// Parses `-1` or `+2`: how many times to move the range by its own length.
    fn shift(&mut self) -> Result<Option<(i32, Place)>, RangeError> {
        let Some(sign) = self.take(Kind::Minus).or_else(|| self.take(Kind::Plus)) else { return Ok(None) };
        let Some(number) = self.adjacent(Kind::Number) else {
            return Err(error(sign.place(), "write `..` between start and end"));
        };
        let place = sign.start..number.end;
        let count = self.text[number.place()].parse().ok().filter(|count: &i32| *count <= MAX_SHIFT);
        let Some(count) = count else {
            return Err(error(place, format!("too far: at most {MAX_SHIFT}")));
        };
        Ok(Some((if sign.kind == Kind::Minus { -count } else { count }, place)))
    }

    fn period(&mut self) -> Result<Period, RangeError> {
        if let Some(number) = self.take(Kind::Number) {
            return self.numbered(number);
        }
        if let Some(word) = self.take(Kind::Word) {
            return self.named(word);
        }
        let end = self.text.len();
        Err(self
            .peek()
            .map_or_else(|| error(end..end, "missing date or time"), |token| self.unexpected(token)))
    }

    /// Parses a period that starts with a number: `7d`, `2026`, `2026-11`, `2026-11-01T09:00`.
    fn numbered(&mut self, number: Token) -> Result<Period, RangeError> {
        if self.adjacent(Kind::Minus).is_some() {
            return self.date(number);
        }
        if let Some(unit) =
            self.peek().filter(|token| token.kind == Kind::Word && !self.is_word(*token, "to"))
        {
            self.next += 1;
            return self.counted(number, unit);
        }
        if number.end - number.start == 4 {
            return self.year(number).map(Period::Year);
        }
        Err(error(number.place(), "this number needs a unit, as in 24h, 7d or 2w"))
    }

    fn counted(&self, number: Token, unit: Token) -> Result<Period, RangeError> {
        let word = self.word(unit);
        let (most, period, name): (_, fn(u32) -> Period, _) = match word.as_str() {
            "h" | "hour" | "hours" => (MAX_HOURS, Period::Hours, "hours"),
            "d" | "day" | "days" => (MAX_DAYS, Period::Days, "days"),
            "w" | "week" | "weeks" => (MAX_WEEKS, Period::Weeks, "weeks"),
            _ => {
                let message = format!("`{}` is not a unit", shown(&word));
                let otherwise = ": use h, d or w (hours, days, weeks)";
                return Err(error(unit.place(), message + &suggestion(&word, COUNTED, otherwise)));
            }
        };
        match self.text[number.place()].parse() {
            Ok(0) => Err(error(number.place(), format!("0 {name} is too few: at least 1"))),
            Ok(count) if count <= most => Ok(period(count)),
            _ => Err(error(number.place(), format!("too many {name}: at most {most}"))),
        }
    }

    fn year(&self, number: Token) -> Result<i32, RangeError> {
        if number.end - number.start != 4 {
            return Err(error(number.place(), "a date starts with the year, as in 2026-11-01"));
        }
        let year = self.text[number.place()].parse().ok().filter(|year| YEARS.contains(year));
        year.ok_or_else(|| {
            error(number.place(), format!("the year must be {} to {}", YEARS.start(), YEARS.end()))
        })
    }

    /// Parses the rest of a date, after the year and the first hyphen.
    fn date(&mut self, year_token: Token) -> Result<Period, RangeError> {
        let year = self.year(year_token)?;
        let missing = |parser: &Self, what: &str| {
            error(
                year_token.start..parser.last_end(),
                format!("missing {what}: write the date as 2026-11-01"),
            )
        };
        let month_token = self.adjacent(Kind::Number).ok_or_else(|| missing(self, "month"))?;
        let first = self.text[month_token.place()]
            .parse()
            .ok()
            .and_then(|month| NaiveDate::from_ymd_opt(year, month, 1))
            .ok_or_else(|| error(month_token.place(), "the month must be 01 to 12"))?;
        if self.adjacent(Kind::Minus).is_none() {
            return Ok(Period::Month(first));
        }
        let day_token = self.adjacent(Kind::Number).ok_or_else(|| missing(self, "day"))?;
        let day: Option<u32> = self.text[day_token.place()].parse().ok();
        let date = day.and_then(|day| first.with_day(day)).ok_or_else(|| {
            let days = first.num_days_in_month();
            error(day_token.place(), format!("the day must be 01 to {days} in {}", first.format("%B %Y")))
        })?;
        self.day_or_moment(Day::Date(date))
    }

    /// Returns `day`, or the moment with the time that follows it.
    fn day_or_moment(&mut self, day: Day) -> Result<Period, RangeError> {
        let follows = self.tokens.get(self.next + 1).is_some_and(|token| token.kind == Kind::Colon);
        let marked = self
            .peek()
            .filter(|token| token.start == self.last_end() && self.is_word(*token, "t"))
            .inspect(|_| self.next += 1);
        if marked.is_none() && !follows {
            return Ok(Period::Day(day));
        }
        let start = self.peek().map_or(self.text.len(), |token| token.start);
        let mut parts = [0; 3];
        for (index, part) in parts.iter_mut().enumerate() {
            let colon = index == 0 || self.adjacent(Kind::Colon).is_some();
            if !colon && index == 2 {
                break;
            }
            let number = if index == 0 { self.take(Kind::Number) } else { self.adjacent(Kind::Number) };
            let Some(number) = number.filter(|_| colon) else {
                let place = marked.map_or(start, |token| token.start)..self.last_end().max(start);
                return Err(error(place, "incomplete time: write it as 09:00"));
            };
            *part = self.text[number.place()].parse().unwrap_or(u32::MAX);
        }
        let [hour, minute, second] = parts;
        let time = NaiveTime::from_hms_opt(hour, minute, second)
            .ok_or_else(|| error(start..self.last_end(), "the time must be 00:00 to 23:59"))?;
        Ok(Period::At(day, time))
    }

    /// Parses a period that starts with a word: `today`, `monday 09:00`, `last week`, `last 7 days`.
    fn named(&mut self, token: Token) -> Result<Period, RangeError> {
        let word = self.word(token);
        match word.as_str() {
            "today" => return self.day_or_moment(Day::Today),
            "yesterday" => return self.day_or_moment(Day::Yesterday),
            "this" => return self.unit(token).map(Period::This),
            "last" => {
                let Some(number) = self.take(Kind::Number) else {
                    return self.unit(token).map(Period::Last);
                };
                let Some(unit) = self.take(Kind::Word) else {
                    return Err(error(number.place(), "this number needs a unit: hours, days or weeks"));
                };
                return self.counted(number, unit);
            }
            "all" => return Err(error(token.place(), "`all` must stand alone")),
            _ => {}
        }
        if let Ok(weekday) = word.parse::<Weekday>() {
            return self.day_or_moment(Day::Weekday(weekday));
        }
        let weekdays = (0..7).filter_map(|day| Weekday::try_from(day).ok()).map(weekday_name);
        let message = format!("`{}` is not a date or time", shown(&word));
        Err(error(token.place(), message + &suggestion(&word, WORDS.into_iter().chain(weekdays), "")))
    }

    /// Parses the unit after `this` or `last`.
    fn unit(&mut self, before: Token) -> Result<Unit, RangeError> {
        let Some(token) = self.take(Kind::Word) else {
            let message = format!("`{}` needs week, month or year after it", self.word(before));
            return Err(error(before.place(), message));
        };
        let word = self.word(token);
        Unit::ALL.into_iter().find(|unit| unit.name() == word).ok_or_else(|| {
            let message = format!("`{}` is not a unit", shown(&word));
            let otherwise = ": use week, month or year";
            error(token.place(), message + &suggestion(&word, Unit::ALL.map(Unit::name), otherwise))
        })
    }

    fn unexpected(&self, token: Token) -> RangeError {
        let text = shown(&self.text[token.place()]);
        error(token.place(), format!("unexpected `{text}`"))
    }
}

fn error(at: Place, message: impl Into<String>) -> RangeError {
    RangeError { at, message: message.into() }
}

/// Makes a typed word safe to quote in a message.
fn shown(word: &str) -> String {
    text::clean(word, WORD_MAX)
}

/// Returns `; did you mean …?` for the nearest of `words`, or `otherwise` if none is near.
fn suggestion<'w>(word: &str, words: impl IntoIterator<Item = &'w str>, otherwise: &str) -> String {
    nearest(word, words).map_or_else(|| otherwise.to_owned(), |known| format!("; did you mean `{known}`?"))
}
