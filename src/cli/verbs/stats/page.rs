//! Statistics for people: charts and summary lines.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::Style;
use chrono::{Datelike as _, NaiveDate, Weekday};

use crate::cli::style::{BOLD, CYAN, GREY, OutputStyle, YELLOW, fitted, width};
use crate::cli::verbs::stats::chart::{Chart, bar};
use crate::core::humanize;
use crate::core::stats::{Caller, Spread, Stats};

/// The default width.
const WIDTH: usize = 80;

/// The maximum width, for readability.
const WIDTH_MAX: usize = 110;

/// The maximum width of a caller.
const CALLER_MAX: usize = 30;

/// The minimum width of a caller.
const NAME_MIN: usize = 8;

/// The minimum and maximum length of the longest bar.
const BAR_MIN: usize = 4;
const BAR_MAX: usize = 40;

/// How to draw the page.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// The properties of stdout.
    pub look: OutputStyle,
    /// Whether to use ASCII symbols.
    pub ascii: bool,
    /// The name of the range.
    pub title: &'a str,
    /// The number of callers to list.
    pub callers: usize,
}

impl Page<'_> {
    /// Writes the page of statistics.
    pub fn write(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        writeln!(out, "{}", self.look.paint(self.title, BOLD))?;
        writeln!(out, "{}", self.counts(stats))?;
        let (title, days) = self.days(stats);
        self.side_by_side(out, &[(&title, days)])?;
        // If there is little room, draw narrow columns with fewer labels.
        let (cell, named) = if self.room() < 56 { (1, 6) } else { (2, 3) };
        let hours: Vec<_> = (0..24_u32)
            .map(|hour| if hour.is_multiple_of(named) { hour.to_string() } else { String::new() })
            .collect();
        let counts = stats.hours.map(|count| count.all);
        let hours = Chart::columns(&counts, &hours, cell, self.ascii);
        let week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map(str::to_owned);
        let weekdays = Chart::columns(&stats.weekdays.map(|count| count.all), &week, 4, self.ascii);
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
        self.look.width.unwrap_or(WIDTH).min(WIDTH_MAX)
    }

    fn dot(&self) -> &'static str {
        if self.ascii { ", " } else { " · " }
    }

    fn counts(&self, stats: &Stats) -> String {
        let all = humanize::voicemails(stats.count.all);
        let unheard = match stats.count.unheard {
            0 => "all read".to_owned(),
            unheard => self.look.paint(&format!("{} unread", humanize::count(unheard)), YELLOW),
        };
        let more = [(stats.starred, "starred"), (stats.done, "done"), (stats.called, "called back")];
        let more = more.iter().filter(|(count, _)| *count > 0);
        let more = more.map(|(count, what)| format!("{} {what}", humanize::count(*count)));
        [all, unheard].into_iter().chain(more).collect::<Vec<_>>().join(self.dot())
    }

    /// Returns the chart of days; a column covers several days if there are too many.
    fn days(&self, stats: &Stats) -> (String, Chart) {
        // No column can be larger than the total.
        let room = self.room().saturating_sub(stats.count.all.to_string().len() + 1).max(14);
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
        // If not every day has room for a label, label Mondays.
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
        let paint = |text: &str, code| self.look.paint(text, code);
        writeln!(out)?;
        let row = |cells: Vec<(String, String, Style)>| {
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
        let heading = self.look.paint("Callers", BOLD);
        let rest = if left == 0 {
            String::new()
        } else {
            let from: u64 = callers[shown.len()..].iter().map(|caller| caller.count.all).sum();
            let text =
                format!("  ({} more with {})", humanize::count(left as u64), humanize::voicemails(from));
            self.look.paint(&text, GREY)
        };
        writeln!(out, "\n{heading}{rest}")?;
        let widest = |text: fn(&Caller) -> &str| {
            shown.iter().map(|caller| width(text(caller))).max().unwrap_or_default().min(CALLER_MAX)
        };
        let digits = humanize::count(most).len();
        // The width needed after name and number: the count, the shortest bar and the unread count.
        let unheard = |caller: &Caller| match caller.count.unheard {
            0 => String::new(),
            unheard => format!("  {} unread", humanize::count(unheard)),
        };
        let widest_unheard = shown.iter().map(|caller| unheard(caller).len()).max().unwrap_or_default();
        let rest = 2 + digits + 1 + BAR_MIN + widest_unheard;
        let room = self.room().saturating_sub(rest);
        let names = widest(called).min(room.max(NAME_MIN));
        let numbers = Some(widest(number)).filter(|numbers| *numbers > 0 && names + 2 + numbers <= room);
        let taken = names + numbers.map_or(0, |numbers| numbers + 2);
        let room = (room.saturating_sub(taken) + BAR_MIN).min(BAR_MAX);
        for caller in shown {
            let unheard = self.look.paint(&unheard(caller), YELLOW);
            let line = format!(
                "{}  {}{:>digits$} {}{unheard}",
                fitted(called(caller), names),
                numbers.map_or_else(String::new, |numbers| {
                    self.look.paint(&fitted(number(caller), numbers), GREY) + "  "
                }),
                humanize::count(caller.count.all),
                self.look.paint(&bar(caller.count.all, most, room, self.ascii), CYAN),
            );
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn durations(&self, out: &mut impl Write, stats: &Stats) -> io::Result<()> {
        let all = humanize::count(stats.count.all);
        let took = |spread: &Spread| {
            let [median, p90] = [spread.median, spread.p90].map(about);
            format!(
                "{} of {all}; time taken: median {median}, 90th percentile {p90}",
                humanize::count(spread.count)
            )
        };
        let lasted = |spread: &Spread| {
            let [total, median, p90] = [spread.total, spread.median, spread.p90].map(humanize::length);
            let known = humanize::count(spread.count);
            format!("{known} of {all} known, total {total}, median {median}, 90th percentile {p90}")
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
                writeln!(out, "{}  {line}", self.look.paint(&format!("{label:11}"), BOLD))?;
            }
        }
        Ok(())
    }
}

/// The gap between two charts.
const GAP: usize = 4;

/// Returns the caller's name or number.
fn called(caller: &Caller) -> &str {
    let number = if caller.number.is_empty() { "Withheld" } else { &caller.number };
    caller.name.as_deref().unwrap_or(number)
}

/// Returns the number to show beside a name.
fn number(caller: &Caller) -> &str {
    if caller.name.is_some() { &caller.number } else { "" }
}

/// Formats a duration: "42 s", "12 min", "1 h 12 min", "2 days 3 h".
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

#[cfg(test)]
mod tests {

    use super::*;
    use crate::core::facts::Flags;
    use crate::core::model::from_millis;
    use crate::core::stats::{Item, Tally};

    /// Returns statistics of `count` voicemails from three callers, five hours apart, starting at midnight
    /// in Kolkata on 17 November 2026.
    fn stats(count: usize) -> Stats {
        const START: i64 = 1_794_853_800_000;
        const STEP: i64 = 5 * 3_600_000;
        let mut tally = Tally::new("Asia/Kolkata".parse().unwrap());
        let callers = [
            ("+919876543210", Some("Anita Rao"), "+91 98765 43210"),
            ("+442079460018", None, "+44 20 7946 0018"),
            ("", None, ""),
        ];
        for place in 0..count {
            let time = START + place as i64 * STEP;
            let (caller, name, number) = callers[[0, 0, 1, 0, 2, 1][place % 6]];
            let read = place % 4 != 0;
            tally.add(Item {
                time: from_millis(time),
                caller,
                name,
                number,
                flags: if read { Flags::READ } else { Flags::NONE },
                done: (place % 5 == 0).then_some(time + 90_000_000),
                called: (place % 3 == 0).then_some(time + 4_320_000 + place as i64 * 600_000),
                length: read.then_some(Duration::from_secs(20 + place as u64)),
            });
        }
        let last = START + (count.max(1) as i64 - 1) * STEP;
        tally.finish(Some(from_millis(START)), from_millis(last))
    }

    fn drawn(stats: &Stats, width: usize, ascii: bool, colour: bool) -> String {
        let mut out = Vec::new();
        let look = OutputStyle { colour, width: Some(width) };
        Page { look, ascii, title: "Last 7 days", callers: 2 }.write(&mut out, stats).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_page_looks_like_this() {
        let expected = [
            "Last 7 days",
            "30 voicemails · 8 unread · 6 done · 10 called back",
            "",
            "By day",
            "5 ████████ ████████ ████████ ████████ ▂▂▂▂▂▂▂▂ ████████",
            "  ████████ ████████ ████████ ████████ ████████ ████████",
            "  ████████ ████████ ████████ ████████ ████████ ████████",
            "  ████████ ████████ ████████ ████████ ████████ ████████ ▆▆▆▆▆▆▆▆",
            "  Tue 17   Wed 18   Thu 19   Fri 20   Sat 21   Sun 22   Mon 23",
            "",
            "By hour of the day                                   By day of the week",
            "2 █ █       █         █         █         █          5     ███ ███ ███ ███ ▂▂▂ ███",
            "  █ █       █         █         █         █                ███ ███ ███ ███ ███ ███",
            "  █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █          ███ ███ ███ ███ ███ ███",
            "  █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █ █      ▆▆▆ ███ ███ ███ ███ ███ ███",
            "  0     3     6     9     12    15    18    21         Mon Tue Wed Thu Fri Sat Sun",
            "",
            "Callers  (1 more with 5 voicemails)",
            "Anita Rao         +91 98765 43210  15 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  3 unread",
            "+44 20 7946 0018                   10 ━━━━━━━━━━━━━━━━━━━━━━━━━━╸  2 unread",
            "",
            "Called back  10 of 30; time taken: median 3 h 27 min, 90th percentile 5 h 12 min",
            "Done         6 of 30; time taken: median 25 h, 90th percentile 25 h",
            "Length       22 of 30 known, total 12:43, median 0:34, 90th percentile 0:46",
        ];
        let page = drawn(&stats(30), 90, false, false);
        assert_eq!(page.lines().collect::<Vec<_>>(), expected, "\n{page}");
    }

    #[test]
    fn no_page_is_wider_than_its_paper() {
        for days in [0, 1, 9, 60, 700, 4_000] {
            let stats = stats(days * 5);
            for room in [40, 80, 200] {
                let page = drawn(&stats, room, days % 2 == 0, false);
                // The terminal wraps the summary lines.
                let charts =
                    page.lines().filter(|line| !line.contains(" median ") && !line.contains(" voicemail"));
                let widest = charts.map(width).max().unwrap();
                assert!(widest <= room, "{widest} of {room} for {days} days\n{page}");
            }
        }
    }

    #[test]
    fn colours_change_nothing_else() {
        let stats = stats(30);
        let coloured = drawn(&stats, 90, false, true);
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        assert_eq!(plain + rest, drawn(&stats, 90, false, false));
    }

    #[test]
    fn times_are_about_right() {
        let told = [0, 59, 60, 3_599, 3_600, 4_320, 172_799, 172_800, 183_600]
            .map(|s| about(Duration::from_secs(s)));
        assert_eq!(
            told,
            ["0 s", "59 s", "1 min", "59 min", "1 h", "1 h 12 min", "47 h 59 min", "2 days", "2 days 3 h"]
        );
    }
}
