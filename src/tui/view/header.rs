//! The first line: program, account, the views with their keys and counts, and always the range.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::core::view::View;
use crate::core::{humanize, range};
use crate::tui::command::Command;
use crate::tui::layout::Regions;
use crate::tui::state::State;
use crate::tui::target::Target;
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, fitted, width};

/// The maximum width of a caller's name, in cells.
const CALLER_MOST: u16 = 30;

/// The gap between program, account, views and range.
const GAP: u16 = 2;

/// A text of the header, at its place.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Part {
    /// The first cell.
    x: u16,
    /// A key before the text: quiet, so that the views can still be read as a line.
    key: String,
    text: String,
    role: Role,
    /// Where a click leads.
    target: Option<Target>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Program,
    Account,
    /// The current view.
    Here,
    /// Another view.
    There,
    Range,
}

impl Part {
    fn new(text: impl Into<String>, role: Role) -> Part {
        Part { x: 0, key: String::new(), text: text.into(), role, target: None }
    }

    fn width(&self) -> u16 {
        let key = if self.key.is_empty() { 0 } else { width(&self.key) + 1 };
        key + width(&self.text)
    }

    /// Returns its cells in a header of that area, and where a click there leads.
    pub(in crate::tui) fn place(&self, area: Rect) -> Option<(Rect, Target)> {
        let place = Rect { x: area.x + self.x, width: self.width(), ..area };
        self.target.map(|target| (place.intersection(area), target))
    }
}

/// Draws the header, and the line under the current view.
pub fn draw(state: &State, theme: &Theme, regions: &Regions, buffer: &mut Buffer) {
    for part in parts(state, regions.header.width) {
        let style = match part.role {
            Role::Program => theme.accent.patch(theme.strong),
            Role::Account | Role::There => theme.quiet,
            Role::Here => theme.strong,
            Role::Range => theme.text,
        };
        let mut pen = Pen::new(buffer, regions.header, 0);
        pen.skip(part.x);
        if !part.key.is_empty() {
            pen.write(&part.key, theme.accent).skip(1);
        }
        pen.write(&part.text, style);
        if part.role == Role::Here {
            Pen::new(buffer, regions.underline, 0)
                .skip(part.x)
                .write(&"━".repeat(usize::from(part.width())), theme.accent);
        }
    }
}

/// How much is said of the views, from the most to the least.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Views {
    /// Each with its count.
    Counted,
    /// The count of the current one and of the unread.
    Unread,
    /// The count of the current one.
    Named,
    /// The current one, as many others as fit, and the keys of the rest.
    Some,
    /// The current one.
    Current,
    /// None.
    None,
}

/// Returns the parts of a header of that width. The range is always shown. Where there is no room, the
/// dates go first, then the account or, if there are several, the name of the program, and the time zone;
/// then the counts of the other views, and then the views, from the last to the first: their keys take
/// their place.
pub(in crate::tui) fn parts(state: &State, room: u16) -> Vec<Part> {
    let program = Part::new("vmail", Role::Program);
    let Some(account) = &state.setup.account else { return placed(vec![program], GAP, None, room) };
    let account =
        Part { target: Some(Target::Command(Command::Accounts)), ..Part::new(account, Role::Account) };
    let [whole, zoned, label] = ranges(state);
    let both = vec![program.clone(), account.clone()];
    let one = vec![if state.setup.accounts.len() > 1 { account } else { program }];
    let forms = [
        (&both, Views::Counted, 3, &whole),
        (&both, Views::Counted, 3, &zoned),
        (&both, Views::Counted, GAP, &zoned),
        (&both, Views::Counted, GAP, &label),
        (&one, Views::Counted, GAP, &zoned),
        (&one, Views::Counted, GAP, &label),
        (&one, Views::Unread, GAP, &label),
        (&one, Views::Named, GAP, &label),
        (&Vec::new(), Views::Named, GAP, &label),
        (&Vec::new(), Views::Some, GAP, &label),
        (&Vec::new(), Views::Current, GAP, &label),
        (&one, Views::None, GAP, &label),
        (&Vec::new(), Views::None, GAP, &label),
    ];
    let all_of = |parts: &[Part], gap: u16| parts.iter().map(|part| part.width() + gap).sum::<u16>();
    forms
        .into_iter()
        .find_map(|(names, views, gap, range)| {
            // A blank on both sides.
            let room_for_views = room.checked_sub(2 + all_of(names, GAP) + width(&range.text))?;
            let views = of_views(state, views, gap, room_for_views);
            let fits = all_of(&views, gap) <= room_for_views;
            fits.then(|| placed([names.as_slice(), &views].concat(), gap, Some(range), room))
        })
        .unwrap_or_default()
}

/// Places `parts` from the left, and the range at the right.
fn placed(mut parts: Vec<Part>, gap: u16, range: Option<&Part>, room: u16) -> Vec<Part> {
    let mut x = 1;
    for part in &mut parts {
        part.x = x;
        let is_view = matches!(part.role, Role::Here | Role::There);
        x += part.width() + if is_view { gap } else { GAP };
    }
    parts.extend(range.map(|range| Part { x: room.saturating_sub(range.width() + 1), ..range.clone() }));
    parts
}

/// Returns the range with its dates and the time zone, without the dates, and only its name.
fn ranges(state: &State) -> [Part; 3] {
    let label = state.range.label(state.now, state.setup.zone);
    let mut dates = state.range.dates(state.now, state.setup.zone);
    if label.contains(&dates) {
        dates.clear();
    }
    let zone = range::zone_name(state.now, state.setup.zone);
    let whole: Vec<_> = [label.as_str(), &dates, &zone].into_iter().filter(|part| !part.is_empty()).collect();
    [whole.join("  "), format!("{label}  {zone}"), label]
        .map(|text| Part { target: Some(Target::Command(Command::Dates)), ..Part::new(text, Role::Range) })
}

/// Returns the views in that form.
fn of_views(state: &State, form: Views, gap: u16, room: u16) -> Vec<Part> {
    if form == Views::None {
        return Vec::new();
    }
    if let Some(text) = whose(state) {
        let most = if form == Views::Current { room.saturating_sub(gap) } else { u16::MAX };
        return vec![Part::new(fitted(&text, most), Role::Here)];
    }
    let own = state.inbox.query.own.as_ref().map(|(number, _)| *number);
    let count = |here: bool, view: View| match form {
        _ if here => true,
        Views::Counted => !matches!(view, View::Done | View::All),
        Views::Unread => view == View::Unread,
        _ => false,
    };
    let built_in = View::EVERY.into_iter().enumerate().map(|(at, view)| {
        let here = own.is_none() && view == state.inbox.query.view;
        let counted = count(here, view).then(|| state.inbox.list.counts[at]);
        let command = command(view);
        let key = state.setup.keymap.keys(command).first().map(ToString::to_string).unwrap_or_default();
        (here, view.name(), counted, key, Target::Command(command))
    });
    let own = state.setup.views.iter().enumerate().map(|(number, view)| {
        let here = own == Some(number);
        let counted = here.then(|| state.inbox.list.matching());
        (here, view.name.as_str(), counted, view.key.to_string(), Target::OwnView(number))
    });
    let every: Vec<Part> = built_in
        .chain(own)
        .map(|(here, name, count, key, target)| {
            let count = count.map_or_else(String::new, |count| format!(" {}", humanize::count(count as u64)));
            let role = if here { Role::Here } else { Role::There };
            Part { key, target: Some(target), ..Part::new(format!("{name}{count}"), role) }
        })
        .collect();
    match form {
        Views::Some => some(&every, gap, room),
        Views::Current => every.into_iter().filter(|part| part.role == Role::Here).collect(),
        _ => every,
    }
}

/// Returns the current view, as many others as fit, and the keys of the rest.
fn some(every: &[Part], gap: u16, room: u16) -> Vec<Part> {
    let shown = |others: usize| {
        let mut left = others;
        let (mut shown, hidden): (Vec<Part>, Vec<Part>) = every.iter().cloned().partition(|part| {
            part.role == Role::Here || left.checked_sub(1).inspect(|fewer| left = *fewer).is_some()
        });
        let next = Some(Target::NextView);
        shown.push(Part { key: span(&hidden, every), target: next, ..Part::new("views", Role::There) });
        shown
    };
    let fits = |parts: &Vec<Part>| parts.iter().map(|part| part.width() + gap).sum::<u16>() <= room;
    (0..every.len()).rev().map(shown).find(fits).unwrap_or_else(|| shown(0))
}

/// Returns the first and the last key of the views that are not shown, as "3–5"; of all, if one that is
/// shown lies between. Empty if the keys are no digits.
fn span(hidden: &[Part], every: &[Part]) -> String {
    let digits = |parts: &[Part]| -> Option<Vec<u32>> {
        parts.iter().map(|part| part.key.parse().ok().filter(|key| *key < 10)).collect()
    };
    let ends = |digits: Vec<u32>| Some((*digits.first()?, *digits.last()?, digits.len() as u32));
    match (digits(hidden).and_then(ends), digits(every).and_then(ends)) {
        (Some((first, _, 1)), _) => first.to_string(),
        (Some((first, last, count)), _) if first + count == last + 1 => format!("{first}–{last}"),
        (_, Some((first, last, count))) if first + count == last + 1 => format!("{first}–{last}"),
        _ => String::new(),
    }
}

/// Returns the command that shows a view.
pub(in crate::tui) fn command(view: View) -> Command {
    match view {
        View::Inbox => Command::ShowInbox,
        View::Unread => Command::ShowUnread,
        View::Starred => Command::ShowStarred,
        View::Done => Command::ShowDone,
        View::All => Command::ShowAll,
    }
}

/// Returns "4 from Anita Rao" if the list is the history of a caller.
fn whose(state: &State) -> Option<String> {
    state.inbox.query.callers.as_ref()?;
    let (rows, count) = (&state.inbox.rows, humanize::count(state.inbox.list.matching() as u64));
    let caller = rows.get(0).map(|row| rows.caller(&row).to_owned()).unwrap_or_default();
    Some(format!("{count} from {}", fitted(&caller, CALLER_MOST)))
}
