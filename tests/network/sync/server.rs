//! A server as it may be met: what it holds, how it orders, counts and pages it.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;
use vmail::core::model::{RecordingName, Span, Voicemail, VoicemailId, from_millis};
use vmail::telecmi::Page;

/// How much later than its time a voicemail may appear, in milliseconds.
pub const MARGIN: i64 = 40;

/// The span that all rows of a generated server lie in.
pub fn everything() -> Span {
    Span::from_millis(0, 10_000)
}

/// A voicemail left at `time` (milliseconds), unlike any other of another `number`.
pub fn voicemail(time: i64, number: usize) -> Voicemail {
    Voicemail::new(from_millis(time), "919876543210", Some(RecordingName::new(format!("{number}.mp3"))))
}

/// What a server says about how many rows there are.
#[derive(Clone, Copy, Debug)]
pub enum Total {
    True,
    Absent,
    Zero,
    OfThePage,
    TooBig(u64),
    TooSmall(u64),
    Endless,
}

/// What a server answers when asked for a page past its last.
#[derive(Clone, Copy, Debug)]
pub enum PastTheEnd {
    Empty,
    RepeatsLast,
    BeginsAgain,
    Refuses,
}

/// A row of the server: `None` is one that nobody can read.
type Row = (i64, Option<Voicemail>);

#[derive(Clone, Debug)]
pub struct ServerModel {
    /// In the order in which it sends them.
    pub rows: Vec<Row>,
    pub page_size: usize,
    pub total: Total,
    pub past_the_end: PastTheEnd,
}

impl ServerModel {
    /// An honest server with voicemail at these times, newest first.
    pub fn honest(times: impl IntoIterator<Item = i64>, page_size: usize) -> ServerModel {
        let mut rows: Vec<Row> =
            times.into_iter().enumerate().map(|(i, time)| (time, Some(voicemail(time, i)))).collect();
        rows.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        ServerModel { rows, page_size, total: Total::True, past_the_end: PastTheEnd::Empty }
    }

    /// The page, or `None` when the request is refused.
    pub fn page(&self, window: Span, number: u32) -> Option<Page> {
        let rows: Vec<&Row> = self.rows.iter().filter(|(time, _)| window.contains(*time)).collect();
        let pages: Vec<&[&Row]> = rows.chunks(self.page_size).collect();
        let mut number = number as usize;
        if number > pages.len() && (number > 1 || !pages.is_empty()) {
            match self.past_the_end {
                PastTheEnd::Empty => {}
                PastTheEnd::RepeatsLast => number = pages.len(),
                PastTheEnd::BeginsAgain => number = (number - 1) % pages.len().max(1) + 1,
                PastTheEnd::Refuses => return None,
            }
        }
        let page = pages.get(number.wrapping_sub(1)).copied().unwrap_or_default();
        let readable: Vec<Voicemail> = page.iter().filter_map(|(_, row)| row.clone()).collect();
        let all = rows.len() as u64;
        Some(Page {
            unreadable: page.len() - readable.len(),
            unreadable_hash: {
                let mut hasher = std::hash::DefaultHasher::new();
                // Each row differs from all others in something.
                let place = |row: &Row| self.rows.iter().position(|other| std::ptr::eq(other, row));
                let unreadable = page.iter().filter(|(_, row)| row.is_none());
                unreadable.for_each(|row| std::hash::Hash::hash(&place(row), &mut hasher));
                std::hash::Hasher::finish(&hasher)
            },
            rows: readable,
            total: match self.total {
                Total::True => Some(all),
                Total::Absent => None,
                Total::Zero => Some(0),
                Total::OfThePage => Some(page.len() as u64),
                Total::TooBig(more) => Some(all + more),
                Total::TooSmall(less) => Some(all.saturating_sub(less)),
                Total::Endless => Some(u64::MAX),
            },
            server_time: None,
        })
    }

    /// The readable voicemail of `span`.
    pub fn voicemail(&self, span: Span) -> HashSet<VoicemailId> {
        self.rows
            .iter()
            .filter(|(time, _)| span.contains(*time))
            .filter_map(|(_, row)| Some(row.as_ref()?.id))
            .collect()
    }
}

/// How a server orders its rows.
#[derive(Clone, Copy, Debug)]
enum Order {
    NewestFirst,
    OldestFirst,
    /// By when they appeared: up to [`MARGIN`] after their time.
    NewestArrivalFirst,
    None,
}

/// Any server, within reason: it has pages of one size, and none brings only repeated rows.
pub fn servers() -> impl Strategy<Value = ServerModel> {
    let order = prop_oneof![
        4 => Just(Order::NewestFirst),
        1 => Just(Order::OldestFirst),
        2 => Just(Order::NewestArrivalFirst),
        1 => Just(Order::None),
    ];
    let total = prop_oneof![
        4 => Just(Total::True),
        1 => Just(Total::Absent),
        1 => Just(Total::Zero),
        1 => Just(Total::OfThePage),
        1 => (1_u64..60).prop_map(Total::TooBig),
        1 => (1_u64..60).prop_map(Total::TooSmall),
        1 => Just(Total::Endless),
    ];
    let past_the_end = prop_oneof![
        Just(PastTheEnd::Empty),
        Just(PastTheEnd::RepeatsLast),
        Just(PastTheEnd::BeginsAgain),
        Just(PastTheEnd::Refuses),
    ];
    // Time, rank in no order, delay, whether it is sent twice, whether it can be read.
    let row =
        (0_i64..10_000, any::<u32>(), 0..=MARGIN, prop::bool::weighted(0.1), prop::bool::weighted(0.95));
    (vec(row, 0..90), 1_usize..12, order, total, past_the_end, any::<bool>()).prop_map(
        |(mut drawn, mut page_size, order, total, mut past_the_end, whole_seconds)| {
            for (time, ..) in &mut drawn {
                // Many rows of one moment, as where times have no fractions.
                *time -= if whole_seconds { *time % 1_000 } else { 0 };
            }
            drawn.sort_by_key(|&(time, rank, delay, ..)| match order {
                Order::NewestFirst => -time,
                Order::OldestFirst => time,
                Order::NewestArrivalFirst => -(time + delay),
                Order::None => i64::from(rank),
            });
            let mut rows = Vec::new();
            for (number, (time, _, _, twice, readable)) in drawn.into_iter().enumerate() {
                let row = (time, readable.then(|| voicemail(time, number)));
                if twice && readable && page_size > 2 {
                    rows.push(row.clone());
                }
                rows.push(row);
            }
            // Within a total that is too big, a refusal is an end only after a page that is not
            // full, and rows that nobody can read cannot be told apart when they come again.
            let lies_upwards = matches!(total, Total::TooBig(_) | Total::Endless);
            let unreadable = rows.iter().any(|(_, row)| row.is_none());
            match past_the_end {
                PastTheEnd::Refuses if lies_upwards => page_size = page_size.min(9),
                PastTheEnd::RepeatsLast | PastTheEnd::BeginsAgain if unreadable => {
                    past_the_end = PastTheEnd::Empty;
                }
                _ => {}
            }
            ServerModel { rows, page_size, total, past_the_end }
        },
    )
}
