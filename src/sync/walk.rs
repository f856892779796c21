//! The walk through the pages of the windows: a state machine without time, retries or I/O.
//!
//! The server's total is a hint. Page 1 of a window gives it together with the page size (as many
//! rows as were sent, readable or not), and the pages up to it may be asked for side by side. The
//! window ends on a page that brings nothing new, or where the total is met by a last page that is
//! not full; where the total is missing, or may be too small, one page at a time is tried past it.
//! Where it is too big, a server may refuse the pages that it does not have: that is the end as well,
//! if the page before was not full.

use std::collections::HashSet;

use super::order::Order;
use super::plan::Window;
use crate::model::{Span, VoicemailId};
use crate::telecmi::Page;

/// How many pages past the total may bring something new before the server counts as endless.
///
/// With the smallest known page of 10 rows that is 10,000 voicemail in a window without a total.
/// What arrived until then is kept, and where it came newest first the next walk starts below it.
pub const PAGES_PAST_TOTAL: u32 = 1_000;

/// The smallest known page, in rows: a page with fewer may be a window's last.
const PAGE_LEAST: usize = 10;

/// A page to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The window it belongs to.
    pub span: Span,
    /// The page's number, from 1.
    pub page: u32,
    course: usize,
}

/// How far the walk has come, over all windows that were begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Voicemail seen, each once; rows outside their window are not counted.
    pub got: usize,
    /// How many there are to get, as far as the server said.
    pub of: Option<u64>,
    /// Rows that could not be read.
    pub unreadable: usize,
    /// Pages that arrived.
    pub page: u32,
    /// How many pages there are to get, once a first page has told.
    pub pages: Option<u32>,
}

/// The walk through a list of windows.
#[derive(Debug)]
pub struct Walk {
    /// Oldest first, so that a window for newer voicemail can be added at the end.
    courses: Vec<Course>,
    margin: i64,
}

impl Walk {
    /// A walk through `windows`, given newest first. `margin` (milliseconds) is how much later than
    /// its time a voicemail may appear, and so how far a server that sorts by arrival may stray
    /// from the order of time.
    pub fn new(windows: &[Window], margin: i64) -> Walk {
        Walk { courses: windows.iter().rev().map(|window| Course::new(*window)).collect(), margin }
    }

    /// Adds a window that is newer than all others.
    pub fn add_newest(&mut self, window: Window) {
        self.courses.push(Course::new(window));
    }

    /// The windows, newest first.
    pub fn windows(&self) -> impl Iterator<Item = Window> {
        self.courses.iter().rev().map(|course| course.window)
    }

    /// The next page to ask for, if one can be asked for now: of the newest window that has one.
    pub fn next_request(&mut self) -> Option<Request> {
        self.courses.iter_mut().enumerate().rev().find_map(|(index, course)| {
            let Ahead::Page(page) = course.ahead() else { return None };
            course.next = page + 1;
            course.in_flight += 1;
            Some(Request { span: course.window.span, page, course: index })
        })
    }

    /// Takes an answer in. Returns the stretch that is covered once the rows of this page and of
    /// all pages before it are stored, if that is more than before.
    pub fn arrived(&mut self, request: Request, page: &Page) -> Option<Span> {
        self.courses[request.course].arrived(request.page, page, self.margin)
    }

    /// Takes in that the server understood a request for a page within the total, but not the first,
    /// and turned it down. What comes of it shows once the pages before it are there: the window's
    /// end, or a gap, with which it is never complete. Returns the same as [`Walk::arrived`].
    pub fn refused(&mut self, request: Request) -> Option<Span> {
        self.courses[request.course].refused(request.page, self.margin)
    }

    /// Whether a request that failed only says that its window has no such page. `refused` is
    /// whether the server understood the request and turned it down.
    ///
    /// Never so within the total, which is for [`Walk::refused`]. Past it a refusal is an end; any
    /// other failure is one only when the total was kept, over more than a page and to the last row.
    pub fn is_past_the_end(&self, request: Request, refused: bool) -> bool {
        let course = &self.courses[request.course];
        course.page_one.is_some_and(|first| {
            request.page > first.pages && (refused || (first.pages > 1 && course.has_kept_total()))
        })
    }

    /// Whether every window was walked to its end.
    pub fn is_complete(&self) -> bool {
        self.courses.iter().all(|course| course.done)
    }

    /// Whether a window was given up, because [`PAGES_PAST_TOTAL`] pages past its total the server
    /// still brings new rows.
    pub fn is_endless(&self) -> bool {
        self.courses.iter().any(|course| course.ahead() == Ahead::TooMuch)
    }

    /// How far the walk has come.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for course in &self.courses {
            tally.got += course.got;
            tally.unreadable += course.unreadable;
            tally.page += course.arrived;
            let Some(first) = course.page_one else { continue };
            // At its end a window holds what came, whatever the total was.
            let (got, done) = (course.got as u64, course.done);
            let pages = if done { course.arrived } else { first.pages.max(course.arrived) };
            tally.pages = Some(tally.pages.unwrap_or(0).saturating_add(pages));
            if let Some(total) = first.total {
                let of = if done { got } else { total.max(got) };
                tally.of = Some(tally.of.unwrap_or(0).saturating_add(of));
            }
        }
        tally
    }
}

/// What the first page of a window told.
#[derive(Clone, Copy, Debug)]
struct PageOne {
    /// Rows sent, readable or not.
    size: usize,
    /// How many rows there are in all, if the server said so and what it sent does not belie it.
    total: Option<u64>,
    /// The last page by the total; 1 where there is none.
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

/// What comes next in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    /// This page can be asked for.
    Page(u32),
    /// Nothing can be asked for until more answers are there.
    Answers,
    /// It was walked to its end.
    Nothing,
    /// More pages than any honest server has.
    TooMuch,
}

/// The walk through one window.
#[derive(Debug)]
struct Course {
    window: Window,
    page_one: Option<PageOne>,
    /// The next page to ask for.
    next: u32,
    in_flight: u32,
    arrived: u32,
    /// The highest page that brought something new, and the highest that did not.
    last_news: u32,
    last_void: u32,
    /// The highest page that was full, and the lowest within the total that was refused.
    last_full: u32,
    first_refused: Option<u32>,
    /// Whether the last page by the total was not full.
    ended_short: bool,
    seen: HashSet<VoicemailId>,
    /// The pages with rows of both kinds: the identities of the readable, the number of the others.
    mixed: HashSet<(Vec<VoicemailId>, usize)>,
    /// The rows of `seen` that lie in the window.
    got: usize,
    unreadable: usize,
    order: Order,
    done: bool,
}

impl Course {
    fn new(window: Window) -> Course {
        Course {
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
            got: 0,
            unreadable: 0,
            order: Order::default(),
            done: false,
        }
    }

    fn ahead(&self) -> Ahead {
        if self.next == 1 {
            return Ahead::Page(1);
        }
        let Some(first) = self.page_one else { return Ahead::Answers };
        // A page without news is the end, unless one after it, asked for before, has some.
        let ended = self.done || self.last_void > self.last_news;
        if !ended && self.next <= first.pages {
            Ahead::Page(self.next)
        } else if self.in_flight > 0 {
            Ahead::Answers
        } else if ended || !self.goes_on_past(first) {
            Ahead::Nothing
        } else if self.next - first.pages > PAGES_PAST_TOTAL {
            Ahead::TooMuch
        } else {
            Ahead::Page(self.next)
        }
    }

    /// Whether there may be a page past the total, when all up to now have arrived and the last of
    /// them brought something new.
    fn goes_on_past(&self, first: PageOne) -> bool {
        // Once a page past the total had news, the total says nothing any more.
        self.next > first.pages + 1 || !self.ended_short || !self.has_kept_total()
    }

    /// Whether as many rows came as the server said there were.
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
                self.got += usize::from(self.window.span.contains(row.time.timestamp_millis()));
            }
        }
        if self.may_be_news(page) || fresh {
            self.last_news = self.last_news.max(number);
        } else {
            self.last_void = self.last_void.max(number);
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

    /// Whether a page was refused that the window has: one after it brought something new, or the
    /// one before it is full, as where a server gives no more than so many pages.
    fn has_gap(&self) -> bool {
        self.first_refused.is_some_and(|page| page <= self.last_news || page <= self.last_full + 1)
    }

    /// Whether rows that cannot be read may be new ones: they cannot be told apart. They are not
    /// when the readable rows beside them make the page the same as an earlier one.
    fn may_be_news(&mut self, page: &Page) -> bool {
        let ids = page.rows.iter().map(|row| row.id).collect();
        page.unreadable > 0 && (page.rows.is_empty() || self.mixed.insert((ids, page.unreadable)))
    }

    /// What is covered now, if that is more than before. Closes the window at its end.
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

/// How many rows the server sent, readable or not.
fn sent(page: &Page) -> usize {
    page.rows.len() + page.unreadable
}
