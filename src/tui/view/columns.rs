//! Which columns of the list there is room for, and how wide they are.

use crate::config::Column;

/// Left of all columns: the selected row's bar, the mark, the sign.
const GUTTER: u16 = 4;

/// "1:02:03" at the most.
pub const LENGTH: u16 = 7;

/// The outline of a recording.
pub const OUTLINE: u16 = 10;

/// The marks where there is no room for more than the star.
pub const STAR: u16 = 1;

/// A caller is rarely longer.
const CALLER_MOST: u16 = 30;

/// Other columns fall away before the caller has less.
const CALLER_LEAST: u16 = 11;

/// What falls away where there is no room, the first of them first. Marks shrink to the star.
const DISPENSABLE: [Column; 5] = [Column::Number, Column::Note, Column::Tags, Column::Outline, Column::Marks];

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

/// The columns of a list of `width` cells, from the left. The last one has what is left over, but
/// for the caller, who never needs it.
pub fn of(wanted: &[Column], width: u16) -> Vec<Place> {
    let mut places: Vec<_> = wanted.iter().map(|&column| usual(column)).collect();
    begin(&mut places);
    let mut caller = caller_width(&places, width);
    for column in DISPENSABLE {
        if caller >= CALLER_LEAST {
            break;
        }
        if column == Column::Marks {
            if let Some(marks) = places.iter_mut().find(|place| place.column == column) {
                (marks.gap, marks.width) = (0, STAR);
            }
        } else {
            places.retain(|place| place.column != column);
            begin(&mut places);
        }
        caller = caller_width(&places, width);
    }
    for place in &mut places {
        if place.column == Column::Caller {
            place.width = caller.clamp(8, CALLER_MOST);
        }
    }
    let taken: u16 = GUTTER + places.iter().map(|place| place.gap + place.width).sum::<u16>();
    if let Some(last) = places.last_mut().filter(|last| takes_more(**last)) {
        last.width += width.saturating_sub(taken);
    }
    places
}

fn takes_more(place: Place) -> bool {
    matches!(place.column, Column::Marks | Column::Tags | Column::Note) && place.width > STAR
}

/// What is left for the caller.
fn caller_width(places: &[Place], width: u16) -> u16 {
    width.saturating_sub(GUTTER + places.iter().map(|place| place.gap + place.width).sum::<u16>())
}

/// Before the first column stands the gutter alone.
fn begin(places: &mut [Place]) {
    if let Some(first) = places.first_mut() {
        first.gap = 0;
    }
}

/// A column as it is where there is room. The caller's width is what the others leave.
fn usual(column: Column) -> Place {
    let (gap, width) = match column {
        Column::Time => (2, 5),
        Column::Caller => (3, 0),
        // The digits of a length are at its right.
        Column::Length => (0, LENGTH),
        Column::Outline => (2, OUTLINE),
        Column::Number | Column::Marks => (2, 16),
        Column::Tags => (2, 14),
        Column::Note => (2, 24),
    };
    Place { column, gap, width }
}
