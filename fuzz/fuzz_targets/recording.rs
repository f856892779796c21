//! Detects the format of arbitrary bytes, decodes them as a recording, computes its waveform, and plays it.
//!
//! ```text
//! cargo +nightly fuzz run recording fuzz/corpus/recording assets/demo tests/fixtures/audio
//! ```

#![no_main]

use std::sync::Arc;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use vmail::audio::{AudioFormat, Reader, Waveform, decode};

fuzz_target!(|bytes: &[u8]| {
    for is_whole in [false, true] {
        let found = AudioFormat::detect(bytes, is_whole);
        assert!(found.is_none_or(|(_, at)| at < bytes.len()));
    }
    let Ok(pcm) = decode(bytes) else { return };
    let waveform = Waveform::new(&pcm);
    assert_eq!(Waveform::from_bytes(&waveform.to_bytes()).as_ref(), Some(&waveform));
    let mut reader = Reader::new(Arc::new(pcm), &waveform);
    reader.set_skip_silence(true);
    let mut out = [0.0; 1_024];
    for (speed, place) in [(1.0, 0), (1.5, 100), (2.5, 3_000)] {
        reader.set_speed(speed);
        reader.seek(Duration::from_millis(place));
        let filled = reader.fill(&mut out);
        assert!(out[..filled].iter().all(|sample| sample.abs() <= 1.0));
    }
});
