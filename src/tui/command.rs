//! The table of commands: one line each. Dispatch, the footer, the help, `vmail keys` and the lists of
//! keys in the documents derive from it.
//!
//! A new command is one line here and one arm in [`super::update`].

use std::borrow::Cow;

use crate::core::facts::Flags;
use crate::tui::state::State;

/// Where a command's keys work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere, whatever is open.
    Anywhere,
    /// The inbox: list and detail.
    Inbox,
    /// The list, when it has the focus.
    List,
    /// The detail, when it has the focus.
    Detail,
    /// The range picker.
    Dates,
    /// The range picker's presets.
    Presets,
    /// The range picker's calendar.
    Calendar,
    /// The search line.
    Search,
    /// The help.
    Help,
    /// The ways to listen to a recording elsewhere.
    Elsewhere,
    /// The dialog that asks where to save a recording.
    Save,
    /// The note editor.
    Note,
    /// The question whether to save a changed note.
    NoteLeft,
    /// The tags.
    Tags,
    /// The command palette.
    Palette,
    /// The menu of what can be copied.
    Copy,
    /// The question before a call is placed.
    Call,
    /// The dialog that asks for a caller's name.
    Name,
    /// The form for app ID and secret.
    Login,
    /// The list of accounts.
    Accounts,
}

impl Scope {
    /// The name of the scope, where keys work, for people.
    pub fn title(self) -> &'static str {
        match self {
            Scope::Anywhere => "Anywhere",
            Scope::Inbox => "Inbox",
            Scope::List => "List",
            Scope::Detail => "Detail",
            Scope::Dates => "Date range",
            Scope::Presets => "Date range: presets",
            Scope::Calendar => "Date range: calendar",
            Scope::Search => "Search line",
            Scope::Help => "Help",
            Scope::Elsewhere => "Listen elsewhere",
            Scope::Save => "Save recording",
            Scope::Note => "Note",
            Scope::NoteLeft => "Note: unsaved changes",
            Scope::Tags => "Tags",
            Scope::Palette => "Command palette",
            Scope::Copy => "Copy",
            Scope::Call => "Call back",
            Scope::Name => "Name the caller",
            Scope::Login => "Log in",
            Scope::Accounts => "Accounts",
        }
    }

    /// Whether a key that types a character is text in this scope.
    pub fn takes_text(self) -> bool {
        use Scope::{Dates, Help, Login, Name, Note, Palette, Save, Search, Tags};
        matches!(self, Search | Dates | Help | Save | Note | Tags | Palette | Name | Login)
    }
}

/// What a command is about: the headings of the lists of keys. A command of a dialog has none; it is
/// listed below the title of its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Moving in the list and between the panes.
    Move,
    /// Playing recordings.
    Listen,
    /// Changing the selected voicemail, or the marked ones.
    Act,
    /// Marking voicemail, to act on several at once.
    Mark,
    /// Choosing what the list shows.
    View,
    /// The program itself.
    Application,
}

/// Everything about a command.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The command.
    pub command: Command,
    /// Its name in settings.
    pub name: &'static str,
    /// Its default keys.
    pub keys: &'static [&'static str],
    /// Where these keys work.
    pub scope: Scope,
    /// What it is about; `None` for a command of a dialog.
    pub group: Option<Group>,
    /// One or two words for the footer; empty for a command that the footer does not show.
    pub hint: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// The same for the narrow columns of the help. Neighbours with the same label share a row there.
    /// Empty where `help` is short enough.
    pub label: &'static str,
}

impl Entry {
    /// Whether the command closes what covers the inbox.
    pub fn is_way_out(&self) -> bool {
        self.keys.contains(&"Esc") && self.scope != Scope::Inbox
    }

    /// The heading that the command is listed below.
    pub fn heading(&self) -> &'static str {
        match self.group {
            Some(Group::Move) => "Move",
            Some(Group::Listen) => "Listen",
            Some(Group::Act) => "Act",
            Some(Group::Mark) => "Mark",
            Some(Group::View) => "View",
            Some(Group::Application) => "Application",
            None => self.scope.title(),
        }
    }
}

/// The table of commands by heading: every entry once, in the order of the table.
pub fn by_heading() -> Vec<(&'static str, Vec<&'static Entry>)> {
    let mut headings: Vec<(&str, Vec<&Entry>)> = Vec::new();
    for entry in TABLE {
        match headings.iter_mut().find(|(heading, _)| *heading == entry.heading()) {
            Some((_, entries)) => entries.push(entry),
            None => headings.push((entry.heading(), vec![entry])),
        }
    }
    headings
}

macro_rules! commands {
    ($(
        $variant:ident, $name:literal, [$($key:literal),*], $scope:ident $(/ $group:ident)?, $hint:literal, $help:literal
        $(=> $label:literal)?;
    )*) => {
        /// Something the user can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $(#[doc = $help] $variant,)*
        }

        /// Every command. Within a heading, and in the footer, they are shown in this order.
        pub const TABLE: &[Entry] = &[$(Entry {
            command: Command::$variant,
            name: $name,
            keys: &[$($key),*],
            scope: Scope::$scope,
            group: [$(Some(Group::$group),)? None][0],
            hint: $hint,
            help: $help,
            label: concat!($($label)?),
        },)*];
    };
}

// Variant, name in settings, default keys, scope and group, hint in the footer, help => label.
commands! {
    Down, "down", ["j", "Down", "Ctrl-n"], Inbox/Move, "", "Next voicemail" => "Next, previous";
    Up, "up", ["k", "Up", "Ctrl-p"], Inbox/Move, "", "Previous voicemail" => "Next, previous";
    NextUnread, "next-unread", ["J"], Inbox/Move, "", "Next unread voicemail" => "Next, previous unread";
    PreviousUnread, "previous-unread", ["K"], Inbox/Move, "", "Previous unread voicemail" => "Next, previous unread";
    HalfPageDown, "half-page-down", ["Ctrl-d"], Inbox/Move, "", "Half a page down" => "Half page down, up";
    HalfPageUp, "half-page-up", ["Ctrl-u"], Inbox/Move, "", "Half a page up" => "Half page down, up";
    PageDown, "page-down", ["PgDn", "Ctrl-f"], Inbox/Move, "", "Page down" => "Page down, up";
    PageUp, "page-up", ["PgUp", "Ctrl-b"], Inbox/Move, "", "Page up" => "Page down, up";
    ScrollDown, "scroll-down", ["Ctrl-e"], Inbox/Move, "", "Scroll down a line; the selection stays while it is on screen" => "Scroll a line";
    ScrollUp, "scroll-up", ["Ctrl-y"], Inbox/Move, "", "Scroll up a line; the selection stays while it is on screen" => "Scroll a line";
    First, "first", ["g", "Home"], Inbox/Move, "", "First voicemail" => "First, last";
    Last, "last", ["G", "End"], Inbox/Move, "", "Last voicemail" => "First, last";
    DayBefore, "day-before", ["{"], Inbox/Move, "", "Previous day (older)" => "Previous, next day";
    DayAfter, "day-after", ["}"], Inbox/Move, "", "Next day (newer)" => "Previous, next day";
    SwitchPane, "switch-pane", ["Tab", "Shift-Tab"], Inbox/Move, "", "Switch between list and detail" => "Switch pane";
    PlayPause, "play", ["Space"], Inbox/Listen, "play", "Play or pause";
    PausePlaying, "pause", ["p"], Inbox/Listen, "", "Pause or resume what plays, whatever is selected" => "Pause what plays";
    SeekBack, "seek-back", ["h", "Left"], Inbox/Listen, "seek", "Back 5 s" => "Back, forward 5 s";
    SeekForward, "seek-forward", ["l", "Right"], Inbox/Listen, "", "Forward 5 s" => "Back, forward 5 s";
    StepBack, "step-back", [","], Inbox/Listen, "", "Back 1 s" => "Back, forward 1 s";
    StepForward, "step-forward", ["."], Inbox/Listen, "", "Forward 1 s" => "Back, forward 1 s";
    Restart, "restart", ["0"], Inbox/Listen, "", "Play from the start";
    Slower, "slower", ["<"], Inbox/Listen, "", "Play slower, down to 0.75 times" => "Slower, faster";
    Faster, "faster", [">"], Inbox/Listen, "faster", "Play faster, up to 2.5 times at the same pitch" => "Slower, faster";
    SkipSilence, "skip-silence", ["z"], Inbox/Listen, "skip silence", "Turn skip silence on or off" => "Skip silence";
    Quieter, "quieter", ["-"], Inbox/Listen, "", "Quieter" => "Quieter, louder";
    Louder, "louder", ["+", "="], Inbox/Listen, "", "Louder" => "Quieter, louder";
    PlayAll, "play-all", ["P"], Inbox/Listen, "play unread", "Play all unread voicemails in the list, or the marked ones, and show each in full" => "Play all unread";
    Elsewhere, "elsewhere", ["b"], Inbox/Listen, "", "Listen elsewhere: in your browser, as a file, or through forwarded sound" => "Listen elsewhere";
    SaveRecording, "save", ["w"], Inbox/Listen, "", "Save the recording to a file; the marked ones to a folder" => "Save the recording";
    ToggleDone, "done", ["e"], Inbox/Act, "done", "Mark as done or not done, and move on" => "Mark as done, move on";
    ToggleStar, "star", ["s"], Inbox/Act, "star", "Star or unstar";
    ToggleRead, "read", ["r"], Inbox/Act, "", "Mark as read or unread" => "Mark read or unread";
    Search, "search", ["/"], Inbox/View, "search", "Search: filter the list as you type" => "Search";
    NextMatch, "next-match", ["n"], Inbox/View, "", "Next match of the search" => "Next, previous match";
    PreviousMatch, "previous-match", ["N"], Inbox/View, "", "Previous match of the search" => "Next, previous match";
    Note, "note", ["m"], Inbox/Act, "note", "Write a note";
    Tags, "tags", ["t"], Inbox/Act, "", "Add or remove tags";
    CallBack, "call-back", ["c"], Inbox/Act, "call back", "Call back, after you confirm the number" => "Call back";
    NameCaller, "name", ["C"], Inbox/Act, "", "Name the caller";
    CopyNumber, "copy-number", ["y"], Inbox/Act, "", "Copy the number to the clipboard" => "Copy number, or more";
    CopyMore, "copy-more", ["Y"], Inbox/Act, "", "Copy the name, time, file name or all of it" => "Copy number, or more";
    Undo, "undo", ["u"], Inbox/Act, "", "Undo" => "Undo, redo";
    Redo, "redo", ["Ctrl-r"], Inbox/Act, "", "Redo" => "Undo, redo";
    Mark, "mark", ["v"], Inbox/Mark, "", "Mark and move down; commands then apply to all marked" => "Mark, move down";
    MarkRange, "mark-range", ["V"], Inbox/Mark, "", "Mark from the last mark to here" => "Mark a range";
    MarkAll, "mark-all", ["A"], Inbox/Mark, "", "Mark all shown, or clear the marks" => "Mark all, or clear";
    Open, "open", ["Enter"], List/Move, "open", "Open the full-screen detail" => "Open";
    Back, "back", ["Esc"], Inbox/Move, "", "Stop playing, clear marks, go back to the list, clear the search, or stop fetching" => "Stop, clear, go back";
    Follow, "follow", ["Enter"], Detail, "open", "Open the selected voicemail from this caller, or go back to the list" => "Open, or back to list";
    ShowInbox, "show-inbox", ["1"], Inbox/View, "", "Show the inbox: everything not done" => "Views, Inbox to All";
    ShowUnread, "show-unread", ["2"], Inbox/View, "", "Show unread" => "Views, Inbox to All";
    ShowStarred, "show-starred", ["3"], Inbox/View, "", "Show starred" => "Views, Inbox to All";
    ShowDone, "show-done", ["4"], Inbox/View, "", "Show done" => "Views, Inbox to All";
    ShowAll, "show-all", ["5"], Inbox/View, "", "Show all" => "Views, Inbox to All";
    Dates, "dates", ["d"], Inbox/View, "dates", "Choose the date range";
    Earlier, "earlier", ["["], Inbox/View, "earlier", "Earlier range of the same length" => "Earlier, later range";
    Later, "later", ["]"], Inbox/View, "later", "Later range of the same length" => "Earlier, later range";
    NextOrder, "order", ["o"], Inbox/View, "", "Change the sort order: newest, oldest, caller, longest" => "Sort order";
    History, "history", ["H"], Inbox/View, "", "Show all voicemails from this caller" => "This caller's history";
    Refresh, "refresh", ["R"], Inbox/View, "refresh", "Refresh: fetch the whole range again" => "Refresh";
    Palette, "palette", [":"], Inbox/Application, "", "Find and run a command" => "Command palette";
    Help, "help", ["?", "F1"], Anywhere/Application, "help", "Show keys and commands" => "Help";
    Accounts, "accounts", ["a"], Inbox/Application, "", "Switch account";
    LogIn, "log-in", [], Inbox/Application, "", "Log in with app ID and secret" => "Log in";
    Reload, "reload", [], Inbox/Application, "", "Reload settings";
    Redraw, "redraw", ["Ctrl-l"], Anywhere/Application, "", "Draw the whole screen again, if something else wrote on it" => "Redraw the screen";
    Suspend, "suspend", ["Ctrl-z"], Anywhere/Application, "", "Suspend; fg resumes";
    Quit, "quit", ["q"], Inbox/Application, "quit", "Close the full-screen detail or the history; otherwise quit" => "Close, or quit";
    QuitAtOnce, "quit-at-once", ["Ctrl-c"], Anywhere/Application, "", "Quit from anywhere" => "Quit from anywhere";
    ApplySearch, "apply-search", ["Enter"], Search, "keep", "Keep the search, go back to the list" => "Keep the search";
    ClearSearch, "clear-search", ["Esc"], Search, "clear", "Clear the search";
    PreviousSearch, "previous-search", ["Up", "Ctrl-p"], Search, "previous", "Previous search" => "Previous, next search";
    NextSearch, "next-search", ["Down", "Ctrl-n"], Search, "", "Next search" => "Previous, next search";
    CompleteSearch, "complete-search", ["Tab"], Search, "complete", "Complete the word";
    ShowRange, "show-range", ["Enter"], Dates, "show", "Show the range";
    NextPart, "next-part", ["Tab"], Dates, "presets, calendar, text", "Next section: presets, calendar, text" => "Switch section";
    PreviousPart, "previous-part", ["Shift-Tab"], Dates, "", "Previous section" => "Switch section";
    CloseDates, "close-dates", ["Esc"], Dates, "", "Cancel";
    NextPreset, "next-preset", ["j", "Down"], Presets, "", "Next preset" => "Next, previous";
    PreviousPreset, "previous-preset", ["k", "Up"], Presets, "", "Previous preset" => "Next, previous";
    PickPreset, "pick-preset", ["1", "2", "3", "4", "5", "6", "7", "8"], Presets, "", "Show that preset";
    PreviousDay, "previous-day", ["h", "Left"], Calendar, "", "Previous day" => "Previous, next day";
    NextDay, "next-day", ["l", "Right"], Calendar, "", "Next day" => "Previous, next day";
    NextWeek, "next-week", ["j", "Down"], Calendar, "", "Next week" => "Next, previous week";
    PreviousWeek, "previous-week", ["k", "Up"], Calendar, "", "Previous week" => "Next, previous week";
    PreviousMonth, "previous-month", ["<", "PgUp"], Calendar, "", "Previous month" => "Previous, next month";
    NextMonth, "next-month", [">", "PgDn"], Calendar, "", "Next month" => "Previous, next month";
    MarkDay, "mark-day", ["v", "Space"], Calendar, "mark start", "Mark the first day of a range" => "Mark the first day";
    InBrowser, "in-browser", ["b"], Elsewhere, "", "Serve the recording, once, to the browser on your machine" => "In your browser";
    SaveHere, "save-here", ["w"], Elsewhere, "", "Save it here and show the command to copy it to your machine" => "Save here, then copy";
    ToTerminal, "to-terminal", ["t"], Elsewhere, "", "Send the file to the terminal (iTerm2, kitty)" => "Send to the terminal";
    PlayHere, "play-here", ["Space", "p"], Elsewhere, "play here", "Play here, through forwarded sound" => "Play here";
    UseWay, "use-way", ["Enter"], Elsewhere, "use", "Use the selected option" => "Use selected option";
    NextWay, "next-way", ["j", "Down"], Elsewhere, "", "Next option" => "Next, previous";
    PreviousWay, "previous-way", ["k", "Up"], Elsewhere, "", "Previous option" => "Next, previous";
    CopyLine, "copy-line", ["c"], Elsewhere, "copy command", "Copy the command; again for the link" => "Copy command, or link";
    CloseWays, "close-ways", ["Esc", "q"], Elsewhere, "close", "Close";
    SaveNow, "save-now", ["Enter"], Save, "save", "Save; again to overwrite an existing file, or to retry" => "Save, or overwrite";
    CloseSave, "close-save", ["Esc"], Save, "cancel", "Cancel; several stop being saved" => "Cancel";
    SaveNote, "save-note", ["Enter", "Ctrl-s"], Note, "save", "Save; if empty, remove the note" => "Save";
    NewLine, "new-line", ["Ctrl-j", "Alt-Enter", "Shift-Enter"], Note, "new line", "Start a new line";
    CloseNote, "close-note", ["Esc"], Note, "close", "Close; asks before discarding changes" => "Close";
    SaveAndCloseNote, "save-and-close-note", ["s", "Ctrl-s"], NoteLeft, "save", "Save and close";
    DiscardNote, "discard-note", ["d"], NoteLeft, "discard", "Discard changes";
    KeepEditing, "keep-editing", ["Esc", "e"], NoteLeft, "keep editing", "Keep editing";
    ApplyTags, "apply-tags", ["Enter"], Tags, "apply", "Add the tags; remove those that start with a hyphen" => "Add; remove with -tag";
    CompleteTag, "complete-tag", ["Tab", "Down"], Tags, "complete", "Complete the tag; again for the next match" => "Next, previous match";
    CompleteTagBack, "complete-tag-back", ["Shift-Tab", "Up"], Tags, "", "Previous match" => "Next, previous match";
    CloseTags, "close-tags", ["Esc"], Tags, "cancel", "Cancel";
    RunChoice, "run-choice", ["Enter"], Palette, "run", "Run the command";
    NextChoice, "next-choice", ["Down", "Ctrl-n", "Tab"], Palette, "", "Next command" => "Next, previous";
    PreviousChoice, "previous-choice", ["Up", "Ctrl-p", "Shift-Tab"], Palette, "", "Previous command" => "Next, previous";
    ChoicePageDown, "choice-page-down", ["PgDn"], Palette, "", "Page down" => "Page down, up";
    ChoicePageUp, "choice-page-up", ["PgUp"], Palette, "", "Page up" => "Page down, up";
    ClosePalette, "close-palette", ["Esc"], Palette, "close", "Close";
    HelpDown, "help-down", ["Down", "Ctrl-n"], Help, "", "Scroll down" => "Scroll down, up";
    HelpUp, "help-up", ["Up", "Ctrl-p"], Help, "", "Scroll up" => "Scroll down, up";
    HelpPageDown, "help-page-down", ["PgDn", "Ctrl-f"], Help, "next page", "Next page" => "Next, previous page";
    HelpPageUp, "help-page-up", ["PgUp", "Ctrl-b"], Help, "", "Previous page" => "Next, previous page";
    HelpStart, "help-start", ["Home"], Help, "", "First page" => "First, last page";
    HelpEnd, "help-end", ["End"], Help, "", "Last page" => "First, last page";
    CloseHelp, "close-help", ["Esc"], Help, "close", "Clear the filter, or close" => "Clear, or close";
    TakeNumber, "take-number", ["y"], Copy, "", "Copy the number in international form" => "Copy the number";
    TakeName, "take-name", ["n"], Copy, "", "Copy the name";
    TakeTime, "take-time", ["t"], Copy, "", "Copy the time";
    TakeFile, "take-file", ["f"], Copy, "", "Copy the file name of the recording" => "Copy the file name";
    TakeText, "take-text", ["a"], Copy, "", "Copy all as text" => "Copy all as text";
    TakeJson, "take-json", ["j"], Copy, "", "Copy all as JSON, one object per line" => "Copy all as JSON";
    CloseCopying, "close-copying", ["Esc", "q"], Copy, "close", "Close";
    PlaceCall, "place-call", ["Enter"], Call, "call", "Place the call";
    CloseCall, "close-call", ["Esc", "q"], Call, "close", "Close; a call already placed continues" => "Close";
    SaveName, "save-name", ["Enter"], Name, "save", "Save; if empty, remove the name" => "Save";
    CancelName, "cancel-name", ["Esc"], Name, "cancel", "Cancel";
    SubmitLogIn, "submit-log-in", ["Enter"], Login, "log in", "Check the app ID and secret with TeleCMI, then save them" => "Log in";
    NextField, "next-field", ["Tab", "Down"], Login, "next field", "Next field" => "Next, previous field";
    PreviousField, "previous-field", ["Shift-Tab", "Up"], Login, "", "Previous field" => "Next, previous field";
    CancelLogIn, "cancel-log-in", ["Esc"], Login, "cancel", "Cancel";
    SwitchAccount, "switch-account", ["Enter"], Accounts, "switch", "Switch to the selected account" => "Switch account";
    NextAccount, "next-account", ["j", "Down"], Accounts, "", "Next account" => "Next, previous";
    PreviousAccount, "previous-account", ["k", "Up"], Accounts, "", "Previous account" => "Next, previous";
    CloseAccounts, "close-accounts", ["Esc", "q"], Accounts, "close", "Close";
}

impl Command {
    /// Returns the command's line in the table.
    pub fn entry(self) -> &'static Entry {
        // The macro makes both from the same lines, so the position is the discriminant.
        &TABLE[self as usize]
    }

    /// Returns why the command cannot run now, for the user; `None` if it can.
    pub fn refused(self, state: &State) -> Option<Cow<'static, str>> {
        use Command::{PausePlaying, Restart, SeekBack, SeekForward, StepBack, StepForward};
        let seeks = matches!(self, SeekBack | SeekForward | StepBack | StepForward | Restart);
        if (seeks || self == PausePlaying) && state.playback.current.is_none() {
            let play = state.setup.keymap.named(Command::PlayPause);
            return Some(format!("nothing is playing: {play} plays the selected one").into());
        }
        if self.takes_one() && !state.inbox.marks.is_empty() {
            let alone =
                state.inbox.marks.len() == 1 && state.inbox.marks.first() == state.inbox.selected.as_ref();
            let clear = state.setup.keymap.named(Command::Back);
            let said = || format!("{} takes one voicemail: {clear} clears the marks", self.entry().name);
            return (!alone).then(said).map(Cow::Owned).or_else(|| self.hindered(state).map(Cow::Borrowed));
        }
        self.hindered(state).map(Cow::Borrowed)
    }

    /// Returns whether it acts on the selected voicemail alone, even while others are marked.
    fn takes_one(self) -> bool {
        use Command::{CallBack, Elsewhere, History, NameCaller};
        matches!(self, CallBack | Elsewhere | History | NameCaller)
    }

    fn hindered(self, state: &State) -> Option<&'static str> {
        let no_account = state.setup.account.is_none();
        let nothing_selected = || state.inbox.selected_row().is_none();
        let withheld =
            || state.inbox.selected_row().is_some_and(|row| state.inbox.rows.number(&row).is_empty());
        match self {
            Command::Refresh | Command::Earlier | Command::Later | Command::Dates if no_account => {
                Some("no account yet: log in first")
            }
            Command::LogIn if !state.needs_login() => {
                Some("already logged in: `vmail login --account NAME` adds an account")
            }
            Command::Accounts if state.setup.accounts.len() < 2 => {
                Some("no other account: `vmail login --account NAME` adds one")
            }
            Command::Open if state.needs_login() && nothing_selected() => None,
            Command::Open | Command::SwitchPane if nothing_selected() => Some("nothing to open here"),
            Command::NextMatch | Command::PreviousMatch if state.inbox.query.filter.is_none() => {
                Some("no search: / searches")
            }
            // With an account, the last change may be one of another window.
            Command::Undo if no_account => Some("nothing to undo"),
            Command::Redo if state.steps.undone.is_empty() && state.pending.is_empty() => {
                Some("nothing to redo")
            }
            Command::PlayPause
            | Command::PlayAll
            | Command::ToggleDone
            | Command::ToggleStar
            | Command::ToggleRead
            | Command::Mark
            | Command::MarkRange
            | Command::MarkAll
            | Command::CallBack
            | Command::NameCaller
            | Command::History
            | Command::SaveRecording
            | Command::Elsewhere
            | Command::Note
            | Command::Tags
            | Command::CopyNumber
            | Command::CopyMore
                if nothing_selected() =>
            {
                Some("no voicemail here")
            }
            // Of the marked ones, those are saved that have one.
            Command::SaveRecording if !state.inbox.marks.is_empty() => None,
            Command::PlayPause | Command::SaveRecording | Command::Elsewhere
                if state.inbox.selected_row().is_some_and(|row| !row.flags.contains(Flags::RECORDING)) =>
            {
                Some("this voicemail has no recording")
            }
            Command::CallBack | Command::NameCaller if withheld() => Some("the caller withheld the number"),
            Command::CallBack if state.placing.is_some() => {
                Some("a call is being placed: wait for the answer")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn labels_fit_a_column_of_the_help_and_are_shared_by_neighbours_only() {
        let label = |entry: &Entry| if entry.label.is_empty() { entry.help } else { entry.label };
        for entry in TABLE {
            assert!(label(entry).chars().count() <= 21, "{}: {:?} is too long", entry.name, label(entry));
        }
        for (heading, entries) in by_heading() {
            let rows = entries.chunk_by(|one, next| label(one) == label(next));
            let mut labels: Vec<_> = rows.map(|row| label(row[0])).collect();
            let all = labels.len();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), all, "{heading}: {labels:?}");
        }
    }

    #[test]
    fn names_are_unique_and_every_entry_is_its_own() {
        let mut names = HashSet::new();
        for entry in TABLE {
            assert!(names.insert(entry.name), "{} stands twice", entry.name);
            assert_eq!(entry.command.entry().name, entry.name);
        }
    }
}
