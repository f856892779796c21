//! Processes that are killed, and processes that work at the same time.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use tempfile::TempDir;
use vmail::core::facts::Fact;
use vmail::core::triage::Edit;

use crate::child::{child, given, printed};
use crate::triage::model::{Action, Model, Program};
use crate::triage::support::*;

const STORE: &str = "VMAIL_TEST_STORE";
const SEED: &str = "VMAIL_TEST_SEED";

/// Starts `test` with the store at `path`.
fn start(test: impl Fn(), path: &Path, seed: u64) -> Child {
    let mut command = child(test);
    command.env(STORE, path).env(SEED, seed.to_string()).stdout(Stdio::piped()).spawn().unwrap()
}

/// What it was given.
fn orders() -> (PathBuf, u64) {
    (PathBuf::from(given(STORE)), given(SEED).to_str().unwrap().parse().unwrap())
}

/// Numbers without an end, the same for the same seed (splitmix64).
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    (1..).map(move |step: u64| {
        let mut z = seed.wrapping_add(step.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// What a session does.
fn session(seed: u64) -> impl Iterator<Item = Action> {
    let first = std::iter::once(Action::Sync((0..6).collect()));
    first.chain((1..).zip(numbers(seed)).map(|(moment, bits)| Action::new(bits, moment)))
}

/// The process that is killed in the next test.
#[test]
#[ignore = "another test runs it in a process of its own"]
fn acts_until_killed() {
    let (path, seed) = orders();
    let mut program = Program::open(&path);
    for (count, action) in (1..).zip(session(seed)) {
        program.act(&action);
        println!("\ndone {count}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let mut model = Model::default();
    for (seed, wait) in (0..12).zip(numbers(99)) {
        let mut child = start(acts_until_killed, &path, seed);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged =
            lines.filter_map(|line| line.unwrap().strip_prefix("done ")?.parse::<usize>().ok());
        let wait = (wait % 100) as usize;
        acknowledged.nth(wait).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // It went on until the kill arrived: what it said by then counts.
        let count = acknowledged.last().unwrap_or(wait + 1);

        let mut session = session(seed);
        for action in session.by_ref().take(count) {
            model.act(&action);
        }
        let found = Program::open(&path).states();
        if found != model.states {
            // The one that was under way may have been done as well.
            let action = session.next().unwrap();
            model.act(&action);
            assert_eq!(found, model.states, "after {count} of {seed}: {action:?}");
        }
        model.forget();
    }
}

/// One of the processes of the next test.
#[test]
#[ignore = "another test runs it in a process of its own"]
fn tags_stars_and_notes() {
    let (path, seed) = orders();
    let (mut store, account) = open(&path);
    for turn in 0..60 {
        let number = turn % 10;
        apply(&mut store, account, [number], tags(&[&format!("{seed}-{turn}")], &[]));
        // Each its own half: done and undone, and done in the end.
        let half = number % 2 == seed as i64;
        if half {
            let done = apply(&mut store, account, [number], Edit::Fact(Fact::Done, Some(turn)));
            let undone = store.revert(account, &done.undo).unwrap();
            store.revert(account, &undone.undo).unwrap();
            apply(&mut store, account, [number], Edit::Note(note(&format!("{seed} {turn}"), turn)));
        } else {
            apply(&mut store, account, [number], Edit::Fact(Fact::Starred, Some(0)));
        }
    }
}

#[test]
fn two_processes_at_once_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmail.db");
    let (mut store, account) = open(&path);
    store.put_page(account, &many(10), None).unwrap();
    let before = store.change_cursor().unwrap();
    let children = [0, 1].map(|seed| start(tags_stars_and_notes, &path, seed));
    for child in children {
        printed(child.wait_with_output().unwrap());
    }
    for (number, record) in (0..).zip(records(&mut store, account).into_iter().rev()) {
        let mut expected: Vec<_> = (0..2)
            .flat_map(|seed| (0..6).map(move |round| format!("{seed}-{}", round * 10 + number)))
            .collect();
        expected.sort();
        assert_eq!(record.tags.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
        assert!(record.facts.has(Fact::Starred));
        assert_eq!(record.facts.get(Fact::Done), Some(number));
        assert_eq!(record.note, note(&format!("{} {}", number % 2, 50 + number), 50 + number));
    }
    let changed = store.changed_rows(account, before, usize::MAX).unwrap();
    assert_eq!(changed.rows.len(), 10);
}
