//! The progress of a download, on stderr if it is a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::World;
use crate::cli::style::takes_colour;
use crate::core::humanize;

/// A progress line: recordings done, transfer rate and remaining time.
#[derive(Debug)]
pub struct ProgressLine {
    bar: Option<ProgressBar>,
    bytes: AtomicU64,
}

impl ProgressLine {
    /// Returns a progress line for downloading a number of recordings. Shows nothing if stderr is not a
    /// terminal.
    pub fn new(recordings: usize, world: &World) -> ProgressLine {
        let able = io::stderr().is_terminal() && (world.variable)("TERM").is_none_or(|term| term != "dumb");
        let bar = able.then(|| ProgressBar::new(recordings as u64));
        let coloured = if takes_colour(world) { "{bar:24.cyan/black.bright}" } else { "{bar:24}" };
        let template = format!("{coloured} {{human_pos}} of {{human_len}} recordings{{msg}}, {{eta}} left");
        // The template is constant and valid.
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template(&template)) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        ProgressLine { bar, bytes: AtomicU64::new(0) }
    }

    /// Adds `bytes` to the number of bytes downloaded.
    pub fn received(&self, bytes: u64) {
        let all = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(bar) = &self.bar {
            let rate = all as f64 / bar.elapsed().as_secs_f64().max(0.1);
            bar.set_message(format!("  {}, {}/s", humanize::bytes(all), humanize::bytes(rate as u64)));
        }
    }

    /// Adds a finished recording to the progress of the download.
    pub fn one_done(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Prints a line above the progress line of the download.
    pub fn say(&self, text: &str) -> io::Result<()> {
        let write = || writeln!(io::stderr(), "vmail: {text}");
        self.bar.as_ref().map_or_else(write, |bar| bar.suspend(write))
    }

    /// Removes the progress line and returns the number of bytes downloaded.
    pub fn clear(&self) -> u64 {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.bytes.load(Ordering::Relaxed)
    }
}
