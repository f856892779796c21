//! Which rows the list shows and in which order: view, sort order, filter, and the resulting lines. The
//! rows themselves stay in place in `rows.rs`.

use crate::core::view::View;
use crate::core::zone::Tz;

use crate::core::facts::Flags;
use crate::core::model::CallerId;
use crate::core::search::Source as _;
use crate::core::search::{Columns, Matcher, Query};
use crate::tui::list::rows::{Days, RowColumns};

/// The sort order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
    /// By caller, then newest first.
    Caller,
    /// Longest recording first.
    Longest,
    /// Best match first.
    Best,
}

impl Order {
    /// Returns the next sort order. `Best` is skipped if the list is not `filtered`.
    #[must_use]
    pub fn next(self, filtered: bool) -> Order {
        match self {
            Order::Newest => Order::Oldest,
            Order::Oldest => Order::Caller,
            Order::Caller => Order::Longest,
            Order::Longest if filtered => Order::Best,
            Order::Longest | Order::Best => Order::Newest,
        }
    }

    /// Returns the sort order's name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Order::Newest => "newest first",
            Order::Oldest => "oldest first",
            Order::Caller => "by caller",
            Order::Longest => "longest first",
            Order::Best => "best match first",
        }
    }
}

/// What the list shows.
#[derive(Debug, Default)]
pub struct ListQuery {
    /// The view.
    pub view: View,
    /// The order.
    pub order: Order,
    /// The index of a custom view, and its matcher.
    pub own: Option<(usize, Matcher)>,
    /// Only these callers: all spellings of the number of one caller.
    pub callers: Option<Vec<CallerId>>,
    /// The search. The matcher caches results between keys.
    pub filter: Option<(Query, Matcher)>,
}

impl ListQuery {
    /// Returns the effective sort order: `Best` needs a search.
    pub fn order_now(&self) -> Order {
        match self.order {
            Order::Best if self.filter.is_none() => Order::Newest,
            order => order,
        }
    }
}

/// The list: which row is at which place.
#[derive(Debug, Default)]
pub struct Listing {
    /// The row at each place; `None` if all rows are shown in their own order.
    rows: Option<Vec<u32>>,
    /// The place of each row, if places are not in the order of rows; `u32::MAX` for hidden rows.
    places: Option<Vec<u32>>,
    /// The number of shown rows.
    len: usize,
    /// Whether it shows a row that no longer matches, because the row is selected.
    pub lingering: bool,
    /// The lines of the list.
    pub days: Days,
    /// How many voicemails of the range each view has.
    pub counts: [usize; View::EVERY.len()],
}

impl Listing {
    /// Lists the rows that match `query`. Also lists the row `lingers`, so that the selected row does not
    /// vanish.
    pub fn new(rows: &RowColumns, query: &mut ListQuery, lingers: Option<usize>, zone: Tz) -> Listing {
        let Columns { times, flags, lengths, callers } = rows.columns();
        let mut shown = Vec::new();
        if let Some((_, matcher)) = &mut query.filter {
            matcher.filter(rows, &mut shown);
            shown.retain(|&row| query.view.shows(flags[row as usize]));
        } else {
            let every = flags.iter().enumerate();
            shown.extend(every.filter(|(_, flags)| query.view.shows(**flags)).map(|(row, _)| row as u32));
        }
        if let Some((_, matcher)) = &mut query.own {
            let mut own = Vec::new();
            matcher.filter(rows, &mut own);
            // Both are ascending.
            let mut own = own.into_iter().peekable();
            shown.retain(|row| {
                while own.next_if(|own| own < row).is_some() {}
                own.peek() == Some(row)
            });
        }
        if let Some(wanted) = &query.callers {
            shown.retain(|&row| wanted.contains(&callers[row as usize]));
        }
        let lingers = lingers.and_then(|row| Some((row as u32, shown.binary_search(&(row as u32)).err()?)));
        if let Some((row, place)) = lingers {
            shown.insert(place, row);
        }
        let all = shown.len() == rows.len();
        let order = query.order_now();
        match order {
            Order::Newest => {}
            Order::Best => {
                if let Some((_, matcher)) = &mut query.filter {
                    matcher.best_first(rows, &mut shown);
                }
            }
            Order::Oldest => shown.reverse(),
            Order::Caller => shown.sort_by_cached_key(|&row| rows.caller_key(row as usize)),
            Order::Longest => {
                shown.sort_by_key(|&row| std::cmp::Reverse(lengths[row as usize]));
            }
        }
        let len = shown.len();
        let time = |place: usize| times[shown[place] as usize];
        let days = match order {
            Order::Newest | Order::Oldest => Days::new(len, time, zone),
            Order::Caller | Order::Longest | Order::Best => Days::flat(len),
        };
        let places = (order != Order::Newest).then(|| {
            let mut places = vec![u32::MAX; rows.len()];
            for (place, &row) in shown.iter().enumerate() {
                places[row as usize] = place as u32;
            }
            places
        });
        let rows_shown = (!all || places.is_some()).then_some(shown);
        Listing { rows: rows_shown, places, len, lingering: lingers.is_some(), days, counts: counts(flags) }
    }

    /// Returns the number of rows that the list shows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns how many of the shown rows match. A selected row that no longer does is shown until the
    /// selection moves on, but does not count.
    pub fn matching(&self) -> usize {
        self.len - usize::from(self.lingering)
    }

    /// Returns whether the list shows no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the row at `place` of the list.
    pub fn row(&self, place: usize) -> Option<usize> {
        match &self.rows {
            Some(rows) => rows.get(place).map(|&row| row as usize),
            None => (place < self.len).then_some(place),
        }
    }

    /// Returns the place of `row` in the list, if it is shown.
    pub fn place(&self, row: usize) -> Option<usize> {
        match (&self.places, &self.rows) {
            (Some(places), _) => {
                places.get(row).filter(|&&place| place != u32::MAX).map(|&place| place as usize)
            }
            (None, Some(rows)) => rows.binary_search(&(row as u32)).ok(),
            (None, None) => (row < self.len).then_some(row),
        }
    }

    /// Returns the place of `row` in the list, or the nearest place if it is hidden.
    pub fn nearest(&self, row: usize) -> usize {
        match (&self.places, &self.rows) {
            (Some(_), _) => self.place(row).unwrap_or(0),
            (None, Some(rows)) => rows.partition_point(|&shown| (shown as usize) < row),
            (None, None) => row,
        }
        .min(self.len.saturating_sub(1))
    }
}

/// Counts the voicemails of each view. Counts equal flags first, which is fast for a million rows.
fn counts(flags: &[Flags]) -> [usize; View::EVERY.len()] {
    let mut alike = [0; 1 << Flags::COUNT];
    for flags in flags {
        // Flags of a newer vmail do not count.
        alike[usize::from(flags.0) % alike.len()] += 1;
    }
    let of = |view: View| {
        let shown = (0..alike.len()).filter(|flags| view.shows(Flags(*flags as u16)));
        shown.map(|flags| alike[flags]).sum()
    };
    View::EVERY.map(of)
}
