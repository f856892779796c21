//! The text in place of an empty list: why it is empty, and what to do next.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::core::humanize::{self, broken};
use crate::core::range::Range;
use crate::core::view::View;
use crate::sync::SyncError;
use crate::telecmi::ApiError;
use crate::tui::command::{Command, Scope};
use crate::tui::layout::centred;
use crate::tui::state::{Load, State};
use crate::tui::theme::Theme;
use crate::tui::view::pen::{Pen, width};

/// One line: an optional key in the accent colour, and text.
struct Said {
    label: String,
    text: String,
    style: Style,
}

impl Said {
    fn text(text: impl Into<String>, style: Style) -> Said {
        Said { label: String::new(), text: text.into(), style }
    }

    /// Returns a hint; `None` if the key does nothing now. What a dialog covers stays as it is.
    fn key(state: &State, command: Command, text: &str, theme: &Theme) -> Option<Said> {
        let searching = matches!(command.entry().scope, Scope::Search);
        let has_key = !state.setup.keymap.keys(command).is_empty();
        let works = has_key && searching == state.filter.open && command.refused(state).is_none();
        let key = state.setup.keymap.named(command);
        let label = format!("{:<5}", format!("{key} "));
        works.then(|| Said { label, text: text.to_owned(), style: theme.text })
    }
}

/// Draws why the list is empty.
pub fn draw(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let lines = if state.setup.account.is_none() {
        first_start(state, theme)
    } else if !state.inbox.rows.is_empty() {
        nothing_here(state, theme)
    } else if let Some(failure) = &state.sync.failure {
        failed(state, failure, theme)
    } else if state.sync.running.is_some() || state.inbox.load == Load::Loading {
        loading(state, theme)
    } else {
        empty(state, theme)
    };
    let wide = lines.iter().map(|line| width(&line.label) + width(&line.text)).max().unwrap_or(0);
    let lines = if wide > area.width.saturating_sub(2) {
        wrapped(lines, area.width.saturating_sub(2))
    } else {
        lines
    };
    // On a low screen, drop the blank lines.
    let low = lines.len() > usize::from(area.height);
    let lines: Vec<_> = lines.into_iter().filter(|line| !low || !line.text.is_empty()).collect();
    let wide = lines.iter().map(|line| width(&line.label) + width(&line.text)).max().unwrap_or(0);
    let place = centred(area, wide, lines.len() as u16);
    for (y, line) in lines.iter().enumerate() {
        Pen::new(buffer, place, y as u16).write(&line.label, theme.accent).write(&line.text, line.style);
    }
}

/// Breaks lines at words, and indents the text under its label.
fn wrapped(lines: Vec<Said>, room: u16) -> Vec<Said> {
    let mut out = Vec::new();
    for Said { mut label, text, style } in lines {
        let indent = width(&label);
        for text in broken(&text, room.saturating_sub(indent)) {
            out.push(Said { label, text, style });
            label = " ".repeat(usize::from(indent));
        }
    }
    out
}

fn first_start(state: &State, theme: &Theme) -> Vec<Said> {
    let mut lines = vec![
        Said::text("Welcome. Log in to TeleCMI to start.", theme.strong),
        Said::text("Your app ID and secret are in the TeleCMI dashboard under Settings.", theme.quiet),
        Said::text("", theme.text),
    ];
    lines.extend(Said::key(state, Command::Open, "log in here, or run `vmail login`", theme));
    lines.extend([
        Said::text("", theme.text),
        Said::text("Or, for this shell only:", theme.quiet),
        Said::text("export TELECMI_APPID=1111113 TELECMI_SECRET=…", theme.text),
        Said::text("", theme.text),
        Said::text(format!("Or in {}:", state.setup.config_path), theme.quiet),
        Said::text("appid = 1111113", theme.text),
        Said::text("secret_command = \"pass show telecmi\"", theme.text),
        Said::text("", theme.text),
        Said::text("To try it without an account: vmail --demo", theme.quiet),
    ]);
    lines
}

fn loading(state: &State, theme: &Theme) -> Vec<Said> {
    let mut lines = vec![Said::text(format!("Fetching voicemails{}", from(state)), theme.strong)];
    let retry = state.sync.running.as_ref().and_then(|running| running.retry.as_ref());
    if let Some(retry) = retry {
        lines.push(Said::text("", theme.text));
        lines.push(Said::text(&retry.why, theme.warning));
        let (number, max_tries, wait) = (retry.try_number, retry.max_tries, humanize::seconds(retry.wait));
        lines.push(Said::text(format!("attempt {number} of {max_tries} in {wait}"), theme.quiet));
    }
    lines
}

fn failed(state: &State, failure: &SyncError, theme: &Theme) -> Vec<Said> {
    // Retrying does not help if the store itself cannot be used.
    let no_store = matches!(failure, SyncError::Store { error, .. } if !error.is_transient());
    let login = failure.needs_login();
    let title = if no_store {
        "Cannot use the stored voicemails".to_owned()
    } else if let SyncError::Api { error: ApiError::NotAuthenticated { .. }, .. } = failure {
        "Wrong app ID or secret".to_owned()
    } else if login {
        "No app secret".to_owned()
    } else {
        format!("Could not fetch voicemails{}", from(state))
    };
    let mut lines = vec![
        Said::text(title, theme.strong),
        Said::text("", theme.text),
        Said::text(failure.to_string(), theme.fault),
        Said::text("", theme.text),
    ];
    if login {
        lines.extend(Said::key(state, Command::Open, "log in", theme));
    }
    if !no_store {
        lines.extend(Said::key(state, Command::Refresh, "retry", theme));
    }
    if !no_store && !login {
        lines.extend(Said::key(state, Command::Dates, "change dates", theme));
    }
    lines.extend(Said::key(state, Command::Quit, "quit", theme));
    lines
}

/// The range has voicemails, but none of them is in the view or matches the search.
fn nothing_here(state: &State, theme: &Theme) -> Vec<Said> {
    let view = state.inbox.query.view;
    let own = state.inbox.query.own.as_ref().and_then(|(number, _)| state.setup.views.get(*number));
    let title = match view {
        _ if state.inbox.query.filter.is_some() => "No matches".to_owned(),
        View::Inbox => "All done".to_owned(),
        View::Unread => "Nothing unread".to_owned(),
        View::Starred => "Nothing starred".to_owned(),
        View::Done => "Nothing done yet".to_owned(),
        View::All => own.map_or("Nothing here".to_owned(), |own| format!("Nothing in {}", own.name)),
    };
    let count = humanize::voicemails(state.inbox.rows.len() as u64);
    let elsewhere = if state.inbox.query.filter.is_some() { "in total" } else { "in other views" };
    let mut lines = vec![
        Said::text(title, theme.strong),
        Said::text("", theme.text),
        Said::text(format!("{count} {elsewhere}{}.", from(state)), theme.quiet),
        Said::text("", theme.text),
    ];
    if state.inbox.query.filter.is_some() {
        lines.extend(Said::key(state, Command::ClearSearch, "clear the search", theme));
        lines.extend(Said::key(state, Command::Back, "clear the search", theme));
    }
    if view != View::All || own.is_some() {
        lines.extend(Said::key(state, Command::ShowAll, "show all", theme));
    }
    lines.extend(Said::key(state, Command::Dates, "change dates", theme));
    lines
}

fn empty(state: &State, theme: &Theme) -> Vec<Said> {
    let asked = match state.sync.last {
        Some(time) => format!("Checked {}.", humanize::age(time, state.now)),
        None => "Not fully fetched.".to_owned(),
    };
    let unreadable = match state.sync.unreadable {
        0 => String::new(),
        1 => " Skipped 1 unreadable voicemail.".to_owned(),
        many => format!(" Skipped {} unreadable voicemails.", humanize::count(many as u64)),
    };
    let mut lines = vec![
        Said::text(format!("No voicemails{}", when(state)), theme.strong),
        Said::text("", theme.text),
        Said::text(state.range.sentence(state.now, state.setup.zone), theme.quiet),
        Said::text(asked + &unreadable, theme.quiet),
        Said::text("", theme.text),
    ];
    lines.extend(Said::key(state, Command::Earlier, "earlier range", theme));
    lines.extend(Said::key(state, Command::Dates, "change dates", theme));
    lines.extend(Said::key(state, Command::Refresh, "refresh", theme));
    lines
}

/// Returns the range with another preposition: " from the last 7 days", " from today", " since 1 Nov".
fn from(state: &State) -> String {
    let when = when(state);
    if when.is_empty() || when.starts_with(" since ") || when.starts_with(" up to ") {
        return when;
    }
    let rest = when.strip_prefix(" in").or(when.strip_prefix(" on")).unwrap_or(&when);
    format!(" from{rest}")
}

/// Returns the range as the end of a sentence: " in the last 7 days", " today", " since 1 Nov",
/// " in the range 10–16 Nov"; empty for all time.
fn when(state: &State) -> String {
    let label = state.range.label(state.now, state.setup.zone);
    match label.split_once(' ') {
        _ if state.range == Range::ALL => String::new(),
        Some(("Last", rest)) if rest == "hour" || rest.starts_with(|c: char| c.is_ascii_digit()) => {
            format!(" in the last {rest}")
        }
        Some((word @ ("Last" | "This" | "Since" | "Up"), rest)) => format!(" {} {rest}", word.to_lowercase()),
        None if matches!(label.as_str(), "Today" | "Yesterday") => format!(" {}", label.to_lowercase()),
        None if label.ends_with("day") => format!(" on {label}"),
        _ => format!(" in the range {label}"),
    }
}
