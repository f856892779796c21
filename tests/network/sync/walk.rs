//! The walk: every row once, and no claim of coverage where a row is missing.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use vmail::core::model::{Span, Voicemail, VoicemailId};
use vmail::sync::plan::{Window, cut, plan};
use vmail::sync::walk::{PAGES_PAST_TOTAL, Request, Walk};
use vmail::telecmi::Page;

use crate::sync::server::{MARGIN, PastTheEnd, ServerModel, Total, everything, servers, voicemail};

/// What the store would hold.
#[derive(Default)]
struct Kept {
    rows: HashMap<VoicemailId, Voicemail>,
    covered: Vec<Span>,
}

impl Kept {
    fn put(&mut self, page: &Page, covered: Option<Span>) {
        self.rows.extend(page.rows.iter().map(|row| (row.id, row.clone())));
        self.covered.extend(covered);
    }

    /// The voicemail of `claimed` that would never be asked for again and are not there.
    fn lost(&self, server: &ServerModel, claimed: Option<Span>) -> Vec<VoicemailId> {
        let claimed = claimed.into_iter().flat_map(|span| server.voicemail(span));
        claimed.filter(|id| !self.rows.contains_key(id)).collect()
    }

    fn ids(&self) -> HashSet<VoicemailId> {
        self.rows.keys().copied().collect()
    }
}

fn nothing() -> Page {
    Page::default()
}

/// Walks with up to `concurrency` requests in flight, which are answered in the order of `picks`
/// (again and again), until the end or until `answers` have come.
fn walk(
    server: &ServerModel,
    walk: &mut Walk,
    kept: &mut Kept,
    concurrency: usize,
    picks: &[usize],
    answers: usize,
) -> Result<Vec<Request>, TestCaseError> {
    let mut in_flight: Vec<Request> = Vec::new();
    let mut asked = Vec::new();
    for pick in picks.iter().cycle().take(answers) {
        while in_flight.len() < concurrency
            && let Some(request) = walk.next_request()
        {
            in_flight.push(request);
            asked.push(request);
        }
        if in_flight.is_empty() {
            break;
        }
        let request = in_flight.swap_remove(pick % in_flight.len());
        let covered = match server.page(request.span, request.page) {
            Some(page) => {
                let covered = walk.arrived(request, &page);
                kept.put(&page, covered);
                covered
            }
            None if walk.is_past_the_end(request, true) => walk.arrived(request, &nothing()),
            None => walk.refused(request),
        };
        kept.covered.extend(covered);
        prop_assert_eq!(kept.lost(server, covered), [], "after {:?}, claiming {:?}", request, covered);
    }
    Ok(asked)
}

fn picks() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<usize>(), 1..40)
}

fn settled(span: Span) -> Window {
    Window { span, settled: true }
}

/// Walks all of a server in order, one request at a time.
fn walk_all(server: &ServerModel) -> (Walk, Kept, Vec<Request>) {
    let (mut state, mut kept) = (Walk::new(&[settled(everything())], MARGIN), Kept::default());
    let asked = walk(server, &mut state, &mut kept, 1, &[0], 1_000_000).unwrap();
    (state, kept, asked)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_row_arrives_and_all_is_covered(
        server in servers(), concurrency in 1_usize..17, picks in picks(), now in 0_i64..10_500,
    ) {
        let windows = cut(&[everything()], now - MARGIN, MARGIN);
        let (mut state, mut kept) = (Walk::new(&windows, MARGIN), Kept::default());
        walk(&server, &mut state, &mut kept, concurrency, &picks, usize::MAX)?;
        prop_assert!(state.is_complete());
        prop_assert_eq!(kept.ids(), server.voicemail(everything()));
        prop_assert_eq!(state.tally().received, kept.rows.len());
        for window in windows {
            prop_assert!(!window.settled || plan(window.span, &kept.covered).is_empty());
            prop_assert!(window.settled || plan(window.span, &kept.covered) == [window.span]);
        }
    }

    #[test]
    fn a_walk_that_was_cut_short_is_taken_up_again(
        server in servers(), concurrency in 1_usize..17, picks in picks(), stops in prop::collection::vec(0_usize..12, 0..4),
    ) {
        let mut kept = Kept::default();
        for answers in stops.into_iter().chain([usize::MAX]) {
            let windows = cut(&plan(everything(), &kept.covered), i64::MAX, MARGIN);
            let mut state = Walk::new(&windows, MARGIN);
            walk(&server, &mut state, &mut kept, concurrency, &picks, answers)?;
        }
        prop_assert_eq!(kept.ids(), server.voicemail(everything()));
        prop_assert!(plan(everything(), &kept.covered).is_empty());
    }

    #[test]
    fn requests_are_few(server in servers(), concurrency in 1_usize..17, picks in picks()) {
        let (mut state, mut kept) = (Walk::new(&[settled(everything())], MARGIN), Kept::default());
        let asked = walk(&server, &mut state, &mut kept, concurrency, &picks, usize::MAX)?;
        // The pages there are, one to see the end, and what was in flight when the end was seen:
        // twice, for on a server that begins again a page may be overtaken by its repetition.
        let pages = server.rows.len().div_ceil(server.page_size);
        prop_assert!(asked.len() <= pages + 1 + 2 * concurrency, "{} pages, {} requests", pages, asked.len());
        let numbers: HashSet<u32> = asked.iter().map(|request| request.page).collect();
        prop_assert_eq!(numbers.len(), asked.len(), "a page was asked for twice");
    }
}

#[test]
fn an_interrupted_walk_goes_on_where_it_stopped() {
    let server = ServerModel::honest((0..100).map(|i| i * 100), 10);
    let (mut state, mut kept) = (Walk::new(&[settled(everything())], MARGIN), Kept::default());
    walk(&server, &mut state, &mut kept, 1, &[0], 3).unwrap();
    // 30 rows, down to 7,000. What lies within the margin above it is asked for again.
    assert_eq!(plan(everything(), &kept.covered), [Span::from_millis(0, 7_001 + MARGIN)]);
}

#[test]
fn a_page_that_comes_before_its_turn_covers_nothing() {
    let server = ServerModel::honest((0..100).map(|i| i * 100), 10);
    let mut state = Walk::new(&[settled(everything())], 0);
    let take = |state: &mut Walk, request: Request| {
        state.arrived(request, &server.page(request.span, request.page).unwrap())
    };
    let first = state.next_request().unwrap();
    assert_eq!(take(&mut state, first), Some(Span::from_millis(9_001, 10_000)));
    let second = state.next_request().unwrap();
    let third = state.next_request().unwrap();
    assert_eq!(take(&mut state, third), None);
    assert_eq!(take(&mut state, second), Some(Span::from_millis(7_001, 10_000)));
}

#[test]
fn rows_oldest_first_cover_nothing_before_the_end() {
    let mut server = ServerModel::honest((0..100).map(|i| i * 100), 10);
    server.rows.reverse();
    let (mut state, mut kept) = (Walk::new(&[settled(everything())], MARGIN), Kept::default());
    walk(&server, &mut state, &mut kept, 1, &[0], 9).unwrap();
    assert_eq!(kept.covered, []);
}

#[test]
fn a_last_page_that_is_not_full_needs_no_further_request() {
    let (_, _, asked) = walk_all(&ServerModel::honest((0..25).map(|i| i * 100), 10));
    assert_eq!(asked.len(), 3);
}

#[test]
fn a_full_last_page_is_followed_by_one_request_to_see_the_end() {
    let (_, _, asked) = walk_all(&ServerModel::honest((0..30).map(|i| i * 100), 10));
    assert_eq!(asked.len(), 4);
}

#[test]
fn nothing_but_the_first_page_is_asked_for_until_it_has_come() {
    let mut state = Walk::new(&[settled(everything())], MARGIN);
    assert!(state.next_request().is_some());
    assert_eq!(state.next_request(), None);
}

#[test]
fn a_free_slot_takes_the_next_window() {
    let (new, old) = (Span::from_millis(50, 100), Span::from_millis(0, 50));
    let mut state = Walk::new(&[settled(new), settled(old)], MARGIN);
    let spans: Vec<Span> = std::iter::from_fn(|| state.next_request()).map(|request| request.span).collect();
    assert_eq!(spans, [new, old]);
}

#[test]
fn after_an_empty_page_a_later_one_with_rows_takes_the_walk_on_to_the_total() {
    let mut state = Walk::new(&[settled(everything())], MARGIN);
    let page = |time: i64| Page { rows: vec![voicemail(time, 0)], total: Some(5), ..nothing() };
    let first = state.next_request().unwrap();
    state.arrived(first, &page(9));
    let (second, third) = (state.next_request().unwrap(), state.next_request().unwrap());
    state.arrived(second, &nothing());
    assert_eq!(state.next_request(), None, "an empty page stops the handing out");
    state.arrived(third, &page(7));
    assert_eq!(state.next_request().map(|request| request.page), Some(4));
}

/// Walks a window of three pages by its total: page 1 is full, page 2 as given, page 3 is refused.
fn walk_with_page_three_refused(second: &[i64]) -> (Walk, Option<Span>) {
    let page = |times: &[i64]| Page {
        rows: times.iter().enumerate().map(|(i, &time)| voicemail(time, i)).collect(),
        total: Some(30),
        ..nothing()
    };
    let mut state = Walk::new(&[settled(everything())], 0);
    let first = state.next_request().unwrap();
    assert!(!state.is_past_the_end(first, true));
    state.arrived(first, &page(&(91..=100).rev().collect::<Vec<_>>()));
    let (two, three) = (state.next_request().unwrap(), state.next_request().unwrap());
    assert!(!state.is_past_the_end(three, true));
    assert_eq!(state.refused(three), None, "the page before it has not come");
    assert_eq!(state.next_request(), None);
    let covered = state.arrived(two, &page(second));
    (state, covered)
}

#[test]
fn a_refusal_within_the_total_is_the_end_when_the_page_before_is_not_full() {
    let (state, covered) = walk_with_page_three_refused(&[90, 89, 88]);
    assert!(state.is_complete());
    assert_eq!(covered, Some(everything()));
}

#[test]
fn a_refusal_after_a_full_page_is_a_gap() {
    let (mut state, covered) = walk_with_page_three_refused(&(81..=90).rev().collect::<Vec<_>>());
    assert!(!state.is_complete());
    assert_eq!(covered, Some(Span::from_millis(82, 10_000)), "what came newest first is covered");
    assert_eq!(state.next_request(), None);
}

#[test]
fn a_refusal_before_a_page_with_rows_is_a_gap() {
    let mut state = Walk::new(&[settled(everything())], 0);
    let page = |time: i64| Page { rows: vec![voicemail(time, 0)], total: Some(3), ..nothing() };
    let first = state.next_request().unwrap();
    state.arrived(first, &page(9));
    let (second, third) = (state.next_request().unwrap(), state.next_request().unwrap());
    assert_eq!(state.refused(second), None);
    assert_eq!(state.arrived(third, &page(7)), None);
    // One more is tried, because the last one brought something new.
    let fourth = state.next_request().unwrap();
    assert_eq!(state.arrived(fourth, &nothing()), None);
    assert_eq!(state.next_request(), None);
    assert!(!state.is_complete());
}

#[test]
fn any_failure_past_a_total_that_was_kept_is_the_end() {
    let server = ServerModel { past_the_end: PastTheEnd::Refuses, ..ServerModel::honest([1, 2, 3, 4], 2) };
    let mut state = Walk::new(&[settled(everything())], MARGIN);
    for _ in 0..2 {
        let request = state.next_request().unwrap();
        state.arrived(request, &server.page(request.span, request.page).unwrap());
    }
    let third = state.next_request().unwrap();
    assert!(state.is_past_the_end(third, false));
}

#[test]
fn a_failure_past_a_total_of_one_page_is_no_end_for_it_may_be_the_pages_own() {
    let server = ServerModel { total: Total::OfThePage, ..ServerModel::honest([1, 2, 3, 4], 2) };
    let mut state = Walk::new(&[settled(everything())], MARGIN);
    let first = state.next_request().unwrap();
    state.arrived(first, &server.page(first.span, 1).unwrap());
    let second = state.next_request().unwrap();
    assert!(!state.is_past_the_end(second, false));
    assert!(state.is_past_the_end(second, true));
}

#[test]
fn a_repeated_page_is_known_even_by_rows_that_cannot_be_read() {
    let mut server = ServerModel {
        total: Total::Absent,
        past_the_end: PastTheEnd::RepeatsLast,
        ..ServerModel::honest([1, 2, 3, 4], 2)
    };
    server.rows[3].1 = None;
    let (state, kept, asked) = walk_all(&server);
    assert!(state.is_complete());
    assert_eq!((kept.rows.len(), asked.len()), (3, 3));
}

#[test]
fn a_server_without_end_is_given_up_on() {
    let server = ServerModel {
        total: Total::TooSmall(1_000_000),
        ..ServerModel::honest((0..).take(PAGES_PAST_TOTAL as usize + 50), 1)
    };
    let (state, kept, asked) = walk_all(&server);
    assert!(state.is_endless() && !state.is_complete());
    assert_eq!(asked.len(), PAGES_PAST_TOTAL as usize + 1);
    assert!(plan(everything(), &kept.covered).iter().any(|span| span.contains(0)), "the rest stays missing");
}

#[test]
fn the_tally_counts_windows_together() {
    let server = ServerModel::honest((0..25).map(|i| i * 100), 10);
    let (state, ..) = walk_all(&server);
    let tally = state.tally();
    assert_eq!((tally.received, tally.total, tally.page, tally.pages), (25, Some(25), 3, Some(3)));
}
