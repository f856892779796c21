//! Parses arbitrary bytes as a stored waveform.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vmail::audio::Waveform;

fuzz_target!(|bytes: &[u8]| {
    let Some(waveform) = Waveform::from_bytes(bytes) else { return };
    assert_eq!(waveform.to_bytes(), bytes);
    assert_eq!(waveform.columns(90, 12).len(), 90);
    assert_eq!(waveform.silent_columns(90).len(), 90);
    assert_eq!(waveform.thumbnail(10).len(), 10);
});
