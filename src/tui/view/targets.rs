//! What a click leads to: the targets on screen, from the functions that the views draw with.

use ratatui::layout::{Position, Rect};

use crate::tui::list::rows::ListLine;
use crate::tui::overlays::help;
use crate::tui::state::State;
use crate::tui::target::Target;
use crate::tui::view::frame::way_out;
use crate::tui::view::{header, scrollbar, status};
use crate::tui::{detail, list, playback};

/// Returns what a click leads to; `None` where nothing is to be clicked, as outside an open dialog.
pub fn at(state: &State, at: Position) -> Option<Target> {
    let regions = state.regions();
    let covering = match (&state.help, &state.overlay) {
        (Some(_), _) => Some((help::view::place(state), help::view::TITLE.into())),
        (None, Some(overlay)) => Some(overlay.frame(state)),
        (None, None) => None,
    };
    if let Some((place, title)) = covering.as_ref().filter(|(place, _)| place.contains(at)) {
        let closing = way_out(*place, title, state).filter(|(cells, _)| cells.contains(at));
        let inside = state.overlay.as_ref().filter(|_| state.help.is_none());
        let inside = inside.and_then(|overlay| overlay.target(state, at));
        return closing.map(|(_, command)| Target::Command(command)).or(inside);
    }
    let hints = status::placed_hints(state, regions.hints);
    let hint = hints.iter().flat_map(|hint| hint.places(regions.hints)).find(|(cells, _)| cells.contains(at));
    if let Some((_, command)) = hint {
        return Some(Target::Command(command));
    }
    if covering.is_some() {
        return None;
    }
    if let Some(to) = playback::seek_at(state, &regions, at) {
        return Some(Target::Seek(to));
    }
    if regions.header.contains(at) {
        let parts = header::parts(state, regions.header.width);
        let mut places = parts.iter().filter_map(|part| part.place(regions.header));
        return places.find(|(cells, _)| cells.contains(at)).map(|(_, target)| target);
    }
    panes(state, at)
}

/// Returns what a click on list, detail or one of their scrollbars leads to.
fn panes(state: &State, at: Position) -> Option<Target> {
    let regions = state.regions();
    let cell = |bar: Rect| usize::from(at.y - bar.y);
    if let Some(area) = regions.detail {
        let bar = detail::view::bar(state, area);
        let hidden = detail::view::overflow(state, area);
        if bar.contains(at) && hidden > 0 {
            let lines = usize::from(hidden + area.height);
            return Some(Target::DetailFrom(scrollbar::top_at(cell(bar), lines, area.height.into()) as u16));
        }
        if area.contains(at) {
            return Some(Target::Detail(detail::view::entry_at(state, area, at)));
        }
    }
    if state.detail.full || state.inbox.list.is_empty() {
        return None;
    }
    let lines = state.inbox.list.days.lines();
    let height = usize::from(regions.scrollbar.height);
    if regions.scrollbar.contains(at) && lines > height {
        return Some(Target::ListFrom(scrollbar::top_at(cell(regions.scrollbar), lines, height)));
    }
    regions.list.contains(at).then(|| {
        let line = list::view::line_at(state, regions.list, at.y - regions.list.y);
        Target::Row(line.and_then(|line| if let ListLine::Row(place) = line { Some(place) } else { None }))
    })
}
