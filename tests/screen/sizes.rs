//! Everything can be drawn at every size: a window can be one row high, or have none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use vmail::core::model::Span;
use vmail::tui::overlays::accounts::Choice;

use crate::common::{Opened, Screen, week};

/// What is open: a name, the account, and the keys that open it.
pub const STATES: [(&str, Option<&str>, &str); 29] = [
    ("inbox", Some("acme-support"), ""),
    ("detail", Some("acme-support"), "Enter"),
    ("detail with focus", Some("acme-support"), "Tab"),
    ("search", Some("acme-support"), "/ 9 8"),
    ("mistaken search", Some("acme-support"), "/ i s : x"),
    ("nothing found", Some("acme-support"), "/ x y z z y Enter"),
    ("marks", Some("acme-support"), "v j v"),
    ("playing", Some("acme-support"), "Space"),
    ("queue", Some("acme-support"), "P"),
    ("search while playing", Some("acme-support"), "Space / 9 8"),
    ("note while playing", Some("acme-support"), "Space m h i"),
    ("empty view", Some("acme-support"), "4"),
    ("help", Some("acme-support"), "?"),
    ("filtered help", Some("acme-support"), "? p l"),
    ("dates", Some("acme-support"), "d"),
    ("calendar", Some("acme-support"), "d Tab"),
    ("note", Some("acme-support"), "m h i Ctrl-j h o"),
    ("unsaved note", Some("acme-support"), "m h i Esc"),
    ("tags", Some("acme-support"), "t"),
    ("palette", Some("acme-support"), ": p"),
    ("copying", Some("acme-support"), "Y"),
    ("call", Some("acme-support"), "c"),
    ("name", Some("acme-support"), "C"),
    ("save", Some("acme-support"), "w"),
    ("save marked", Some("acme-support"), "v j v w"),
    ("dates while playing", Some("acme-support"), "Space d Tab"),
    ("elsewhere", Some("acme-support"), "b"),
    ("accounts", Some("acme-support"), "a"),
    ("login", None, "Enter"),
];

pub fn opened(account: Option<&'static str>, keys: &str) -> Screen {
    let choice = |name: &str| Choice { name: name.to_owned(), about: "india · 1111113".to_owned() };
    let mut screen = Screen::open(Opened {
        account,
        stored: if account.is_some() { week() } else { Vec::new() },
        covered: Some(Span::from_millis(0, i64::MAX)),
        accounts: vec![choice("acme-support"), choice("office"), choice("night")],
        ..Opened::default()
    });
    if account.is_some() {
        screen.synced();
    }
    screen.keys(keys);
    screen
}

#[test]
fn every_state_can_be_drawn_at_every_size() {
    let mut faults = Vec::new();
    for (name, account, keys) in STATES {
        let mut screen = opened(account, keys);
        let mut fault = None;
        for height in 0..=12 {
            for width in (0..=24).chain((25..=130).step_by(7)) {
                let drawn = catch_unwind(AssertUnwindSafe(|| {
                    screen.resize(width, height);
                    screen.buffer();
                }));
                if drawn.is_err() && fault.is_none() {
                    fault = Some(format!("{name}: {width}x{height}"));
                }
            }
        }
        faults.extend(fault);
    }
    assert!(faults.is_empty(), "cannot be drawn: {faults:#?}");
}
