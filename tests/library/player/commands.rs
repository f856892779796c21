//! What a command does to the sound.

use std::time::Duration;

use vmail::player::{Control, Event, Play, PlaybackSettings};

use crate::player::fake::Fake;
use crate::player::{PATIENCE, World, ms, place, plain, play, ramp, samples, sound};

const LENGTH: Duration = Duration::from_secs(20);

/// A long recording that plays.
fn playing() -> (World, Fake) {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    world.play(play(&ramp(LENGTH)));
    assert_eq!(world.event(), (1, Event::Started));
    (world, fake)
}

/// Where the last of what is heard comes from, after so much more.
fn at(fake: &Fake, after: Duration) -> Duration {
    place(*fake.hear(after).last().unwrap(), LENGTH)
}

fn assert_near(found: Duration, expected: Duration) {
    assert!(found.abs_diff(expected) <= ms(40), "at {found:?} instead of {expected:?}");
}

#[test]
fn nothing_is_opened_until_something_plays() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    for command in [
        Control::Pause(true),
        Control::Step(1),
        Control::Stop,
        Control::Watch(Some(Duration::from_millis(50))),
    ] {
        world.order(command);
    }
    assert_eq!(fake.state().opened, 0);
    assert_eq!(format!("{:?}", world.player), "Player { started: false, .. }");
}

#[test]
fn all_of_it_is_heard_as_it_is() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    let sound = ramp(ms(1000));
    world.play(play(&sound));
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Started, Event::Heard, Event::Ended]);
    let state = fake.state();
    assert_eq!((state.heard.len(), state.open), (samples(ms(1000)), 0));
    let wrong = state
        .heard
        .iter()
        .zip(&sound.pcm.samples)
        .skip(samples(ms(15)))
        .find(|(heard, sample)| (f32::from(**heard) / 32_767.0 - **sample).abs() > 0.001);
    assert_eq!(wrong, None);
}

#[test]
fn it_begins_where_it_should() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    world.play(Play { from: ms(19_000), ..play(&ramp(LENGTH)) });
    fake.hear_out();
    assert_eq!(fake.state().heard.len(), samples(ms(1000)));
    assert_eq!(world.rest().last(), Some(&Event::Ended));
}

#[test]
fn a_pause_holds_it_and_nothing_is_lost() {
    let (mut world, fake) = playing();
    fake.hear(ms(500));
    world.order(Control::Pause(true));
    assert!(fake.state().paused);
    world.order(Control::Pause(false));
    assert!(!fake.state().paused);
    assert_near(at(&fake, ms(500)), ms(1000));
    assert_eq!(fake.state().flushes, 0);
}

#[test]
fn a_place_is_heard_soon_and_without_a_cut() {
    let (mut world, fake) = playing();
    fake.hear(ms(500));
    world.order(Control::Seek(ms(10_000)));
    let heard = fake.hear(ms(300));
    let there = heard.iter().position(|sample| place(*sample, LENGTH) >= ms(9_990)).unwrap();
    assert!(there <= samples(ms(100)), "{there} samples until it is heard");
    let steepest = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).max().unwrap();
    assert!(steepest < 400, "a click of {steepest}");
    assert_eq!(fake.state().flushes, 0);
}

#[test]
fn what_is_far_behind_is_flushed() {
    let (mut world, fake) = playing();
    fake.set(|state| state.behind = ms(400));
    fake.hear(ms(2000));
    // 1600 ms are heard: from there it goes on.
    world.order(Control::Step(5_000));
    assert_eq!(fake.state().flushes, 1);
    assert_near(at(&fake, ms(100)), ms(6_700));
}

#[test]
fn a_place_in_a_pause_is_where_it_goes_on() {
    let (mut world, fake) = playing();
    fake.hear(ms(500));
    world.order(Control::Pause(true));
    world.order(Control::Seek(ms(7_000)));
    world.order(Control::Step(-1_000));
    assert!(fake.state().paused && fake.state().queue.is_empty());
    world.order(Control::Pause(false));
    assert_near(at(&fake, ms(100)), ms(6_100));
}

#[test]
fn steps_are_never_lost() {
    let (mut world, fake) = playing();
    fake.hear(ms(500));
    world.order(Control::Pause(true));
    for _ in 0..1000 {
        world.send(Control::Step(10));
    }
    world.order(Control::Pause(false));
    // What the output held at the pause was not heard.
    assert_near(at(&fake, ms(100)), ms(10_600));
}

#[test]
fn behind_the_end_is_the_end() {
    let (mut world, fake) = playing();
    world.order(Control::Seek(ms(60_000)));
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Ended]);
}

#[test]
fn a_step_back_from_the_last_sound_goes_on() {
    let fake = Fake::default();
    let mut world = World::with(&fake);
    world.play(Play { from: ms(19_500), ..play(&ramp(LENGTH)) });
    fake.hear(ms(480));
    fake.until("it is at its end", |state| state.draining);
    world.order(Control::Step(-1_000));
    fake.until("it goes on", |state| !state.draining);
    fake.hear(ms(1_000));
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Started, Event::Ended]);
}

#[test]
fn speed_and_volume_change_on_the_way() {
    let (mut world, fake) = playing();
    fake.hear(ms(1000));
    world.order(Control::Settings(PlaybackSettings { speed: 2.0, ..plain() }));
    // 50 ms were written before.
    fake.hear(ms(50));
    assert_near(at(&fake, ms(1000)), ms(3050));
    world.order(Control::Settings(PlaybackSettings { volume: 0.0, ..plain() }));
    fake.hear(ms(200));
    assert!(fake.hear(ms(100)).iter().all(|sample| *sample == 0));
}

#[test]
fn silence_is_left_out_and_the_rest_is_all_of_it() {
    let tone = |n: u32| if (1..9).contains(&(n / 8000)) { 0.0 } else { (n as f32 * 0.4).sin() * 0.5 };
    let fake = Fake::default();
    let mut world = World::with(&fake);
    let settings = PlaybackSettings { skip_silence: true, ..plain() };
    world.play(Play { settings, ..play(&sound((0..80_000).map(tone).collect())) });
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Started, Event::Heard, Event::Ended]);
    let heard = fake.state().heard.len();
    assert!(heard.abs_diff(samples(ms(2_200))) < samples(ms(50)), "{heard} samples");
}

#[test]
fn another_play_takes_the_place_of_the_first() {
    let (mut world, fake) = playing();
    fake.hear(ms(200));
    world.order(Control::Pause(true));
    world.play(Play { number: 2, from: ms(19_000), ..play(&ramp(LENGTH)) });
    fake.hear_out();
    let events: Vec<_> = (0..2).map(|_| world.event()).collect();
    assert_eq!(events, [(2, Event::Started), (2, Event::Ended)]);
    assert_eq!(fake.state().opened, 2);
}

#[test]
fn a_stop_ends_it_at_once() {
    let (mut world, fake) = playing();
    world.order(Control::Stop);
    assert_eq!(fake.state().open, 0);
    world.order(Control::Seek(ms(0)));
    assert!(world.events.try_recv().is_err(), "nothing is told");
    world.play_at_once(play(&ramp(LENGTH)));
    assert_eq!(fake.state().open, 1);
}

#[test]
fn dropping_the_player_ends_the_sound() {
    let (world, fake) = playing();
    drop(world);
    assert_eq!(fake.state().open, 0);
}

#[test]
fn nobody_waits_for_an_output_that_hangs() {
    let (mut world, fake) = playing();
    fake.set(|state| state.hangs = true);
    world.send(Control::Pause(true));
    assert!(!world.player.wait_until_idle(ms(50)));
    for _ in 0..10_000 {
        world.send(Control::Step(1));
    }
    fake.set(|state| state.hangs = false);
    assert!(world.player.wait_until_idle(PATIENCE));
    assert!(fake.state().paused);
}
