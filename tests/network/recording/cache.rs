//! What is let go of when there is too much, and in which order.

use std::fs;

use chrono::{DateTime, TimeZone as _, Utc};
use vmail::recording::{Evicted, Limits};

use crate::recording::support::{Reply, ScriptedServer, Shelf, id, limits, mp3};

/// So many minutes after a time that is long gone.
fn minute(minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2020, 1, 1, 0, minute, 0).unwrap()
}

/// Recordings of 1,000 bytes numbered from 0, heard in this order, where `keep` bytes may stay.
async fn shelf(heard: [u64; 5], keep: u64) -> Shelf {
    let shelf = Shelf::new(Limits { cache_bytes: keep, ..limits() });
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    for (at, number) in (0..).zip(heard) {
        shelf.fetch(&server, number).await.unwrap();
        shelf.recordings.touch(id(number), minute(at)).unwrap();
    }
    shelf
}

fn left(shelf: &Shelf) -> Vec<u64> {
    (0..5).filter(|&number| shelf.recordings.kept(id(number)).is_some()).collect()
}

#[tokio::test]
async fn the_least_recently_heard_go_first() {
    let shelf = shelf([3, 1, 4, 0, 2], 3_500).await;
    assert_eq!(shelf.recordings.evict(&|_| false).unwrap(), Evicted { files: 2, bytes: 2_000, left: 3_000 });
    assert_eq!(left(&shelf), [0, 2, 4]);
    assert_eq!(shelf.recordings.evict(&|_| false).unwrap(), Evicted { files: 0, bytes: 0, left: 3_000 });
    assert_eq!(left(&shelf), [0, 2, 4]);
}

#[tokio::test]
async fn hearing_one_again_saves_it() {
    let shelf = shelf([3, 1, 4, 0, 2], 2_000).await;
    shelf.recordings.touch(id(3), minute(59)).unwrap();
    shelf.recordings.evict(&|_| false).unwrap();
    assert_eq!(left(&shelf), [2, 3]);
}

#[tokio::test]
async fn what_is_just_fetched_counts_as_heard() {
    let shelf = shelf([3, 1, 4, 0, 2], 1_000).await;
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    shelf.recordings.remove(id(3)).unwrap();
    shelf.fetch(&server, 3).await.unwrap();
    shelf.recordings.evict(&|_| false).unwrap();
    assert_eq!(left(&shelf), [3]);
}

#[tokio::test]
async fn the_starred_stay_even_if_that_is_too_much() {
    let shelf = shelf([0, 1, 2, 3, 4], 1_000).await;
    let starred = |of| of == id(0) || of == id(2);
    assert_eq!(shelf.recordings.evict(&starred).unwrap(), Evicted { files: 3, bytes: 3_000, left: 2_000 });
    assert_eq!(left(&shelf), [0, 2]);
}

#[tokio::test]
async fn files_of_others_are_neither_counted_nor_deleted() {
    let shelf = shelf([0, 1, 2, 3, 4], 5_000).await;
    let notes = shelf.folder().join("notes.mp3");
    fs::write(&notes, vec![0; 10_000]).unwrap();
    assert_eq!(shelf.recordings.evict(&|_| false).unwrap(), Evicted { files: 0, bytes: 0, left: 5_000 });
    assert!(notes.exists());
}

#[tokio::test]
async fn a_removed_one_is_gone_and_can_be_removed_again() {
    let shelf = shelf([0, 1, 2, 3, 4], 5_000).await;
    for _ in 0..2 {
        shelf.recordings.remove(id(1)).unwrap();
        shelf.recordings.touch(id(1), minute(1)).unwrap();
        assert_eq!(left(&shelf), [0, 2, 3, 4]);
    }
}
