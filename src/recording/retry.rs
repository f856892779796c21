//! When to try again to fetch a recording.

use std::time::Duration;

/// Returns how long to wait after a recording was not available `tries` times (from 1): 10, 20, 40, then
/// always 60 s. Most are published within a minute.
pub fn not_ready_wait(tries: u32) -> Duration {
    let doubled = 10_u64 << tries.saturating_sub(1).min(3);
    Duration::from_secs(doubled.min(60))
}

#[cfg(test)]
mod tests {
    use super::not_ready_wait;

    #[test]
    fn the_wait_for_a_recording_doubles_up_to_a_minute() {
        let waits = [0, 1, 2, 3, 4, 5, u32::MAX].map(|tries| not_ready_wait(tries).as_secs());
        assert_eq!(waits, [10, 10, 20, 40, 60, 60, 60]);
    }
}
