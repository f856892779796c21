//! The planner: what is missing, and where it is cut.

use proptest::collection::vec;
use proptest::prelude::*;
use vmail::core::model::Span;
use vmail::sync::plan::{cut, plan};

fn span() -> impl Strategy<Value = Span> {
    (-50_i64..50, 0_i64..40).prop_map(|(start, length)| Span::from_millis(start, start + length))
}

#[test]
fn the_hole_between_two_covered_stretches_is_asked_for_newest_first() {
    let asked = Span::from_millis(0, 100);
    let covered = [Span::from_millis(10, 20), Span::from_millis(30, 90)];
    let missing = [Span::from_millis(90, 100), Span::from_millis(20, 30), Span::from_millis(0, 10)];
    assert_eq!(plan(asked, &covered), missing);
}

#[test]
fn what_is_not_settled_gets_a_window_of_its_own() {
    let windows = cut(&[Span::from_millis(0, 100)], 80, 20);
    let cut: Vec<_> = windows.iter().map(|w| (w.span, w.settled)).collect();
    assert_eq!(cut, [(Span::from_millis(80, 100), false), (Span::from_millis(0, 80), true)]);
}

#[test]
fn a_settled_piece_too_small_for_a_request_stays_with_the_rest() {
    let windows = cut(&[Span::from_millis(60, 100)], 80, 20);
    let cut: Vec<_> = windows.iter().map(|w| (w.span, w.settled)).collect();
    assert_eq!(cut, [(Span::from_millis(60, 100), false)]);
}

proptest! {
    #[test]
    fn every_moment_asked_for_is_either_covered_or_missing(asked in span(), covered in vec(span(), 0..8)) {
        let missing = plan(asked, &covered);
        for moment in -60..100 {
            let is_covered = covered.iter().any(|span| span.contains(moment));
            let windows = missing.iter().filter(|span| span.contains(moment)).count();
            prop_assert_eq!(windows, usize::from(asked.contains(moment) && !is_covered), "at {}", moment);
        }
    }

    #[test]
    fn windows_are_newest_first_and_apart(asked in span(), covered in vec(span(), 0..8)) {
        let missing = plan(asked, &covered);
        prop_assert!(missing.iter().all(|span| !span.is_empty()));
        prop_assert!(missing.windows(2).all(|pair| pair[1].end_millis() < pair[0].start_millis()));
    }

    #[test]
    fn cutting_loses_nothing_and_settles_nothing_too_late(
        asked in span(), covered in vec(span(), 0..8), settled in -60_i64..100, overlap in 0_i64..30,
    ) {
        let missing = plan(asked, &covered);
        let windows = cut(&missing, settled, overlap);
        for moment in -60..100 {
            let before = missing.iter().filter(|span| span.contains(moment)).count();
            let after = windows.iter().filter(|window| window.span.contains(moment)).count();
            prop_assert_eq!(after, before, "at {}", moment);
        }
        for window in &windows {
            prop_assert!(!window.span.is_empty());
            prop_assert!(!window.settled || window.span.end_millis() <= settled);
        }
        prop_assert!(windows.windows(2).all(|pair| pair[1].span.end_millis() <= pair[0].span.start_millis()));
    }
}
