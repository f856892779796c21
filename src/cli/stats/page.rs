//! Statistics for people: charts and a few sentences.

use std::io::{self, Write};
use std::time::Duration;

use chrono::{Datelike as _, NaiveDate, Weekday};

use super::chart::{Chart, bar};
use crate::cli::output::{BOLD, CYAN, GREY, Paper, YELLOW, fitted, width};
use crate::stats::{Caller, Spread, Stats};
use crate::tui::view::words;

/// How wide a page is where nothing says so.
const WIDTH: usize = 80;

/// The widest that anything gets: more is harder to read.
const WIDTH_MAX: usize = 110;

/// The widest that a caller gets.
const CALLER_MAX: usize = 30;

/// What a page is drawn with.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The paper.
    pub paper: Paper,
    /// Whether signs are ASCII.
    pub ascii: bool,
    /// What the range is called.
    pub title: &'a str,
    /// How many callers are named.
    pub callers: usize,
}

impl Page<'_> {
    /// Writes all of it.
    pub fn write(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        writeln!(out, "{}", self.paper.paint(self.title, BOLD))?;
        writeln!(out, "{}", self.counts(stats))?;
        let (title, days) = self.days(stats);
        self.side_by_side(out, &[(&title, days)])?;
        let hours: Vec<_> = (0..24)
            .map(|hour: u32| if hour.is_multiple_of(3) { hour.to_string() } else { String::new() })
            .collect();
        let counts = stats.hours.map(|count| count.all);
        let hours = Chart::columns(&counts, &hours, 2, self.ascii);
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(str::to_owned);
        let weekdays = Chart::columns(&stats.weekdays.map(|count| count.all), &names, 4, self.ascii);
        let both = [("By hour of the day", hours), ("By day of the week", weekdays)];
        if both.iter().map(|(_, chart)| chart.width()).sum::<usize>() + GAP <= self.room() {
            self.side_by_side(out, &both)?;
        } else {
            for chart in both {
                self.side_by_side(out, &[chart])?;
            }
        }
        self.callers(out, &stats.callers)?;
        self.durations(out, stats)
    }

    fn room(&self) -> usize {
        self.paper.width.unwrap_or(WIDTH).min(WIDTH_MAX)
    }

    fn dot(&self) -> &'static str {
        if self.ascii { ", " } else { " · " }
    }

    fn counts(&self, stats: &Stats) -> String {
        let all = format!("{} voicemail", words::count(stats.count.all));
        let unheard = match stats.count.unheard {
            0 => "all heard".to_owned(),
            unheard => self.paper.paint(&format!("{} not heard", words::count(unheard)), YELLOW),
        };
        let more = [(stats.starred, "starred"), (stats.done, "done"), (stats.called, "called back")];
        let more = more.iter().filter(|(count, _)| *count > 0);
        let more = more.map(|(count, what)| format!("{} {what}", words::count(*count)));
        [all, unheard].into_iter().chain(more).collect::<Vec<_>>().join(self.dot())
    }

    /// The days, several to a column where they are too many.
    fn days(&self, stats: &Stats) -> (String, Chart) {
        let largest = stats.days.iter().map(|(_, count)| count.all).max().unwrap_or_default();
        let room = self.room().saturating_sub(largest.to_string().len() + 1).max(14);
        let all = stats.days.len().max(1);
        let each = match all {
            days if days <= room => 1,
            days => days.div_ceil(7).div_ceil(room) * 7,
        };
        let cell = (room / all.div_ceil(each)).clamp(1, 9);
        let pieces: Vec<_> = stats.days.chunks(each).collect();
        let counts: Vec<_> =
            pieces.iter().map(|piece| piece.iter().map(|(_, count)| count.all).sum()).collect();
        let wide = cell >= 7;
        let name = |piece: &&[(NaiveDate, _)]| {
            let form = if wide { "%a %-d" } else { "%-d %b" };
            piece.first().map(|(day, _)| day.format(form).to_string()).unwrap_or_default()
        };
        // A name is at the first day of a week where not each day can have one.
        let is_named = |piece: &&[(NaiveDate, _)]| {
            let monday = |day: &NaiveDate| day.weekday() == Weekday::Mon;
            wide || each > 1 || piece.first().is_some_and(|(day, _)| monday(day)) || all < 14
        };
        let names: Vec<_> =
            pieces.iter().map(|piece| if is_named(piece) { name(piece) } else { String::new() }).collect();
        let title = match each {
            1 => "By day".to_owned(),
            7 => "By week".to_owned(),
            days => format!("By {} weeks", days / 7),
        };
        (title, Chart::columns(&counts, &names, cell, self.ascii))
    }

    fn side_by_side(&self, out: &mut impl Write, charts: &[(&str, Chart)]) -> io::Result<()> {
        let paint = |text: &str, code| self.paper.paint(text, code);
        writeln!(out)?;
        let row = |cells: Vec<(String, String, u8)>| {
            let mut line = String::new();
            let mut owed = 0;
            for ((scale, text, code), (_, chart)) in cells.into_iter().zip(charts) {
                line.push_str(&" ".repeat(owed));
                owed = GAP + chart.width().saturating_sub(width(&scale) + width(&text));
                line.push_str(&paint(&scale, GREY));
                line.push_str(&paint(&text, code));
            }
            line
        };
        let indent = |chart: &Chart| " ".repeat(chart.scale.first().map_or(0, |scale| width(scale)) + 1);
        let titles = charts.iter().map(|(title, _)| (String::new(), (*title).to_owned(), BOLD));
        writeln!(out, "{}", row(titles.collect()))?;
        let height = charts.iter().map(|(_, chart)| chart.bars.len()).max().unwrap_or_default();
        for line in 0..height {
            let bars = charts.iter().map(|(_, chart)| {
                let of = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
                (of(&chart.scale) + " ", of(&chart.bars), CYAN)
            });
            writeln!(out, "{}", row(bars.collect()).trim_end())?;
        }
        let names = charts.iter().map(|(_, chart)| (indent(chart), chart.names.clone(), GREY));
        writeln!(out, "{}", row(names.collect()))
    }

    fn callers(&self, out: &mut impl Write, callers: &[Caller]) -> io::Result<()> {
        let shown = &callers[..callers.len().min(self.callers)];
        let Some(most) = shown.first().map(|caller| caller.count.all) else { return Ok(()) };
        let left = callers.len() - shown.len();
        let heading = self.paper.paint("Callers", BOLD);
        let rest = if left == 0 {
            String::new()
        } else {
            let from: u64 = callers[shown.len()..].iter().map(|caller| caller.count.all).sum();
            let text =
                format!("  and {} more, with {} voicemail", words::count(left as u64), words::count(from));
            self.paper.paint(&text, GREY)
        };
        writeln!(out, "\n{heading}{rest}")?;
        let widest = |text: fn(&Caller) -> &str| {
            shown.iter().map(|caller| width(text(caller))).max().unwrap_or_default().min(CALLER_MAX)
        };
        let (names, numbers) = (widest(called), widest(number));
        let digits = words::count(most).len();
        let text = names + 2 + numbers + 2 + digits + 2 + "999 not heard".len() + 2;
        let room = self.room().saturating_sub(text).clamp(4, 40);
        for caller in shown {
            let unheard = match caller.count.unheard {
                0 => String::new(),
                unheard => self.paper.paint(&format!("  {} not heard", words::count(unheard)), YELLOW),
            };
            let line = format!(
                "{}  {}{:>digits$} {}{unheard}",
                fitted(called(caller), names),
                if numbers > 0 {
                    self.paper.paint(&fitted(number(caller), numbers), GREY) + "  "
                } else {
                    String::new()
                },
                words::count(caller.count.all),
                self.paper.paint(&bar(caller.count.all, most, room, self.ascii), CYAN),
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn durations(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        let all = words::count(stats.count.all);
        let took = |spread: &Spread| {
            let times = [spread.median, spread.p90].map(about);
            let [half, most] = times;
            format!("{} of {all}, half within {half}, nine of ten within {most}", words::count(spread.count))
        };
        let lasted = |spread: &Spread| {
            let [total, half, most] = [spread.total, spread.median, spread.p90].map(words::length);
            let looked = words::count(spread.count);
            format!("{looked} of {all} known: {total} together, half up to {half}, nine of ten up to {most}")
        };
        let lines = [
            ("Called back", stats.until_called.as_ref().map(took)),
            ("Done", stats.until_done.as_ref().map(took)),
            ("Length", stats.length.as_ref().map(lasted)),
        ];
        if lines.iter().any(|(_, line)| line.is_some()) {
            writeln!(out)?;
        }
        for (label, line) in lines {
            if let Some(line) = line {
                writeln!(out, "{}  {line}", self.paper.paint(&format!("{label:11}"), BOLD))?;
            }
        }
        Ok(())
    }
}

/// What is between two charts.
const GAP: usize = 4;

/// What the caller is called.
fn called(caller: &Caller) -> &str {
    let number = if caller.number.is_empty() { "Withheld" } else { &caller.number };
    caller.name.as_deref().unwrap_or(number)
}

/// The number beside a name.
fn number(caller: &Caller) -> &str {
    if caller.name.is_some() { &caller.number } else { "" }
}

/// "42 s", "12 min", "1 h 12 min", "2 days 3 h".
fn about(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let with = |unit: String, rest: u64, small: &str| match rest {
        0 => unit,
        rest => format!("{unit} {rest} {small}"),
    };
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..172_800 => with(format!("{hours} h"), minutes % 60, "min"),
        _ => with(format!("{days} days"), hours % 24, "h"),
    }
}
