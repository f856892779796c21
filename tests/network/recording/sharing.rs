//! Several who want the same, some who want it no more, and two programs in one folder.

use std::fs;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use vmail::recording::{FetchError, Kept, Recordings};

use crate::recording::support::{Reply, ScriptedServer, Shelf, closed, id, in_time, limits, mp3, name};

const LENGTH: usize = 600_000;

/// A server that sends half of a recording, and the rest when the gate opens.
async fn gated() -> (ScriptedServer, Arc<Semaphore>) {
    let gate = closed();
    let reply = Reply::audio(mp3(LENGTH)).gated(&gate, LENGTH, LENGTH / 2);
    (ScriptedServer::start([reply]).await, gate)
}

type Fetching = JoinHandle<Result<Kept, FetchError>>;

/// A fetch in a task of its own, and word of every step of it.
fn begin(recordings: &Recordings, server: &ScriptedServer) -> (Fetching, mpsc::Receiver<u64>) {
    let (told, heard) = mpsc::channel(1_000);
    let (recordings, client) = (recordings.clone(), server.client.clone());
    let fetch = async move {
        let progress = |got, _| told.try_send(got).unwrap();
        in_time(recordings.fetch(&client, id(1), &name(), progress)).await
    };
    (tokio::spawn(fetch), heard)
}

/// The same, once half is there.
async fn half(recordings: &Recordings, server: &ScriptedServer) -> (Fetching, mpsc::Receiver<u64>) {
    let (fetch, mut heard) = begin(recordings, server);
    while heard.recv().await.expect("it ended") < (LENGTH / 2) as u64 {}
    (fetch, heard)
}

#[tokio::test]
async fn what_is_kept_is_not_asked_for_again() {
    let shelf = Shelf::new(limits());
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    let first = shelf.fetch(&server, 1).await.unwrap();
    assert_eq!(shelf.fetch(&server, 1).await.unwrap(), first);
    let reopened = shelf.reopened();
    assert_eq!(reopened.kept(id(1)), Some(first.clone()));
    assert_eq!(reopened.fetch(&server.client, id(1), &name(), |_, _| {}).await.unwrap(), first);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(first.path, shelf.folder().join(format!("{}.mp3", id(1))));
}

#[tokio::test]
async fn two_who_want_the_same_share_one_transfer_and_its_progress() {
    let shelf = Shelf::new(limits());
    let (server, gate) = gated().await;
    let (first, _first_heard) = half(&shelf.recordings, &server).await;
    let (second, mut second_heard) = half(&shelf.recordings, &server).await;
    gate.add_permits(1);
    let kept = first.await.unwrap().unwrap();
    assert_eq!(second.await.unwrap().unwrap(), kept);
    assert!(second_heard.recv().await.is_some());
    assert!(fs::read(kept.path).unwrap() == mp3(LENGTH));
    assert_eq!((server.requests().len(), shelf.files().len()), (1, 1));
}

#[tokio::test]
async fn two_who_want_the_same_share_its_failure() {
    let shelf = Shelf::new(limits());
    let gate = closed();
    let missing = r#"{"code":404,"msg":"File not found"}"#;
    let reply = Reply::new(200, "", missing).gated(&gate, missing.len(), 0);
    let server = ScriptedServer::start([reply, Reply::audio(mp3(1_000))]).await;
    let fetch = || shelf.fetch(&server, 1);
    let ((first, second), ()) =
        tokio::join!(async { tokio::join!(fetch(), fetch()) }, async { gate.add_permits(1) },);
    assert_eq!((first, second), (Err(FetchError::NotReady), Err(FetchError::NotReady)));
    assert_eq!(server.requests().len(), 1);
    // It is over with that: the next one asks anew.
    assert!(fetch().await.is_ok());
}

#[tokio::test]
async fn who_goes_away_does_not_stop_the_other() {
    let shelf = Shelf::new(limits());
    let (server, gate) = gated().await;
    let (first, _first_heard) = half(&shelf.recordings, &server).await;
    let (second, mut second_heard) = half(&shelf.recordings, &server).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    let kept = second.await.unwrap().unwrap();
    assert!(second_heard.recv().await.is_some());
    assert!(fs::read(kept.path).unwrap() == mp3(LENGTH));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_dropped_transfer_leaves_nothing() {
    let shelf = Shelf::new(limits());
    let (server, gate) = gated().await;
    let (fetch, _heard) = half(&shelf.recordings, &server).await;
    assert_eq!(shelf.files().len(), 1, "it is being written");
    fetch.abort();
    assert!(fetch.await.unwrap_err().is_cancelled());
    assert_eq!(shelf.files(), [""; 0]);
    gate.add_permits(2);
    let (again, _heard) = begin(&shelf.recordings, &server);
    assert!(again.await.unwrap().is_ok());
    assert_eq!((server.requests().len(), shelf.files().len()), (2, 1));
}

#[tokio::test]
async fn two_programs_in_one_folder_do_not_disturb_each_other() {
    let shelf = Shelf::new(limits());
    let (server, gate) = gated().await;
    let (first, _first_heard) = half(&shelf.recordings, &server).await;
    let other = shelf.reopened();
    assert_eq!(shelf.files().len(), 1, "what the first one writes is not swept");
    let (second, _second_heard) = half(&other, &server).await;
    assert_eq!(shelf.files().len(), 2);
    gate.add_permits(2);
    let kept = first.await.unwrap().unwrap();
    assert_eq!(second.await.unwrap().unwrap(), kept);
    assert!(fs::read(kept.path).unwrap() == mp3(LENGTH));
    assert_eq!(shelf.files(), [format!("{}.mp3", id(1))]);
}
