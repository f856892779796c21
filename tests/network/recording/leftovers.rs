//! What a killed process leaves, and who sweeps it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::Once;

use vmail::recording::Recordings;
use vmail::telecmi::Timeouts;

use crate::child::{child, given};
use crate::recording::support::{
    PARTS, Reply, ScriptedServer, Shelf, client, closed, id, limits, mp3, name, now,
};

/// What the other process is given: a folder for its recordings, and the port of a server.
const FOLDER: &str = "VMAIL_TEST_FOLDER";
const PORT: &str = "VMAIL_TEST_PORT";

/// What the other process says once it is writing a file.
const WRITING: &str = "the file is being written";

#[tokio::test]
async fn what_a_killed_process_left_is_swept_and_not_before_it_is_dead() {
    let shelf = Shelf::new(limits());
    let body = mp3(900_000);
    let server = ScriptedServer::start([Reply::cut(&body, 600_000).then_hold()]).await;
    let mut child = other_process(&shelf, &server).await;
    let written = shelf.files();
    assert_eq!(written.len(), 1, "{written:?}");
    shelf.reopened();
    assert_eq!(shelf.files(), written, "the other one lives");

    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(shelf.files(), written, "it had no time to tidy up");
    shelf.reopened();
    assert_eq!(shelf.files(), [""; 0]);
}

/// A process that fetches the recording 1, and has written some of it.
pub async fn other_process(shelf: &Shelf, server: &ScriptedServer) -> Child {
    let mut command = child(the_other_process);
    command.env(FOLDER, shelf.folder()).env(PORT, server.port.to_string());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let writing = tokio::task::spawn_blocking(move || {
        stdout.lines().map_while(Result::ok).any(|line| line.contains(WRITING))
    });
    assert!(writing.await.unwrap(), "the other process ended");
    child
}

/// Fetches what never ends.
#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn the_other_process() {
    let recordings = Recordings::open(given(FOLDER).into(), limits(), now()).unwrap();
    let client = client(given(PORT).to_str().unwrap().parse().unwrap(), Timeouts::default());
    // Once: nobody reads on, and a second line would end this process.
    let said = Once::new();
    let progress = |got, _| {
        if got >= 300_000 {
            said.call_once(|| println!("{WRITING}"));
        }
    };
    recordings.fetch(&client, id(1), &name(), progress).await.unwrap_err();
}

#[test]
fn only_what_this_program_wrote_is_swept() {
    let shelf = Shelf::new(limits());
    let id = id(7);
    let drafts = shelf.folder().join(PARTS);
    fs::create_dir(&drafts).unwrap();
    let ours = [format!("{id}-1-0.part"), format!("{id}-1-1.notes"), format!("{id}-4194304-77.part")];
    let others = [".part", "-1-0.part", "notes.txt", "x-1-0.part", "x.part", "a.mp3"];
    for file in ours.iter().map(String::as_str).chain(others) {
        fs::write(drafts.join(file), "x").unwrap();
        fs::write(shelf.folder().join(file), "x").unwrap();
    }
    let folder = format!("{id}-9-9.part");
    fs::create_dir(drafts.join(&folder)).unwrap();
    shelf.reopened();
    let mut left: Vec<_> = others.iter().map(|name| format!("{PARTS}/{name}")).collect();
    left.push(format!("{PARTS}/{folder}"));
    left.extend(ours.into_iter().chain(others.map(str::to_owned)));
    left.sort_unstable();
    assert_eq!(shelf.files(), left);
}

#[tokio::test]
async fn a_folder_that_was_deleted_meanwhile_is_made_again() {
    let shelf = Shelf::new(limits());
    fs::remove_dir_all(shelf.folder()).unwrap();
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    assert!(shelf.fetch(&server, 1).await.unwrap().path.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn folder_and_files_are_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let shelf = Shelf::new(limits());
    assert_eq!(mode(&shelf.folder()), 0o700);
    assert_eq!(mode(shelf.folder().parent().unwrap()), 0o700);
    let body = mp3(900_000);
    let gate = closed();
    let server = ScriptedServer::start([Reply::audio(&body).gated(&gate, body.len(), 600_000)]).await;
    let progress = |got, _| {
        if got == 600_000 {
            assert_eq!(mode(&shelf.folder().join(&shelf.files()[0])), 0o600, "while it is written");
            gate.add_permits(1);
        }
    };
    let kept = shelf.fetch_with(&server, 1, progress).await.unwrap();
    assert_eq!(mode(&kept.path), 0o600);
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_says_so() {
    let shelf = Shelf::new(limits());
    fs::remove_dir_all(shelf.folder()).unwrap();
    fs::write(shelf.folder(), "a file in the folder's place").unwrap();
    let server = ScriptedServer::start([Reply::audio(mp3(1_000))]).await;
    let error = shelf.fetch(&server, 1).await.unwrap_err();
    assert!(error.to_string().starts_with("The recording cannot be cached: "), "{error}");
    assert!(Recordings::open(shelf.folder(), limits(), now()).is_err());
}
