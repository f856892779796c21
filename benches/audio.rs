//! Measures decoding and playing recordings. Run with `cargo bench --bench audio`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up has failed")]

use std::sync::Arc;

use divan::Bencher;
use vmail::audio::{Reader, Waveform, decode};

/// The bytes of an mp3 frame at 8 kHz and 16 kbit/s: 72 ms.
const FRAME: usize = 144;

/// The number of frames in a minute.
const MINUTE: usize = 834;

fn main() {
    divan::main();
}

/// Returns a minute of telephone speech.
fn minute() -> Vec<u8> {
    let speech = include_bytes!("../assets/demo/outage.mp3");
    assert_eq!(speech.len() % FRAME, 0, "a tag at the end would stop the decoder after the first cycle");
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
    let mut out = vec![0.0; pcm.encoding.rate as usize];
    bencher.bench_local(|| {
        if reader.fill(&mut out) < out.len() {
            reader.seek(std::time::Duration::ZERO);
        }
    });
}
