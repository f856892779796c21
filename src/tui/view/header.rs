//! The first line: program, account, the views with their counts, and always the range.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::core::view::View;
use crate::core::{humanize, range};
use crate::tui::layout::Regions;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, fitted, width};

/// The maximum width of a caller's name, in cells.
const CALLER_MOST: u16 = 30;

/// Draws the header, and the line under the current view.
pub fn draw(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    let area = regions.header;
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1).write("vmail", theme.accent.patch(theme.strong));
    let Some(account) = &state.setup.account else { return };
    let label = state.range.label(state.now, state.setup.zone);
    let mut dates = state.range.dates(state.now, state.setup.zone);
    if label.contains(&dates) {
        dates.clear();
    }
    let zone = range::zone_name(state.now, state.setup.zone);
    let whole: Vec<_> = [label.as_str(), &dates, &zone].into_iter().filter(|part| !part.is_empty()).collect();
    let ends = [whole.join("  "), label.clone()];
    // The range is always shown. If there is no room, the other views go first, from the last to the
    // first, then the dates, then the account.
    let room = pen.room().saturating_sub(3);
    let own = state.inbox.query.own.as_ref().map(|(number, _)| *number);
    let built_in = View::EVERY.into_iter().map(|view| {
        let here = own.is_none() && view == state.inbox.query.view;
        (here, named(state, view, here))
    });
    let own = state.setup.views.iter().enumerate().map(|(number, view)| {
        let here = own == Some(number);
        let count = if here {
            format!(" {}", humanize::count(state.inbox.list.matching() as u64))
        } else {
            String::new()
        };
        (here, format!("{}{count}", view.name))
    });
    let every: Vec<_> = match whose(state) {
        Some(text) => vec![(true, fitted(&text, room.saturating_sub(width(&ends[1]) + 4)).into_owned())],
        None => built_in.chain(own).collect(),
    };
    let current = every.iter().find(|(here, _)| *here).cloned();
    let current_width = current.as_ref().map_or(0, |(_, name)| width(name));
    let fits = |end: &str, before: u16| width(end) + before <= room;
    let account_width = width(account) + 2;
    let end = if fits(&ends[0], account_width + current_width + 4) { &ends[0] } else { &ends[1] };
    let account_fits = fits(end, account_width + current_width + 4);
    let shown = if account_fits {
        // As many of the other views as fit, from the first.
        let mut used = account_width + current_width + 11;
        let fits_too = |(here, name): &(bool, String)| {
            used += if *here { 0 } else { width(name) + 3 };
            *here || fits(end, used)
        };
        every.into_iter().filter(fits_too).collect()
    } else if fits(end, current_width + 4) {
        current.into_iter().collect()
    } else {
        Vec::new()
    };
    if account_fits || (shown.is_empty() && fits(end, account_width)) {
        pen.skip(2).write(account, theme.quiet);
    }
    pen.skip(if shown.len() > 1 { 6 } else { 2 });
    let mut underline = None;
    for (here, name) in shown {
        let start = area.width - pen.room();
        if here {
            underline = Some((start, width(&name)));
        }
        pen.write(&name, if here { theme.strong } else { theme.quiet }).skip(3);
    }
    let mut right = Pen::new(buffer, Rect { width: area.width.saturating_sub(1), ..area }, 0);
    right.skip(7).right(end, theme.text);
    if let Some((start, width)) = underline {
        Pen::new(buffer, regions.underline, 0)
            .skip(start)
            .write(&"━".repeat(usize::from(width)), theme.accent);
    }
}

/// Returns "4 from Anita Rao" if the list is the history of a caller.
fn whose(state: &State) -> Option<String> {
    state.inbox.query.callers.as_ref()?;
    let (rows, count) = (&state.inbox.rows, humanize::count(state.inbox.list.matching() as u64));
    let caller = rows.get(0).map(|row| rows.caller(&row).to_owned()).unwrap_or_default();
    Some(format!("{count} from {}", fitted(&caller, CALLER_MOST)))
}

/// Returns "Inbox 128". The views "Done" and "All" show their count only while they are current.
fn named(state: &State, view: View, here: bool) -> String {
    let count = View::EVERY.iter().position(|each| *each == view).map_or(0, |at| state.inbox.list.counts[at]);
    match view {
        View::Done | View::All if !here => view.name().to_owned(),
        _ => format!("{} {}", view.name(), humanize::count(count as u64)),
    }
}
