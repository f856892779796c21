//! Saving what is marked: what is in the folder afterwards, and what the screen says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{Terminal, until};
use crate::voices::{Reply, Voices, shown_caller};
use crate::world::Home;

/// A recording of the demo.
fn recording() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/hello.mp3")).unwrap()
}

fn open(home: &Home, voices: &Voices) -> Terminal {
    let terminal = voices.inbox(home, &[]).size(100, 30).start();
    terminal.wait_until_live();
    terminal
}

/// Marks the four voicemails and says where to save them.
#[track_caller]
fn ask(terminal: &mut Terminal, folder: &str) {
    terminal.send("w");
    terminal.wait_for("Save 4 recordings");
    // Ctrl-U empties the line.
    terminal.send(&format!("\x15{folder}\r"));
}

/// The files of the folder, the newest voicemail first.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_by_key(|path| path.to_string_lossy().split("-98765-").nth(1).map(str::to_owned));
    files
}

#[track_caller]
fn quit(mut terminal: Terminal) {
    terminal.send("q");
    assert_eq!(terminal.end().exit_code(), 0);
    terminal.assert_given_back();
}

#[test]
fn what_is_marked_is_saved_and_what_is_not_is_said() {
    let ready = Arc::new(AtomicBool::new(false));
    let is_ready = Arc::clone(&ready);
    let voices = Voices::start(4, move |row| {
        if row == 2 && !is_ready.load(Ordering::SeqCst) {
            return Reply::new(404, "content-length: 0", b"");
        }
        Reply::audio(&recording())
    });
    let home = Home::new();
    let folder = home.path().join("calls");
    let mut terminal = open(&home, &voices);
    terminal.send("vvvv");
    ask(&mut terminal, "~/calls");
    terminal.wait_for("3 of 4 saved; Enter to retry the others");
    terminal.wait_for("1 not saved: The recording is not ready yet.");
    assert!(terminal.text().contains(&shown_caller(2)), "{}", terminal.text());
    assert_eq!(files(&folder).len(), 3);
    ready.store(true, Ordering::SeqCst);
    terminal.send("\r");
    terminal.wait_for("4 recordings saved in ~/calls");
    let saved = files(&folder);
    assert_eq!(saved.len(), 4);
    for (row, file) in saved.iter().enumerate() {
        assert_eq!(fs::read(file).unwrap(), recording(), "{row}");
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.ends_with(&format!("_+91-98765-{row:05}.mp3")), "{name}");
    }

    // One was deleted, another is the user's own by now: nothing is overwritten.
    fs::remove_file(&saved[0]).unwrap();
    fs::write(&saved[1], "the user's own").unwrap();
    ask(&mut terminal, "~/calls");
    terminal.wait_for("2 recordings saved in ~/calls, 2 already there");
    assert_eq!(fs::read(&saved[1]).unwrap(), b"the user's own");
    let again = files(&folder);
    assert_eq!(again.len(), 5);
    let stem = saved[1].file_stem().unwrap().to_str().unwrap();
    let own = again.iter().find(|path| path.to_string_lossy().contains(&format!("{stem}_"))).unwrap();
    assert_eq!(fs::read(own).unwrap(), recording());

    // A folder that cannot be made.
    ask(&mut terminal, &format!("{}/below", saved[0].display()));
    terminal.wait_for("4 not saved:");
    terminal.wait_for("0 of 4 saved");
    terminal.send("\x1b");
    terminal.wait_for("nothing saved, 4 not saved");
    quit(terminal);
}

#[test]
fn saving_stops_where_it_is() {
    let voices = Voices::start(4, |_| Reply::audio(&recording()));
    voices.hold(true);
    let home = Home::new();
    let folder = home.path().join("calls");
    let mut terminal = open(&home, &voices);
    terminal.send("vvvv");
    ask(&mut terminal, "~/calls");
    terminal.wait_for("saving 1 of 4");
    until("all four are under way", || voices.running().len() == 4);
    terminal.send("\x1b");
    terminal.wait_for("stopped: nothing saved, 4 not saved");
    assert_eq!(files(&folder), Vec::<PathBuf>::new());
    voices.hold(false);
    ask(&mut terminal, "~/calls");
    terminal.wait_for("4 recordings saved in ~/calls");
    assert_eq!(files(&folder).len(), 4);
    quit(terminal);
}
