//! What must be fast before a recording is heard and seen. `cargo bench --bench audio`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use std::sync::Arc;

use divan::Bencher;
use vmail::audio::{Reader, Waveform, decode};

/// A frame of mp3 at 8 kHz and 16 kbit/s: 72 ms.
const FRAME: usize = 144;

/// How many of them are a minute.
const MINUTE: usize = 834;

fn main() {
    divan::main();
}

/// A minute of speech as it comes from the telephone.
fn minute() -> Vec<u8> {
    let speech = include_bytes!("../assets/demo/outage.mp3");
    assert_eq!(speech.len() % FRAME, 0, "a tag would end the speech at its first end");
    speech.iter().copied().cycle().take(MINUTE * FRAME).collect()
}

#[divan::bench]
fn decode_a_minute_with_its_waveform(bencher: Bencher) {
    let bytes = minute();
    bencher.bench_local(|| {
        let pcm = decode(&bytes).unwrap();
        assert_eq!(pcm.samples.len(), MINUTE * 576);
        Waveform::new(&pcm)
    });
}

#[divan::bench(args = [1.0, 1.5, 2.5])]
fn a_second_at_speed(bencher: Bencher, speed: f32) {
    let pcm = Arc::new(decode(&minute()).unwrap());
    let mut reader = Reader::new(Arc::clone(&pcm), &Waveform::new(&pcm));
    reader.set_speed(speed);
    let mut out = vec![0.0; pcm.sound.rate as usize];
    bencher.bench_local(|| {
        if reader.fill(&mut out) < out.len() {
            reader.seek(std::time::Duration::ZERO);
        }
    });
}
