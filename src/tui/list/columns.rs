//! Which columns of the list fit, and how wide they are.

use std::ops::Range;

use crate::config::Column;

/// Left of all columns: the bar of the selected row, the mark, and the sign for unread or playing.
const GUTTER: u16 = 4;

/// "1:02:03" at most.
pub const LENGTH: u16 = 7;

/// The waveform of a recording.
pub const OUTLINE: u16 = 10;

/// "Mon 23 Nov  11:42": the time in a list without headings.
pub const DATED: u16 = 17;

/// "23 Nov": the same in a narrow list.
pub const DATED_SHORT: u16 = 6;

/// The minimum width of a list that shows both day and time.
const WIDE: u16 = 50;

/// "★ ✓ ↩": the flags without room for words.
pub const FEW_MARKS: u16 = 5;

/// The flags with room for one sign only.
const ONE_MARK: u16 = 1;

/// The maximum width of the caller; few names are longer.
const CALLER_MOST: u16 = 30;

/// The default columns are dropped before the caller gets less than this.
const CALLER_LEAST: u16 = 11;

/// "+91 98765 43210": other columns are dropped before the caller gets less than this.
const CALLER_WHOLE: u16 = 15;

/// The maximum width of the caller if the last column is tags or note, which take the rest.
const CALLER_MODEST: u16 = 22;

/// The cells that a match needs to be read with the words around it. Less room is taken from the caller.
pub const MATCH_LEAST: u16 = 28;

/// A column and its place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnPlace {
    /// The column.
    pub column: Column,
    /// The number of blank cells before it.
    pub gap: u16,
    /// Its width in cells.
    pub width: u16,
}

/// Lays out the columns of a list of `width` cells, from the left. If there is no room, the last columns
/// are dropped first, and the flags shrink to a few signs, then to one; time, caller and length always
/// stay. Flags, tags or note as the last column take the remaining cells. A `dated` list has no headings,
/// so its time column includes the day.
pub fn of(wanted: &[Column], width: u16, dated: bool) -> Vec<ColumnPlace> {
    let has_own = |column| wanted.contains(&column);
    let few_marks = has_own(Column::Tags) && has_own(Column::Note);
    let mut places: Vec<_> = wanted.iter().map(|&column| usual(column, few_marks)).collect();
    if let Some(time) = places.iter_mut().find(|place| place.column == Column::Time && dated) {
        time.width = if width < WIDE { DATED_SHORT } else { DATED };
    }
    begin(&mut places);
    for column in wanted.iter().rev() {
        let least = if Column::USUAL.contains(column) { CALLER_LEAST } else { CALLER_WHOLE };
        if left_over(&places, width) >= least {
            break;
        }
        match column {
            Column::Time | Column::Caller | Column::Length => {}
            Column::Marks => {
                for (gap, cells) in [(2, FEW_MARKS), (1, ONE_MARK)] {
                    if left_over(&places, width) < least
                        && let Some(marks) = places.iter_mut().find(|place| place.column == Column::Marks)
                    {
                        (marks.gap, marks.width) = (gap, cells);
                    }
                }
            }
            _ => places.retain(|place| place.column != *column),
        }
        begin(&mut places);
    }
    let texts_last = matches!(places.last(), Some(ColumnPlace { column: Column::Tags | Column::Note, .. }));
    let most = if texts_last { CALLER_MODEST } else { CALLER_MOST };
    let caller = left_over(&places, width).clamp(8, most);
    if let Some(place) = places.iter_mut().find(|place| place.column == Column::Caller) {
        place.width = caller;
    }
    let rest = left_over(&places, width);
    if let Some(last) = places.last_mut().filter(|last| takes_more(**last)) {
        last.width += rest;
    }
    places
}

/// Where a line shows what matched, if its columns do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchPlace {
    /// The indexes of the columns that give way.
    pub columns: Range<usize>,
    /// How many cells the caller before them gives.
    pub from_caller: u16,
    /// The number of blank cells before it.
    pub gap: u16,
    /// The width in cells.
    pub width: u16,
}

/// Returns the place for what matched: instead of the last columns that are neither time nor caller. It is
/// the same for all lines, whatever was typed.
pub fn for_match(places: &[ColumnPlace]) -> Option<MatchPlace> {
    let gives_way = |place: &ColumnPlace| !matches!(place.column, Column::Time | Column::Caller);
    let last = places.iter().rposition(gives_way)?;
    let (mut first, mut width) = (last, places[last].width);
    while width < MATCH_LEAST && first > 0 && gives_way(&places[first - 1]) {
        width += places[first].gap + places[first - 1].width;
        first -= 1;
    }
    // Lengths have no gap: they are right-aligned.
    let gap = places[first].gap.max(1);
    let blank = (gap - places[first].gap).min(width);
    let caller = first.checked_sub(1).map(|before| places[before]);
    let spare = caller
        .filter(|place| place.column == Column::Caller)
        .map_or(0, |place| place.width.saturating_sub(CALLER_LEAST));
    let from_caller = spare.min((MATCH_LEAST + blank).saturating_sub(width));
    Some(MatchPlace { columns: first..last + 1, from_caller, gap, width: width + from_caller - blank })
}

fn takes_more(place: ColumnPlace) -> bool {
    matches!(place.column, Column::Marks | Column::Tags | Column::Note) && place.width > FEW_MARKS
}

/// Returns the number of cells that no column uses.
fn left_over(places: &[ColumnPlace], width: u16) -> u16 {
    width.saturating_sub(GUTTER + places.iter().map(|place| place.gap + place.width).sum::<u16>())
}

/// Removes the gap of the first column: the gutter is before it.
fn begin(places: &mut [ColumnPlace]) {
    if let Some(first) = places.first_mut() {
        first.gap = 0;
    }
}

/// Returns a column with its preferred width. The width of the caller is set later, from the cells that
/// the others leave. Flags are narrow if tags and note have columns of their own.
fn usual(column: Column, few_marks: bool) -> ColumnPlace {
    let (gap, width) = match column {
        Column::Time => (2, 5),
        Column::Caller => (3, 0),
        // No gap: lengths are right-aligned.
        Column::Length => (0, LENGTH),
        Column::Outline => (2, OUTLINE),
        // Star, done and called back.
        Column::Marks if few_marks => (2, FEW_MARKS),
        Column::Number => (2, CALLER_WHOLE),
        Column::Marks => (2, 16),
        Column::Tags | Column::Note => (2, 12),
    };
    ColumnPlace { column, gap, width }
}
