//! Foreign bytes: whatever they are, there is an answer, and nothing is printed.

use std::sync::Arc;

use vmail::audio::{AudioError, Pcm, Reader, Waveform, decode};

use crate::audio::support::{Random, recordings};
use crate::child::{child, printed};

/// How many changed copies of each recording are tried.
const COPIES: u64 = 3_000;

/// Copies are of at most so many bytes: most of what can go wrong, in a time that one waits for.
const LENGTH: usize = 1_000;

/// What every answer must keep to, and that everything after it works with it.
fn check(result: &Result<Pcm, AudioError>) {
    let Ok(pcm) = result else { return };
    assert!(!pcm.samples.is_empty());
    assert!(pcm.samples.iter().all(|sample| (-1.0..=1.0).contains(sample)), "samples out of range");
    let waveform = Waveform::new(pcm);
    assert_eq!(Waveform::from_bytes(&waveform.to_bytes()), Some(waveform));
}

/// It can be played as well.
fn check_played(pcm: Pcm) {
    let waveform = Waveform::new(&pcm);
    let mut reader = Reader::new(Arc::new(pcm), &waveform);
    reader.set_speed(2.5);
    reader.set_skip_silence(true);
    let mut out = [0.0; 512];
    let filled = reader.fill(&mut out);
    assert!(out[..filled].iter().all(|sample| sample.abs() <= 1.0));
}

fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(12) {
        let at = random.below(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at.max(1)),
            1 => {
                let count = random.below(40).min(bytes.len() - at);
                bytes.drain(at..at + count);
            }
            2 => {
                let more = random.bytes(20);
                bytes.splice(at..at, more);
            }
            3 => bytes[at] = 0xff,
            // The headers are where the numbers are.
            4 | 5 => {
                let at = at.min(random.below(64));
                bytes[at] = random.next() as u8;
            }
            _ => bytes[at] ^= 1 << random.below(8),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn changed_recordings() {
    let (mut good, mut refused) = (0, 0);
    for (number, path) in recordings().iter().enumerate() {
        let mut original = std::fs::read(path).unwrap();
        original.truncate(LENGTH);
        let mut random = Random::new(number as u64);
        for number in 0..COPIES {
            let mut copy = original.clone();
            change(&mut copy, &mut random);
            let result = decode(&copy);
            check(&result);
            match result {
                Ok(pcm) => {
                    good += 1;
                    if number % 50 == 0 {
                        check_played(pcm);
                    }
                }
                Err(_) => refused += 1,
            }
        }
    }
    // Otherwise it was not the decoder that was tried.
    assert!(good > refused && refused > 1_000, "{good} decoded, {refused} refused");
}

/// In a process of its own, whose standard error can be read.
#[test]
fn nothing_is_printed() {
    let run = child(changed_recordings).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    printed(run);
    assert_eq!(said, "");
}

#[test]
fn random_bytes_are_no_recording() {
    for seed in 0..200 {
        let result = decode(&Random::new(seed).bytes(20_000));
        assert!(matches!(result, Err(AudioError::NotAudio(_))), "seed {seed}: {result:?}");
    }
}

#[test]
fn every_beginning_of_a_recording_has_an_answer() {
    for path in recordings() {
        let bytes = std::fs::read(&path).unwrap();
        let mut last = 0;
        for end in (0..200).chain((200..bytes.len().min(1_500)).step_by(37)) {
            let result = decode(&bytes[..end.min(bytes.len())]);
            check(&result);
            let length = result.map_or(0, |pcm| pcm.samples.len());
            // But for what a tag takes away at the end.
            assert!(length + 1_152 >= last, "{}: {end} bytes have {length} samples", path.display());
            last = length;
        }
    }
}
