//! How far a sync is, on stderr, where somebody may be looking.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::World;
use crate::cli::output::takes_colour;
use crate::sync::Progress;

/// A line that says how far a sync is. Nothing is shown where stderr is no terminal.
#[derive(Debug)]
pub struct Bar {
    line: Option<ProgressBar>,
    /// Nothing is shown before it is clear that it takes a moment.
    at_once: bool,
    colour: bool,
}

impl Bar {
    /// A line that is there from the start.
    pub fn new(world: &World) -> Bar {
        let shown = Bar::when_it_takes_a_moment(world);
        Bar { at_once: true, ..shown }
    }

    /// A line that appears when there is more than one page to fetch, or a try fails.
    pub fn when_it_takes_a_moment(world: &World) -> Bar {
        let able = io::stderr().is_terminal() && (world.variable)("TERM").is_none_or(|term| term != "dumb");
        // Drawn when it is first given something to say.
        let line = able.then(ProgressBar::no_length);
        Bar { line, at_once: false, colour: takes_colour(world) }
    }

    /// Shows what is reported.
    pub fn show(&self, progress: &Progress) {
        let Some(bar) = &self.line else { return };
        match progress {
            Progress::Page { got, of, page, pages, .. } => {
                if !self.at_once && pages.is_none_or(|pages| pages <= 1) && *page <= 1 {
                    return;
                }
                let of = of.map_or(*got as u64, |of| of.max(*got as u64));
                let bar_style = if self.colour { "{bar:24.cyan/black.bright}" } else { "{bar:24}" };
                style(bar, &format!("{bar_style} {{human_pos}} of {{human_len}} voicemail{{msg}}"));
                bar.set_length(of);
                bar.set_message("");
                bar.set_position(*got as u64);
            }
            Progress::Retrying { try_number, of, error, .. } => {
                style(bar, "{human_pos} voicemail{msg}");
                bar.set_message(format!("  try {try_number} of {of}: {error}"));
            }
        }
        bar.tick();
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if let Some(bar) = &self.line {
            bar.finish_and_clear();
        }
    }
}

fn style(bar: &ProgressBar, template: &str) {
    // The templates are ours.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
}
