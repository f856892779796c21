//! Which columns of the list there is room for, and how wide they are.

use crate::config::Column;

/// Left of all columns: the selected row's bar, the mark, the sign.
const GUTTER: u16 = 4;

/// "1:02:03" at the most.
pub const LENGTH: u16 = 7;

/// The outline of a recording.
pub const OUTLINE: u16 = 10;

/// "Mon 23 Nov  11:42": the time where no heading tells the day.
pub const DATED: u16 = 17;

/// "23 Nov": the same where there is little room.
pub const DATED_SHORT: u16 = 6;

/// From this width on there is room for day and time.
const WIDE: u16 = 50;

/// "★ ✓ ↩": the marks where there is no room for words.
pub const FEW_MARKS: u16 = 5;

/// The marks where there is no room for more than one.
const ONE_MARK: u16 = 1;

/// A caller is rarely longer.
const CALLER_MOST: u16 = 30;

/// Before the caller has less, the usual columns fall away as well.
const CALLER_LEAST: u16 = 11;

/// "+91 98765 43210": before the caller has less, what is not usual falls away.
const CALLER_WHOLE: u16 = 15;

/// What a caller has where tags or a note make use of what is left over.
const CALLER_MODEST: u16 = 22;

/// A column and its place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub column: Column,
    /// How many cells stay blank before it.
    pub gap: u16,
    /// How many cells it has.
    pub width: u16,
}

/// The columns of a list of `width` cells, from the left. Where there is no room, the last fall away
/// first, and marks shrink to a few, and to one; time, caller and length stay. What is left over goes
/// to the last column, but for the caller, who never needs it. A `dated` list has no headings that
/// tell the day, so that the time does.
pub fn of(wanted: &[Column], width: u16, dated: bool) -> Vec<Place> {
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
    let texts_last = matches!(places.last(), Some(Place { column: Column::Tags | Column::Note, .. }));
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

fn takes_more(place: Place) -> bool {
    matches!(place.column, Column::Marks | Column::Tags | Column::Note) && place.width > FEW_MARKS
}

/// How many cells no column has.
fn left_over(places: &[Place], width: u16) -> u16 {
    width.saturating_sub(GUTTER + places.iter().map(|place| place.gap + place.width).sum::<u16>())
}

/// Before the first column stands the gutter alone.
fn begin(places: &mut [Place]) {
    if let Some(first) = places.first_mut() {
        first.gap = 0;
    }
}

/// A column as it is where there is room. The caller's width is what the others leave. Marks are
/// few where tags and note have columns of their own.
fn usual(column: Column, few_marks: bool) -> Place {
    let (gap, width) = match column {
        Column::Time => (2, 5),
        Column::Caller => (3, 0),
        // The digits of a length are at its right.
        Column::Length => (0, LENGTH),
        Column::Outline => (2, OUTLINE),
        // Star, done and called back.
        Column::Marks if few_marks => (2, FEW_MARKS),
        Column::Number => (2, CALLER_WHOLE),
        Column::Marks => (2, 16),
        Column::Tags | Column::Note => (2, 12),
    };
    Place { column, gap, width }
}
