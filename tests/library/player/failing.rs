//! Outputs that are not there, or go away.

use vmail::player::{Control, Event, Unavailable};

use crate::player::fake::Fake;
use crate::player::{World, ms, play, ramp};

#[test]
fn a_refused_output_is_tried_again_with_the_next_play() {
    let fake = Fake::default();
    fake.set(|state| state.failure = Some(Unavailable::Refused));
    let mut world = World::with(&fake);
    let play = play(&ramp(ms(500)));
    for _ in 0..2 {
        world.play(play.clone());
        assert_eq!(world.event(), (1, Event::Failed(Unavailable::Refused)));
    }
    fake.set(|state| state.failure = None);
    world.play(play);
    fake.hear_out();
    assert_eq!(world.rest(), [Event::Started, Event::Heard, Event::Ended]);
    assert_eq!(fake.state().opened, 3);
}

#[test]
fn a_lost_output_is_told_once() {
    for paused in [false, true] {
        let fake = Fake::default();
        let mut world = World::with(&fake);
        world.play(play(&ramp(ms(5_000))));
        fake.hear(ms(500));
        world.order(Control::Pause(paused));
        fake.set(|state| state.failure = Some(Unavailable::Killed));
        // In a pause it shows with what comes next.
        world.order(Control::Pause(false));
        assert_eq!(world.rest(), [Event::Started, Event::Failed(Unavailable::Killed)]);
        for command in [Control::Seek(ms(0)), Control::Pause(true), Control::Step(1), Control::Stop] {
            world.order(command);
        }
        assert!(world.events.try_recv().is_err(), "once");
        assert_eq!(fake.state().open, 0);
    }
}

#[test]
fn a_player_that_broke_says_so() {
    let mut world = World::new(|_| panic!("an output that does not keep its word"));
    let play = play(&ramp(ms(500)));
    world.play(play.clone());
    assert!(world.player.wait_until_idle(ms(20_000)), "nobody waits for who is gone");
    world.play(play);
    assert_eq!(world.event(), (1, Event::Failed(Unavailable::NoThread)));
}
