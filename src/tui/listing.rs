//! Which rows the list shows, and in which order: the view, its order, the filter, and the lines that
//! come of them. The rows themselves are in `rows.rs`, and stay where they are.

use chrono_tz::Tz;

use crate::model::Flags;
use crate::search::{Columns, Matcher, Query, Source as _};
use crate::store::CallerId;
use crate::tui::rows::{Days, RowColumns};

/// A view: what of the range is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// What is not done.
    #[default]
    Inbox,
    /// What is not done and was not heard.
    Unread,
    /// What has a star, done or not.
    Starred,
    /// What is done.
    Done,
    /// Everything.
    All,
}

impl View {
    /// Every view, in the order of their keys.
    pub const EVERY: [View; 5] = [View::Inbox, View::Unread, View::Starred, View::Done, View::All];

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            View::Inbox => "Inbox",
            View::Unread => "Unread",
            View::Starred => "Starred",
            View::Done => "Done",
            View::All => "All",
        }
    }

    /// What it shows, as it is searched for.
    pub fn search(self) -> &'static str {
        match self {
            View::Inbox => "-is:done",
            View::Unread => "is:unread -is:done",
            View::Starred => "is:starred",
            View::Done => "is:done",
            View::All => "",
        }
    }

    /// Whether it shows a voicemail with `flags`.
    pub fn shows(self, flags: Flags) -> bool {
        match self {
            View::Inbox => !flags.contains(Flags::DONE),
            View::Unread => !flags.intersects(Flags::DONE | Flags::READ),
            View::Starred => flags.contains(Flags::STARRED),
            View::Done => flags.contains(Flags::DONE),
            View::All => true,
        }
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// By caller, each caller's newest first.
    Caller,
    /// The longest recording first.
    Longest,
    /// What matches best first.
    Best,
}

impl Order {
    /// The order that comes after it; what matches best is known only when the list is `filtered`.
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

    /// In words.
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

/// What the list is to show.
#[derive(Debug, Default)]
pub struct Wish {
    /// The view.
    pub view: View,
    /// The order.
    pub order: Order,
    /// A view of the user's own, by its number, and what finds its voicemail.
    pub own: Option<(usize, Matcher)>,
    /// Only these callers: the numbers of one caller, in every spelling.
    pub callers: Option<Vec<CallerId>>,
    /// Only what matches. The matcher keeps what it found out from one key to the next.
    pub filter: Option<(Query, Matcher)>,
}

impl Wish {
    /// The order of the list: without a search nothing matches best.
    pub fn order_now(&self) -> Order {
        match self.order {
            Order::Best if self.filter.is_none() => Order::Newest,
            order => order,
        }
    }
}

/// The list: places of rows.
#[derive(Debug, Default)]
pub struct Listing {
    /// The row at each place; `None` when it shows all rows in their own order.
    rows: Option<Vec<u32>>,
    /// The place of each row, where places are not in the order of rows; `u32::MAX` for those that
    /// are not shown.
    places: Option<Vec<u32>>,
    /// How many rows are shown.
    len: usize,
    /// It shows a row that it would not show if the user were not looking at it.
    pub lingering: bool,
    /// The list's lines.
    pub days: Days,
    /// How many voicemail of the range each view has.
    pub counts: [usize; View::EVERY.len()],
}

impl Listing {
    /// Lists what `wish` shows of `rows`, and the row `lingers` in any case: what a user looks at does
    /// not vanish under their eyes.
    pub fn new(rows: &RowColumns, wish: &mut Wish, lingers: Option<usize>, zone: Tz) -> Listing {
        let Columns { times, flags, lengths, callers } = rows.columns();
        let mut shown = Vec::new();
        if let Some((_, matcher)) = &mut wish.filter {
            matcher.filter(rows, &mut shown);
            shown.retain(|&row| wish.view.shows(flags[row as usize]));
        } else {
            let every = flags.iter().enumerate();
            shown.extend(every.filter(|(_, flags)| wish.view.shows(**flags)).map(|(row, _)| row as u32));
        }
        if let Some((_, matcher)) = &mut wish.own {
            let mut own = Vec::new();
            matcher.filter(rows, &mut own);
            // Both rise.
            let mut own = own.into_iter().peekable();
            shown.retain(|row| {
                while own.next_if(|own| own < row).is_some() {}
                own.peek() == Some(row)
            });
        }
        if let Some(wanted) = &wish.callers {
            shown.retain(|&row| wanted.contains(&callers[row as usize]));
        }
        let lingers = lingers.and_then(|row| Some((row as u32, shown.binary_search(&(row as u32)).err()?)));
        if let Some((row, place)) = lingers {
            shown.insert(place, row);
        }
        let all = shown.len() == rows.len();
        let order = wish.order_now();
        match order {
            Order::Newest => {}
            Order::Best => {
                if let Some((_, matcher)) = &mut wish.filter {
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

    /// How many rows it shows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it shows none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The row at `place`.
    pub fn row(&self, place: usize) -> Option<usize> {
        match &self.rows {
            Some(rows) => rows.get(place).map(|&row| row as usize),
            None => (place < self.len).then_some(place),
        }
    }

    /// Where `row` is shown.
    pub fn place(&self, row: usize) -> Option<usize> {
        match (&self.places, &self.rows) {
            (Some(places), _) => {
                places.get(row).filter(|&&place| place != u32::MAX).map(|&place| place as usize)
            }
            (None, Some(rows)) => rows.binary_search(&(row as u32)).ok(),
            (None, None) => (row < self.len).then_some(row),
        }
    }

    /// Where `row` is shown, or the place that is nearest to where it would be.
    pub fn nearest(&self, row: usize) -> usize {
        match (&self.places, &self.rows) {
            (Some(_), _) => self.place(row).unwrap_or(0),
            (None, Some(rows)) => rows.partition_point(|&shown| (shown as usize) < row),
            (None, None) => row,
        }
        .min(self.len.saturating_sub(1))
    }
}

/// How many voicemail each view has: counted by what they have in common, which is quick for a million.
fn counts(flags: &[Flags]) -> [usize; View::EVERY.len()] {
    let mut alike = [0; 256];
    for flags in flags {
        alike[usize::from(flags.0)] += 1;
    }
    let of = |view: View| {
        let shown = (0..=u8::MAX).filter(|flags| view.shows(Flags(*flags)));
        shown.map(|flags| alike[usize::from(flags)]).sum()
    };
    View::EVERY.map(of)
}
