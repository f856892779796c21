//! The walk through the pages of all windows: a state machine without time, retries or I/O.
//!
//! The server's total is a hint. Page 1 of a window gives the total and the page size (the number of
//! rows sent, readable or not). Pages up to the total may be requested in parallel. A window ends at a
//! page without new rows, or when the total is reached and the last page is not full. If the total is
//! missing or may be too small, further pages are tried one at a time. If it is too large, the server
//! may refuse the pages that it does not have; that is also the end, if the page before was not full.

use std::collections::HashSet;

use super::order::PageOrder;
use super::plan::Window;
use crate::core::model::{Span, VoicemailId};
use crate::telecmi::Page;

/// How many pages past the total may have new rows before the server counts as endless.
///
/// With the smallest known page size, 10 rows, that is 10,000 voicemails in a window without a total.
/// Rows received until then are stored; if they were newest first, the next walk starts below them.
pub const PAGES_PAST_TOTAL: u32 = 1_000;

/// How many pages in a row may have nothing that can be read before the server counts as endless.
pub const PAGES_UNREADABLE: u32 = 100;

/// The smallest known page size, in rows: a page with fewer rows may be the last of its window.
const PAGE_LEAST: usize = 10;

/// A page to request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The window it belongs to.
    pub span: Span,
    /// The page's number, from 1.
    pub page: u32,
    /// Whether nothing says yet that this page has new voicemail: a first page, or one after a page without.
    pub doubtful: bool,
    course: usize,
}

/// The progress of the walk, over all windows started so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Voicemails received, each counted once; rows outside their window are not counted.
    pub received: usize,
    /// How many voicemails the server announced.
    pub total: Option<u64>,
    /// Rows that could not be read.
    pub unreadable: usize,
    /// Pages received.
    pub page: u32,
    /// How many pages there are, once a first page has arrived.
    pub pages: Option<u32>,
}

/// The walk through a list of windows.
#[derive(Debug)]
pub struct Walk {
    /// Oldest first, so that a window for newer voicemails can be added at the end.
    courses: Vec<WindowWalk>,
    margin: i64,
}

impl Walk {
    /// Creates a walk through `windows`, which must be newest first. `margin` (milliseconds) is how
    /// late a voicemail may appear, and so how far a server that sorts by arrival may deviate from the
    /// order of time.
    pub fn new(windows: &[Window], margin: i64) -> Walk {
        Walk { courses: windows.iter().rev().map(|window| WindowWalk::new(*window)).collect(), margin }
    }

    /// Adds to the walk a window that is newer than all others.
    pub fn add_newest(&mut self, window: Window) {
        self.courses.push(WindowWalk::new(window));
    }

    /// Returns the windows of the walk, newest first.
    pub fn windows(&self) -> impl Iterator<Item = Window> {
        self.courses.iter().rev().map(|course| course.window)
    }

    /// Returns the walk's next page that can be requested now, from the newest window that has one.
    pub fn next_request(&mut self) -> Option<Request> {
        self.courses.iter_mut().enumerate().rev().find_map(|(index, course)| {
            let Ahead::Page(page) = course.ahead() else { return None };
            course.next = page + 1;
            course.in_flight += 1;
            let doubtful = page == 1 || course.barren > 0;
            Some(Request { span: course.window.span, page, doubtful, course: index })
        })
    }

    /// Adds a page to the walk. Returns the span that is covered once the rows of this page and of all
    /// earlier pages are stored, if it is larger than before.
    pub fn arrived(&mut self, request: Request, page: &Page) -> Option<Span> {
        self.courses[request.course].arrived(request.page, page, self.margin)
    }

    /// Records that the server refused a page within the total, other than the first. Once all earlier
    /// pages have arrived, this turns out to be the end of the window, or a gap that keeps the window
    /// incomplete. Returns the same as [`Walk::arrived`].
    pub fn refused(&mut self, request: Request) -> Option<Span> {
        self.courses[request.course].refused(request.page, self.margin)
    }

    /// Returns whether a failed request only means that its window has no such page. `refused` says
    /// whether the server understood the request and refused it.
    ///
    /// Always false within the total; see [`Walk::refused`]. Past the total, a refusal is the end. Any
    /// other failure is the end only if the total was right: more than one page, and every row arrived.
    pub fn is_past_the_end(&self, request: Request, refused: bool) -> bool {
        let course = &self.courses[request.course];
        course.page_one.is_some_and(|first| {
            request.page > first.pages && (refused || (first.pages > 1 && course.has_kept_total()))
        })
    }

    /// Returns whether every window of the sync was walked to its end.
    pub fn is_complete(&self) -> bool {
        self.courses.iter().all(|course| course.done)
    }

    /// Returns whether a window was given up because the server still sends new rows
    /// [`PAGES_PAST_TOTAL`] pages past its total, or [`PAGES_UNREADABLE`] pages that cannot be read.
    pub fn is_endless(&self) -> bool {
        self.courses.iter().any(|course| course.ahead() == Ahead::TooMuch)
    }

    /// Returns the progress of the walk.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for course in &self.courses {
            tally.received += course.received;
            tally.unreadable += course.unreadable;
            tally.page += course.arrived;
            let Some(first) = course.page_one else { continue };
            // A finished window counts the rows that arrived, whatever its total was.
            let (received, done) = (course.received as u64, course.done);
            let pages = if done { course.arrived } else { first.pages.max(course.arrived) };
            tally.pages = Some(tally.pages.unwrap_or(0).saturating_add(pages));
            if let Some(total) = first.total {
                let total = if done { received } else { total.max(received) };
                tally.total = Some(tally.total.unwrap_or(0).saturating_add(total));
            }
        }
        tally
    }
}

/// What the first page of a window says about the window.
#[derive(Clone, Copy, Debug)]
struct PageOne {
    /// How many rows it has, readable or not.
    size: usize,
    /// How many rows there are in total, if the server says so and the page does not contradict it.
    total: Option<u64>,
    /// The number of the last page by the total; 1 without a total.
    pages: u32,
}

impl PageOne {
    fn new(page: &Page) -> PageOne {
        let size = sent(page);
        let total = if size == 0 { Some(0) } else { page.total.filter(|&total| total > 0) };
        let pages = total.unwrap_or(0).div_ceil(size.max(1) as u64);
        PageOne { size, total, pages: u32::try_from(pages).unwrap_or(u32::MAX).max(1) }
    }
}

/// The next step in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    /// This page can be requested.
    Page(u32),
    /// Nothing can be requested until more pages have arrived.
    Answers,
    /// The window was walked to its end.
    Nothing,
    /// There are more pages than a correct server has.
    TooMuch,
}

/// The walk through one window.
#[derive(Debug)]
struct WindowWalk {
    window: Window,
    page_one: Option<PageOne>,
    /// The next page to request.
    next: u32,
    in_flight: u32,
    arrived: u32,
    /// The highest page with new rows, and the highest without.
    last_news: u32,
    last_void: u32,
    /// The highest full page, and the lowest refused page within the total.
    last_full: u32,
    first_refused: Option<u32>,
    /// Whether the last page by the total was not full.
    ended_short: bool,
    seen: HashSet<VoicemailId>,
    /// The pages with unreadable rows: the identities of the readable rows and a hash of the others.
    mixed: HashSet<(Vec<VoicemailId>, u64)>,
    /// How many pages in a row had no new row that can be read.
    barren: u32,
    /// How many rows of `seen` are in the window.
    received: usize,
    unreadable: usize,
    order: PageOrder,
    done: bool,
}

impl WindowWalk {
    fn new(window: Window) -> WindowWalk {
        WindowWalk {
            window,
            page_one: None,
            next: 1,
            in_flight: 0,
            arrived: 0,
            last_news: 0,
            last_void: 0,
            last_full: 0,
            first_refused: None,
            ended_short: false,
            seen: HashSet::new(),
            mixed: HashSet::new(),
            barren: 0,
            received: 0,
            unreadable: 0,
            order: PageOrder::default(),
            done: false,
        }
    }

    fn ahead(&self) -> Ahead {
        if self.next == 1 {
            return Ahead::Page(1);
        }
        let Some(first) = self.page_one else { return Ahead::Answers };
        // A page without new rows is the end, unless a later page, already requested, has some.
        let ended = self.done || self.last_void > self.last_news;
        if !ended && self.barren >= PAGES_UNREADABLE {
            return if self.in_flight > 0 { Ahead::Answers } else { Ahead::TooMuch };
        }
        if !ended && self.next <= first.pages {
            Ahead::Page(self.next)
        } else if self.in_flight > 0 {
            Ahead::Answers
        } else if ended || !self.goes_on_past(first) {
            Ahead::Nothing
        } else if self.next.saturating_sub(first.pages) > PAGES_PAST_TOTAL {
            Ahead::TooMuch
        } else {
            Ahead::Page(self.next)
        }
    }

    /// Returns whether there may be a page past the total. Call it when all requested pages have
    /// arrived and the last one had new rows.
    fn goes_on_past(&self, first: PageOne) -> bool {
        // Once a page past the total had new rows, the total means nothing.
        self.next > first.pages + 1 || !self.ended_short || !self.has_kept_total()
    }

    /// Returns whether at least as many rows arrived as the server announced.
    fn has_kept_total(&self) -> bool {
        let total = self.page_one.and_then(|first| first.total);
        total.is_some_and(|total| (self.seen.len() + self.unreadable) as u64 >= total)
    }

    fn arrived(&mut self, number: u32, page: &Page, margin: i64) -> Option<Span> {
        self.in_flight -= 1;
        self.arrived += 1;
        self.unreadable += page.unreadable;
        let first = *self.page_one.get_or_insert_with(|| PageOne::new(page));

        let mut fresh = false;
        for row in &page.rows {
            if self.seen.insert(row.id) {
                fresh = true;
                self.received += usize::from(self.window.span.contains(row.time.timestamp_millis()));
            }
        }
        self.barren = if fresh { 0 } else { self.barren + 1 };
        if self.may_be_news(page) || fresh {
            self.last_news = self.last_news.max(number);
        } else {
            self.last_void = self.last_void.max(number);
            if page.unreadable > 0 && number <= first.pages && !self.has_kept_total() {
                // A page that is sent again instead of the one that must exist.
                self.first_refused = Some(self.first_refused.map_or(number, |first| first.min(number)));
            }
        }
        if number == first.pages {
            self.ended_short = sent(page) < first.size;
        }
        if sent(page) >= first.size.max(PAGE_LEAST) {
            self.last_full = self.last_full.max(number);
        }
        self.order.arrived(number, &page.rows);
        self.covered(margin)
    }

    fn refused(&mut self, number: u32, margin: i64) -> Option<Span> {
        self.in_flight -= 1;
        self.last_void = self.last_void.max(number);
        self.first_refused = Some(self.first_refused.map_or(number, |first| first.min(number)));
        self.covered(margin)
    }

    /// Returns whether a refused page must exist: a later page had new rows, or the page before it was
    /// full, as with a server that limits the number of pages.
    fn has_gap(&self) -> bool {
        self.first_refused.is_some_and(|page| page <= self.last_news || page <= self.last_full + 1)
    }

    /// Returns whether unreadable rows may be new ones: no earlier page had the same.
    fn may_be_news(&mut self, page: &Page) -> bool {
        let ids = page.rows.iter().map(|row| row.id).collect();
        page.unreadable > 0 && self.mixed.insert((ids, page.unreadable_hash))
    }

    /// Returns the span covered now, if it is larger than before. Closes the window at its end.
    fn covered(&mut self, margin: i64) -> Option<Span> {
        let Window { span, settled } = self.window;
        if self.ahead() == Ahead::Nothing && !self.has_gap() {
            self.done = true;
            self.seen = HashSet::new();
            return settled.then_some(span);
        }
        let down_to = self.order.take_proven()?.saturating_add(1).saturating_add(margin);
        let covered = span.intersect(Span::from_millis(down_to, i64::MAX));
        (settled && !covered.is_empty()).then_some(covered)
    }
}

/// Returns the number of rows that the server sent, readable or not.
fn sent(page: &Page) -> usize {
    page.rows.len() + page.unreadable
}
