//! The small text charts of statistics: vertical columns, and horizontal bars.

use crate::cli::style::{fitted, width};

/// The height of columns, in lines.
const HEIGHT: usize = 4;

/// Eighths of a cell, from the bottom.
const UP: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// The same in ASCII.
const UP_ASCII: [&str; 9] = [" ", ".", ".", ".", ":", ":", ":", "#", "#"];

/// A chart: the bars, and the labels below them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// The text before each line of bars: the largest value on the first line.
    pub scale: Vec<String>,
    /// The bars, from the top.
    pub bars: Vec<String>,
    /// The labels of the columns.
    pub names: String,
}

impl Chart {
    /// Draws a chart of columns of `cell` cells each, including the gap. Labels that would touch the previous
    /// one, or extend beyond the right edge, are omitted.
    pub fn columns(values: &[u64], names: &[String], cell: usize, ascii: bool) -> Chart {
        let largest = values.iter().copied().max().unwrap_or_default();
        let signs = if ascii { UP_ASCII } else { UP };
        let bar = if cell > 2 { cell - 1 } else { 1 };
        let line = |row: usize| {
            let mut line = String::new();
            for value in values {
                let filled = eighths(*value, largest, HEIGHT).saturating_sub(row * 8).min(8);
                line.push_str(&signs[filled].repeat(bar));
                line.push_str(&" ".repeat(cell - bar));
            }
            line.trim_end().to_owned()
        };
        let largest = largest.to_string();
        let scale = (0..HEIGHT).map(|row| match row {
            0 => largest.clone(),
            _ => " ".repeat(largest.len()),
        });
        let mut below = String::new();
        for (column, name) in names.iter().enumerate() {
            let at = column * cell;
            let free = width(&below);
            let fits = at > free && at + width(name) <= names.len() * cell;
            if !name.is_empty() && (free == 0 || fits) {
                below = fitted(&below, at) + name;
            }
        }
        Chart { scale: scale.collect(), bars: (0..HEIGHT).rev().map(line).collect(), names: below }
    }

    /// Returns the width of the chart in cells.
    pub fn width(&self) -> usize {
        let scale = self.scale.first().map_or(0, |scale| width(scale));
        let bars = self.bars.iter().chain([&self.names]).map(|line| width(line)).max();
        scale + 1 + bars.unwrap_or_default()
    }
}

/// Draws a horizontal bar of a chart of at most `room` cells.
pub fn bar(value: u64, largest: u64, room: usize, ascii: bool) -> String {
    let filled = eighths(value, largest, room);
    if ascii {
        return "#".repeat(filled.div_ceil(8));
    }
    // Lines, because blocks on adjacent lines would merge.
    let halves = (filled / 4).max(usize::from(filled > 0));
    "━".repeat(halves / 2) + if halves.is_multiple_of(2) { "" } else { "╸" }
}

/// Returns how many eighths of `room` cells represent `value`; at least one unless it is 0.
fn eighths(value: u64, largest: u64, room: usize) -> usize {
    if value == 0 {
        return 0;
    }
    let share = value as f64 / largest.max(1) as f64;
    ((share * room as f64 * 8.0).round() as usize).clamp(1, room.max(1) * 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_stand_on_their_names() {
        let chart = Chart::columns(&[0, 1, 16, 32], &names(&["Mo", "Tu", "We", "Th"]), 4, false);
        assert_eq!(chart.scale, ["32", "  ", "  ", "  "]);
        assert_eq!(chart.bars, ["            ███", "            ███", "        ███ ███", "    ▁▁▁ ███ ███"]);
        assert_eq!(chart.names, "Mo  Tu  We  Th");
        assert_eq!(chart.width(), 18);
    }

    #[test]
    fn ascii_is_enough() {
        let chart = Chart::columns(&[1, 4, 8], &names(&["a", "b", "c"]), 2, true);
        assert_eq!(chart.bars, ["    #", "    #", "  # #", ": # #"]);
        assert!(chart.bars.iter().all(|line| line.is_ascii()));
        assert_eq!(bar(3, 10, 10, true), "###");
    }

    #[test]
    fn names_do_not_touch() {
        let chart = Chart::columns(&[1, 1, 1, 1], &names(&["1 Nov", "2 Nov", "3 Nov", "4 Nov"]), 3, false);
        assert_eq!(chart.names, "1 Nov 3 Nov");
        let chart = Chart::columns(&[1, 1, 1], &names(&["1 Nov", "", "3 Nov"]), 3, false);
        assert_eq!(chart.names, "1 Nov");
    }

    #[test]
    fn nothing_draws_nothing_and_a_little_draws_something() {
        let chart = Chart::columns(&[0, 0], &names(&["a", ""]), 2, false);
        assert_eq!(chart.bars, ["", "", "", ""]);
        assert_eq!(Chart::columns(&[], &[], 2, false).width(), 2);
        assert_eq!((bar(0, 0, 8, false), bar(1, 1_000, 8, false)), (String::new(), "╸".to_owned()));
        assert_eq!(bar(5, 10, 3, false), "━╸");
        assert_eq!(bar(10, 10, 3, false), "━━━");
    }
}
