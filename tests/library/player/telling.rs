//! What the player tells, and when it tells nothing.

use std::time::Duration;

use vmail::player::{Control, Event, Play, PlaybackSettings};

use crate::player::fake::Fake;
use crate::player::{PATIENCE, World, ms, plain, play, ramp};

const STEP: Duration = ms(50);

fn watched(sound_length: Duration, settings: PlaybackSettings, behind: Duration) -> (World, Fake) {
    let fake = Fake::default();
    fake.set(|state| state.behind = behind);
    let mut world = World::with(&fake);
    world.send(Control::Watch(Some(STEP)));
    world.play(Play { settings, ..play(&ramp(sound_length)) });
    (world, fake)
}

/// Waits until the player has asked the output where the ear is, and has told what there was to tell.
fn told(world: &mut World, fake: &Fake, watch: Option<Duration>) {
    fake.until("it is looked at", |state| state.asked > 0);
    // It takes no order before it is done with what it asked for.
    world.order(Control::Watch(watch));
}

#[test]
fn the_position_is_what_is_heard() {
    let (mut world, fake) = watched(ms(60_000), plain(), ms(300));
    fake.hear(ms(1_300));
    world.shows(ms(1_000), ms(30));
    world.order(Control::Settings(PlaybackSettings { speed: 2.0, ..plain() }));
    // 50 ms in the output and 300 behind it are as before.
    fake.hear(ms(350));
    world.shows(ms(1_350), ms(30));
    fake.hear(ms(1_000));
    world.shows(ms(3_350), ms(40));
}

#[test]
fn a_place_is_shown_when_it_is_heard() {
    let (mut world, fake) = watched(ms(60_000), plain(), ms(40));
    fake.hear(ms(1_000));
    world.shows(ms(960), ms(30));
    world.order(Control::Seek(ms(30_000)));
    // What was written before is heard to its end.
    fake.hear(ms(60));
    world.shows(ms(1_020), ms(20));
    fake.hear(ms(240));
    world.shows(ms(30_210), ms(60));
}

#[test]
fn steps_in_a_pause_are_shown() {
    let (mut world, fake) = watched(ms(60_000), plain(), ms(0));
    fake.hear(ms(1_000));
    world.shows(ms(1_000), ms(30));
    world.order(Control::Pause(true));
    for n in 1..=3 {
        world.order(Control::Step(1_000));
        world.shows(ms(1_000 + n * 1_000), ms(30));
    }
    world.send(Control::Seek(ms(20_000)));
    world.shows(ms(20_000), ms(1));
}

#[test]
fn only_what_changed_is_told() {
    let (mut world, fake) = watched(ms(60_000), plain(), ms(0));
    fake.hear(ms(40_000));
    world.order(Control::Pause(true));
    world.shows(ms(40_000), ms(30));
    // Less than is to be told.
    world.order(Control::Step(10));
    told(&mut world, &fake, Some(STEP));
    assert!(world.events.try_recv().is_err());
}

#[test]
fn it_is_told_ten_times_a_second_at_most() {
    let (world, fake) = watched(ms(60_000), plain(), ms(0));
    for _ in 0..6 {
        fake.hear(ms(1_000));
    }
    let (mut before, mut told) = (None, Duration::ZERO);
    // But for a step all that was heard.
    while told + STEP <= ms(6_000) {
        let (_, event, when) = world.events.recv_timeout(PATIENCE).unwrap();
        if let Event::Position(position) = event {
            let gap = before.map_or(ms(1000), |before| when - before);
            assert!(gap >= ms(95), "{gap:?} between two");
            (before, told) = (Some(when), position);
        }
    }
}

#[test]
fn nothing_is_told_that_nobody_watches() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    world.play(play(&ramp(ms(1_000))));
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Started, Event::Heard, Event::Ended]);
}

#[test]
fn heard_is_what_was_played_for_three_seconds() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    world.play(play(&ramp(ms(20_000))));
    fake.hear(ms(2_000));
    // Neither going elsewhere nor going back counts.
    world.order(Control::Seek(ms(15_000)));
    fake.hear(ms(900));
    assert_eq!(world.event().1, Event::Started);
    fake.set(|state| state.asked = 0);
    told(&mut world, &fake, None);
    assert!(world.events.try_recv().is_err(), "only 2.9 s were played");
    fake.hear(ms(200));
    assert_eq!(world.event(), (1, Event::Heard));
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Ended], "once");
}

#[test]
fn a_part_of_a_short_one_is_not_heard() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    world.play(Play { from: ms(1_000), ..play(&ramp(ms(2_000))) });
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Started, Event::Ended]);
}

#[test]
fn heard_counts_the_recording_and_not_the_clock() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    let settings = PlaybackSettings { speed: 2.0, ..plain() };
    world.play(Play { settings, ..play(&ramp(ms(20_000))) });
    fake.hear(ms(1_600));
    assert_eq!([world.event().1, world.event().1], [Event::Started, Event::Heard]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_pause_costs_nothing() {
    use std::fs;

    let (mut world, fake) = watched(ms(60_000), plain(), ms(0));
    fake.hear(ms(1_000));
    world.order(Control::Pause(true));
    world.shows(ms(1_000), ms(60));
    while world.events.recv_timeout(ms(200)).is_ok() {}
    // How often the player's threads of this process woke up. Other tests' may end meanwhile.
    let task = fs::read_dir("/proc/self/task").unwrap().flatten().map(|task| task.path());
    let players: Vec<_> = task
        .filter(|task| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "player"))
        .collect();
    let wakes = |task: &std::path::Path| {
        let status = fs::read_to_string(task.join("status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.map(str::to_owned)
    };
    let before: Vec<_> = players.iter().map(|task| wakes(task)).collect();
    // To be idle is to be so for a while: here time must pass.
    assert!(world.events.recv_timeout(ms(500)).is_err());
    let idle = players.iter().zip(before).filter(|(task, before)| before.is_some() && wakes(task) == *before);
    assert!(idle.count() >= 1, "no player slept");
}
