//! The progress of a sync, on stderr if it is a terminal.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::World;
use crate::cli::style::takes_colour;
use crate::sync::Progress;

/// A progress line. Shows nothing if stderr is not a terminal.
#[derive(Debug)]
pub struct Bar {
    line: Option<ProgressBar>,
    /// Whether to show it from the start, or only if the sync takes a while.
    at_once: bool,
    colour: bool,
}

impl Bar {
    /// Returns a sync's progress line that is shown from the start.
    pub fn new(world: &World) -> Bar {
        let shown = Bar::when_it_takes_a_moment(world);
        Bar { at_once: true, ..shown }
    }

    /// Returns a sync's progress line that is shown if there is more than one page to fetch, or after a
    /// failed attempt.
    pub fn when_it_takes_a_moment(world: &World) -> Bar {
        let able = io::stderr().is_terminal() && (world.variable)("TERM").is_none_or(|term| term != "dumb");
        // Not drawn until it has a message.
        let line = able.then(ProgressBar::no_length);
        Bar { line, at_once: false, colour: takes_colour(world) }
    }

    /// Shows a sync's progress report.
    pub fn show(&self, progress: &Progress) {
        let Some(bar) = &self.line else { return };
        match progress {
            Progress::Page { received, total, page, pages, .. } => {
                if !self.at_once && pages.is_none_or(|pages| pages <= 1) && *page <= 1 {
                    return;
                }
                let total = total.map_or(*received as u64, |total| total.max(*received as u64));
                let bar_style = if self.colour { "{bar:24.cyan/black.bright}" } else { "{bar:24}" };
                style(bar, &format!("{bar_style} {{human_pos}} of {{human_len}} voicemails{{msg}}"));
                bar.set_length(total);
                bar.set_message("");
                bar.set_position(*received as u64);
            }
            Progress::Retrying { try_number, max_tries, error, .. } => {
                style(bar, "{human_pos} voicemails{msg}");
                bar.set_message(format!("  attempt {try_number} of {max_tries}: {error}"));
            }
        }
        bar.tick();
    }

    /// Removes the sync's progress line.
    pub fn clear(&self) {
        if let Some(bar) = &self.line {
            bar.finish_and_clear();
        }
    }
}

fn style(bar: &ProgressBar, template: &str) {
    // The templates are constant and valid.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
}
