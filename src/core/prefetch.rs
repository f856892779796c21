//! Chooses which recordings to prefetch, and in which order. Pure: no network, no clock.

use std::iter;

/// How many rows on each side of the selected one to prefetch.
const NEIGHBOURS: usize = 2;

/// How far from the selected row to look for unread voicemails, on each side, so that a key press does not
/// search a million rows.
const LOOK: usize = 500;

/// The maximum number of unread voicemails to prefetch at once.
const UNREAD_MAX: usize = 20;

/// What to prefetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefetch {
    /// Nothing.
    Off,
    /// The selected voicemail and its neighbours.
    Selected,
    /// The selected voicemail, then unread ones.
    Unread,
    /// The selected voicemail and its neighbours; then slowly, one at a time, those on screen, and unread
    /// ones.
    #[default]
    Visible,
}

/// A row whose recording can be prefetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<T> {
    /// Its identifier.
    pub id: T,
    /// Whether it is unread.
    pub unread: bool,
}

/// Returns what to prefetch, in order: the selected row, then by distance from it, rows below before rows
/// above.
///
/// `row` returns the row at an index: `None` outside the list, and if there is nothing to fetch, for
/// example because the recording is cached. It is called for at most a thousand rows.
pub fn prefetch_order<T>(
    mode: Prefetch,
    selected: usize,
    row: impl Fn(usize) -> Option<Candidate<T>>,
) -> Vec<T> {
    let from_selected = |reach: usize| {
        let both = (1..=reach).flat_map(|far| [selected.checked_add(far), selected.checked_sub(far)]);
        iter::once(selected).chain(both.flatten())
    };
    match mode {
        Prefetch::Off => Vec::new(),
        Prefetch::Selected | Prefetch::Visible => {
            from_selected(NEIGHBOURS).filter_map(row).map(|row| row.id).collect()
        }
        Prefetch::Unread => from_selected(LOOK)
            .filter_map(|index| row(index).filter(|row| row.unread || index == selected))
            .map(|row| row.id)
            .take(UNREAD_MAX)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, LOOK, Prefetch, UNREAD_MAX, prefetch_order};

    /// Prefetches from a list where every third row is unread.
    fn order(mode: Prefetch, selected: usize, rows: usize) -> Vec<usize> {
        let row = |index| (index < rows).then_some(Candidate { id: index, unread: index % 3 == 0 });
        prefetch_order(mode, selected, row)
    }

    #[test]
    fn the_selected_one_comes_first_and_then_its_neighbours() {
        assert_eq!(order(Prefetch::Selected, 5, 9), [5, 6, 4, 7, 3]);
        assert_eq!(order(Prefetch::Selected, 0, 9), [0, 1, 2]);
        assert_eq!(order(Prefetch::Selected, 8, 9), [8, 7, 6]);
        assert_eq!(order(Prefetch::Selected, 0, 0), [0; 0]);
        assert_eq!(order(Prefetch::Selected, usize::MAX, 3), [0; 0]);
        assert_eq!(order(Prefetch::Off, 5, 9), [0; 0]);
    }

    #[test]
    fn what_is_kept_makes_no_room_for_others_further_away() {
        let row = |index| (index != 5 && index != 6).then_some(Candidate { id: index, unread: true });
        assert_eq!(prefetch_order(Prefetch::Selected, 5, row), [4, 7, 3]);
    }

    #[test]
    fn unread_ones_come_by_distance_and_never_without_end() {
        assert_eq!(order(Prefetch::Unread, 5, 13), [5, 6, 3, 9, 0, 12]);
        assert_eq!(order(Prefetch::Unread, 500_000, 1_000_000).len(), UNREAD_MAX);
        let far = |index| Some(Candidate { id: index, unread: index > LOOK });
        assert_eq!(prefetch_order(Prefetch::Unread, 0, far), [0]);
    }
}
