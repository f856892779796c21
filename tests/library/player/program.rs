//! Playing through a program of the user's own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use vmail::audio;
use vmail::player::{Control, Event, Output, Outputs, Play, Unavailable};

use crate::player::{RATE, World, ms, place, play, ramp, samples};
use crate::until::until;

fn sh(script: &str) -> Outputs {
    let player_command = ["sh", "-c", script].map(str::to_owned).to_vec();
    Outputs { player_command, ..Outputs::default() }
}

fn world(outputs: Outputs) -> World {
    World::new(move |rate| outputs.open(rate))
}

/// The samples of a file that a program wrote, and their rate.
fn heard(file: &Path) -> (Vec<i16>, u32) {
    let bytes = fs::read(file).unwrap();
    let pcm = audio::decode(&bytes).unwrap();
    let (whole, _) = bytes[44..].as_chunks::<2>();
    (whole.iter().map(|sample| i16::from_le_bytes(*sample)).collect(), pcm.encoding.rate)
}

#[test]
fn a_program_gets_all_of_it_as_a_wav_at_the_pace_of_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heard $(touch no).wav");
    let mut world = world(Outputs {
        // The file's name is an argument: no shell reads it but the one that is asked for.
        player_command: ["sh", "-c", "cat > \"$0\"; sleep 0.1", file.to_str().unwrap()]
            .map(str::to_owned)
            .to_vec(),
        ..Outputs::default()
    });
    let began = Instant::now();
    world.play(play(&ramp(ms(1_000))));
    assert_eq!(world.rest(), [Event::Started, Event::Heard, Event::Ended]);
    let took = began.elapsed();
    assert!(took >= ms(800), "all was written after {took:?}");
    let (heard, rate) = heard(&file);
    assert_eq!((heard.len(), rate), (samples(ms(1_000)), RATE));
}

#[test]
fn a_pause_stops_the_flow_and_a_place_starts_it_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let mut world = world(sh(&format!("cat > '{path}'/$$")));
    let files = || {
        let mut files: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort_by_key(|file| fs::metadata(file).unwrap().modified().unwrap());
        files
    };
    let size = || files().last().map_or(0, |file| fs::metadata(file).unwrap().len());
    let length = ms(20_000);
    world.play(play(&ramp(length)));
    until("it plays", || size() > 44 + 4_000);
    world.order(Control::Pause(true));
    assert_eq!(world.event().1, Event::Started);
    // What is on its way arrives.
    assert!(world.events.recv_timeout(ms(100)).is_err());
    let held = size();
    assert!(world.events.recv_timeout(ms(400)).is_err());
    assert_eq!(size(), held, "written while paused");

    world.order(Control::Seek(ms(10_000)));
    world.order(Control::Pause(false));
    until("another one plays", || files().len() == 2 && size() > 44 + 4_000);
    world.order(Control::Stop);
    let (heard, _) = heard(files().last().unwrap());
    let at = place(heard[800], length);
    assert!(at.abs_diff(ms(10_100)) < ms(40), "at {at:?}");
}

#[test]
fn a_program_that_does_not_play_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::write(&locked, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o600)).unwrap();
    let locked = locked.to_str().unwrap();
    let line = |program: &str, how: &str| format!("player_command {program:?} {how}");
    let cases: [(&[&str], String); 5] = [
        (&["/nowhere/player"], line("/nowhere/player", "was not found")),
        (&[locked], line(locked, "cannot be run: permission denied")),
        (&["true"], line("true", "exited before the end of the sound")),
        (&["sh", "-c", "exit 3"], line("exit 3", "failed with exit code 3")),
        (
            &["sh", "-c", "cat > /dev/null; exit 4"],
            line("cat > /dev/null; exit 4", "failed with exit code 4"),
        ),
    ];
    for (command, expected) in cases {
        let outputs = Outputs {
            player_command: command.iter().map(|&part| part.to_owned()).collect(),
            ..Outputs::default()
        };
        let mut world = world(outputs);
        world.play(Play { from: ms(1_500), ..play(&ramp(ms(2_000))) });
        let events = world.rest();
        let Some(Event::Failed(reason)) = events.last() else { panic!("{command:?}: {events:?}") };
        assert_eq!(reason.to_string(), expected);
    }
}

#[test]
fn a_program_that_does_not_read_is_given_up() {
    let outputs = sh("exec sleep 60");
    let mut output = outputs.open(192_000).unwrap();
    let packet = vec![0; 19_200];
    let failure = (0..1_000).find_map(|_| output.write(&packet).err());
    let how = "does not read the sound".to_owned();
    assert_eq!(failure, Some(Unavailable::Program { program: "exec sleep 60".to_owned(), how }));
}

#[test]
fn the_program_ends_with_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let outputs = sh(&format!("echo $$ > '{}'; exec sleep 60", file.display()));
    let mut output: Box<dyn Output> = outputs.open(RATE).unwrap();
    output.write(&[0; 80]).unwrap();
    let pid = || fs::read_to_string(&file).unwrap_or_default().trim().parse::<u32>().ok();
    until("it runs", || pid().is_some());
    let pid = pid().unwrap();
    assert!(!output.drain(Duration::ZERO).unwrap(), "it sleeps");
    drop(output);
    // A child that nobody waited for would still be there.
    let process = rustix::process::Pid::from_raw(pid as i32).unwrap();
    assert!(rustix::process::test_kill_process(process).is_err(), "it is still there");
}

/// What was drained can be taken back: by going to another place, for one.
#[test]
fn a_program_that_ended_with_all_it_got_is_started_anew_for_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let mut output = sh(&format!("cat > '{path}'/$$")).open(RATE).unwrap();
    output.write(&[1; 80]).unwrap();
    until("all of it is heard", || output.drain(ms(20)).unwrap());
    let first = fs::read_dir(folder.path()).unwrap().count();
    assert!(output.accepts(ms(1_000)).unwrap() > 0);
    output.write(&[2; 80]).unwrap();
    until("that as well", || output.drain(ms(20)).unwrap());
    assert_eq!([first, fs::read_dir(folder.path()).unwrap().count()], [1, 2]);
}
