//! The table of commands: one line each. Dispatch, the footer, the help and the README's list of
//! keys derive from it.
//!
//! A new command is one line here and one arm in [`super::update`].

use std::borrow::Cow;

use crate::model::Flags;
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
    /// The ways to hear a recording elsewhere.
    Ways,
    /// The dialog that asks where to save.
    Save,
    /// A note that is written.
    Note,
    /// The question what becomes of a changed note.
    NoteLeft,
    /// The tags.
    Tags,
    /// The palette.
    Palette,
    /// What can be copied.
    Copying,
    /// The question before anybody is called.
    CallBack,
    /// The dialog that asks for a caller's name.
    Naming,
    /// The form for app ID and secret.
    LoggingIn,
    /// The list of accounts.
    Accounts,
}

impl Scope {
    /// What the help calls it.
    pub fn title(self) -> &'static str {
        match self {
            Scope::Anywhere => "Anywhere",
            Scope::Inbox => "Inbox",
            Scope::List => "List",
            Scope::Detail => "Detail",
            Scope::Dates => "Dates",
            Scope::Presets => "Dates: presets",
            Scope::Calendar => "Dates: calendar",
            Scope::Search => "Search",
            Scope::Help => "This help",
            Scope::Ways => "Listen elsewhere",
            Scope::Save => "Save",
            Scope::Note => "Note",
            Scope::NoteLeft => "Note: leaving a changed one",
            Scope::Tags => "Tags",
            Scope::Palette => "Palette",
            Scope::Copying => "Copy",
            Scope::CallBack => "Call back",
            Scope::Naming => "Name a caller",
            Scope::LoggingIn => "Log in",
            Scope::Accounts => "Accounts",
        }
    }
}

/// All that is known of a command.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The command.
    pub command: Command,
    /// Its name in settings.
    pub name: &'static str,
    /// The keys it has unless the user chose others.
    pub keys: &'static [&'static str],
    /// Where these work.
    pub scope: Scope,
    /// One or two words for the footer; empty to leave it out there.
    pub hint: &'static str,
    /// One line for the help.
    pub help: &'static str,
}

impl Entry {
    /// Whether it leaves what stands above the inbox.
    pub fn is_way_out(&self) -> bool {
        self.keys.contains(&"Esc") && self.scope != Scope::Inbox
    }
}

macro_rules! commands {
    ($($variant:ident, $name:literal, [$($key:literal),*], $scope:ident, $hint:literal, $help:literal;)*) => {
        /// Something the user can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $(#[doc = $help] $variant,)*
        }

        /// Every command, in the order in which help and footer show them.
        pub const TABLE: &[Entry] = &[$(Entry {
            command: Command::$variant,
            name: $name,
            keys: &[$($key),*],
            scope: Scope::$scope,
            hint: $hint,
            help: $help,
        },)*];
    };
}

commands! {
    Down, "down", ["j", "Down"], Inbox, "", "Next row";
    Up, "up", ["k", "Up"], Inbox, "", "Previous row";
    PlayPause, "play", ["Space"], Inbox, "play", "Play the recording, hold it, go on";
    SeekBack, "seek-back", ["h", "Left"], Inbox, "seek", "5 seconds back";
    SeekForth, "seek-forth", ["l", "Right"], Inbox, "", "5 seconds forth";
    StepBack, "step-back", [","], Inbox, "", "A second back";
    StepForth, "step-forth", ["."], Inbox, "", "A second forth";
    Restart, "restart", ["0"], Inbox, "", "From the start";
    Faster, "faster", [">"], Inbox, "faster", "Play faster, up to 2.5 times; the pitch stays";
    Slower, "slower", ["<"], Inbox, "", "Play slower, down to 0.75 times";
    SkipSilence, "skip-silence", ["z"], Inbox, "cut silence", "Leave silences out, or not";
    Louder, "louder", ["+", "="], Inbox, "", "Louder";
    Quieter, "quieter", ["-"], Inbox, "", "Quieter";
    PlayAll, "play-all", ["P"], Inbox, "play unread", "Play everything unread in the list, one after another";
    ToggleDone, "done", ["e"], Inbox, "done", "Done, or not done; goes on to the next";
    ToggleStar, "star", ["s"], Inbox, "star", "Star, or take the star away";
    ToggleRead, "read", ["r"], Inbox, "", "Read, or unread";
    Search, "search", ["/"], Inbox, "search", "Search: narrow the list down while typing";
    Undo, "undo", ["u"], Inbox, "", "Undo the last step";
    Redo, "redo", ["Ctrl-r"], Inbox, "", "Do it again";
    Mark, "mark", ["v"], Inbox, "", "Mark, and go on; what is done next is done to all that is marked";
    MarkRange, "mark-range", ["V"], Inbox, "", "Mark from the last mark to here";
    MarkAll, "mark-all", ["A"], Inbox, "", "Mark all that is shown, or nothing";
    NextUnread, "next-unread", ["J"], Inbox, "", "The next unread voicemail";
    PreviousUnread, "previous-unread", ["K"], Inbox, "", "The unread voicemail before";
    ShowInbox, "show-inbox", ["1"], Inbox, "", "The inbox: what is not done";
    ShowUnread, "show-unread", ["2"], Inbox, "", "What was not heard";
    ShowStarred, "show-starred", ["3"], Inbox, "", "What has a star";
    ShowDone, "show-done", ["4"], Inbox, "", "What is done";
    ShowAll, "show-all", ["5"], Inbox, "", "Everything";
    NextOrder, "order", ["o"], Inbox, "", "Another order: newest, oldest, by caller, longest";
    CallBack, "call-back", ["c"], Inbox, "call back", "Call back, after a look at the number";
    NameCaller, "name", ["N"], Inbox, "", "Give the caller a name";
    History, "history", ["H"], Inbox, "", "Every voicemail of this caller";
    SaveRecording, "save", ["w"], Inbox, "", "Save the recording to a file";
    Elsewhere, "elsewhere", ["b"], Inbox, "", "Hear it elsewhere: in your browser, as a file, by forwarded sound";
    Note, "note", ["m"], Inbox, "note", "Write a note about the selected voicemail";
    Tags, "tags", ["t"], Inbox, "", "Add tags, or remove them";
    CopyNumber, "copy-number", ["y"], Inbox, "", "Copy the caller's number by the terminal's clipboard";
    CopyMore, "copy-more", ["Y"], Inbox, "", "Copy the name, the time, the file name, or everything";
    Palette, "palette", [":"], Inbox, "", "Find a command by its name or by what it does";
    Open, "open", ["Enter"], List, "read", "Show the detail in full, and back";
    Follow, "follow", ["Enter"], Detail, "go there", "Jump to the marked voicemail of this caller, or back to the list";
    Dates, "dates", ["d"], Inbox, "dates", "Choose the range of dates";
    Earlier, "earlier", ["["], Inbox, "earlier", "Move the range back by its own length";
    Later, "later", ["]"], Inbox, "later", "Move the range forth by its own length";
    Again, "again", ["R"], Inbox, "ask again", "Ask the server for the whole range again";
    Help, "help", ["?"], Inbox, "all keys", "Show every key";
    HalfPageDown, "half-page-down", ["Ctrl-d"], Inbox, "", "Half a page down";
    HalfPageUp, "half-page-up", ["Ctrl-u"], Inbox, "", "Half a page up";
    PageDown, "page-down", ["PgDn", "Ctrl-f"], Inbox, "", "A page down";
    PageUp, "page-up", ["PgUp", "Ctrl-b"], Inbox, "", "A page up";
    First, "first", ["g", "Home"], Inbox, "", "The first row";
    Last, "last", ["G", "End"], Inbox, "", "The last row";
    DayBefore, "day-before", ["{"], Inbox, "", "The day before: older";
    DayAfter, "day-after", ["}"], Inbox, "", "The day after: newer";
    SwitchPane, "switch-pane", ["Tab", "BackTab"], Inbox, "", "Move between list and detail";
    Back, "back", ["Esc"], Inbox, "", "Stop playing; take marks away; back to the list; clear the search; stop fetching";
    Accounts, "accounts", ["a"], Inbox, "", "Go over to another account";
    LogIn, "log-in", [], Inbox, "", "Log in: app ID and secret";
    Reload, "reload", [], Inbox, "", "Take over changed settings";
    Quit, "quit", ["q"], Inbox, "quit", "Leave vmail";
    ShowRange, "show-range", ["Enter"], Dates, "show", "Show the chosen range";
    NextPart, "next-part", ["Tab"], Dates, "presets, calendar, text", "Move between presets, calendar and text";
    PreviousPart, "previous-part", ["BackTab"], Dates, "", "Move between them the other way";
    CloseDates, "close-dates", ["Esc"], Dates, "", "Leave the range as it was";
    NextPreset, "next-preset", ["j", "Down"], Presets, "", "The next preset";
    PreviousPreset, "previous-preset", ["k", "Up"], Presets, "", "The previous preset";
    PickPreset, "pick-preset", ["1", "2", "3", "4", "5", "6", "7", "8"], Presets, "", "Show that preset";
    NextDay, "next-day", ["l", "Right"], Calendar, "", "The next day";
    PreviousDay, "previous-day", ["h", "Left"], Calendar, "", "The previous day";
    NextWeek, "next-week", ["j", "Down"], Calendar, "", "The same day of the next week";
    PreviousWeek, "previous-week", ["k", "Up"], Calendar, "", "The same day of the previous week";
    NextMonth, "next-month", [">", "PgDn"], Calendar, "", "The next month";
    PreviousMonth, "previous-month", ["<", "PgUp"], Calendar, "", "The previous month";
    MarkDay, "mark-day", ["v", "Space"], Calendar, "mark a start", "Mark the day where the range starts";
    KeepFilter, "keep-filter", ["Enter"], Search, "keep", "Keep what is found, and go back to the list";
    ClearFilter, "clear-filter", ["Esc"], Search, "clear", "Show everything again";
    EarlierSearch, "earlier-search", ["Up", "Ctrl-p"], Search, "earlier", "What was searched for before";
    LaterSearch, "later-search", ["Down", "Ctrl-n"], Search, "", "And what after that";
    CompleteSearch, "complete-search", ["Tab"], Search, "complete", "Complete the word";
    HelpDown, "help-down", ["j", "Down"], Help, "", "Further down";
    HelpUp, "help-up", ["k", "Up"], Help, "", "Further up";
    HelpPageDown, "help-page-down", ["PgDn", "Ctrl-d", "Space"], Help, "page down", "A page down";
    HelpPageUp, "help-page-up", ["PgUp", "Ctrl-u"], Help, "", "A page up";
    HelpStart, "help-start", ["g", "Home"], Help, "", "To its start";
    HelpEnd, "help-end", ["G", "End"], Help, "", "To its end";
    CloseHelp, "close-help", ["Esc", "q", "?", "Enter"], Help, "close", "Close the help";
    InBrowser, "in-browser", ["b"], Ways, "", "Serve it once for the browser of your own machine";
    SaveHere, "save-here", ["w"], Ways, "", "Save it here, with the line that brings it to you";
    ToTerminal, "to-terminal", ["t"], Ways, "", "Send the file to the terminal (iTerm2, kitty)";
    PlayHere, "play-here", ["Space", "p"], Ways, "play here", "Play it here: the sound is forwarded";
    TakeWay, "take-way", ["Enter"], Ways, "take it", "Take the way where you are";
    NextWay, "next-way", ["j", "Down"], Ways, "", "The next way";
    PreviousWay, "previous-way", ["k", "Up"], Ways, "", "The way before";
    CopyLine, "copy-line", ["c"], Ways, "copy the line", "Copy the line; again, the page's address";
    CloseWays, "close-ways", ["Esc", "q"], Ways, "close", "Back to the inbox";
    SaveNow, "save-now", ["Enter"], Save, "save", "Save; asked again, replace what is there";
    CloseSave, "close-save", ["Esc"], Save, "leave", "Do not save";
    SaveNote, "save-note", ["Ctrl-s"], Note, "save", "Save the note; an empty one is removed";
    LeaveNote, "leave-note", ["Esc"], Note, "leave", "Leave; asks first when something was changed";
    KeepNote, "keep-note", ["s", "Ctrl-s"], NoteLeft, "save", "Save it";
    DropNote, "drop-note", ["t"], NoteLeft, "throw away", "Throw the changes away";
    WriteOn, "write-on", ["Esc", "g"], NoteLeft, "go on writing", "Go on writing";
    ApplyTags, "apply-tags", ["Enter"], Tags, "apply", "Add what is typed; remove what has a dash before it";
    CompleteTag, "complete-tag", ["Tab", "Down"], Tags, "complete", "Complete the tag; again for the next one that fits";
    CompleteTagBack, "complete-tag-back", ["BackTab", "Up"], Tags, "", "The one before";
    CloseTags, "close-tags", ["Esc"], Tags, "leave", "Leave the tags as they are";
    RunChoice, "run-choice", ["Enter"], Palette, "run", "Run the command";
    NextChoice, "next-choice", ["Down", "Ctrl-n", "Tab"], Palette, "", "The next one";
    PreviousChoice, "previous-choice", ["Up", "Ctrl-p", "BackTab"], Palette, "", "The one before";
    ChoicePageDown, "choice-page-down", ["PgDn"], Palette, "", "A page down";
    ChoicePageUp, "choice-page-up", ["PgUp"], Palette, "", "A page up";
    ClosePalette, "close-palette", ["Esc"], Palette, "close", "Run nothing";
    TakeNumber, "take-number", ["y"], Copying, "", "The number in international form";
    TakeName, "take-name", ["n"], Copying, "", "The name";
    TakeTime, "take-time", ["t"], Copying, "", "The time";
    TakeFile, "take-file", ["f"], Copying, "", "The name of the recording";
    TakeText, "take-text", ["a"], Copying, "", "Everything as text";
    TakeJson, "take-json", ["j"], Copying, "", "Everything as JSON, an object a line";
    CloseCopying, "close-copying", ["Esc", "q"], Copying, "close", "Copy nothing";
    PlaceCall, "place-call", ["Enter"], CallBack, "call", "Place the call, once";
    LeaveCall, "leave-call", ["Esc", "q"], CallBack, "leave", "Back to the inbox; a call that was placed goes on";
    KeepName, "keep-name", ["Enter"], Naming, "keep", "Keep the name; an empty one takes it away";
    LeaveName, "leave-name", ["Esc"], Naming, "leave", "Leave the name as it was";
    TryKey, "try-key", ["Enter"], LoggingIn, "log in", "Try app ID and secret at TeleCMI, and keep them";
    NextField, "next-field", ["Tab", "Down"], LoggingIn, "next field", "The next field";
    PreviousField, "previous-field", ["BackTab", "Up"], LoggingIn, "", "The field before";
    LeaveLogIn, "leave-log-in", ["Esc"], LoggingIn, "leave", "Keep nothing";
    SwitchAccount, "switch-account", ["Enter"], Accounts, "go there", "Go over to that account";
    NextAccount, "next-account", ["j", "Down"], Accounts, "", "The next account";
    PreviousAccount, "previous-account", ["k", "Up"], Accounts, "", "The account before";
    CloseAccounts, "close-accounts", ["Esc", "q"], Accounts, "leave", "Stay";
    Suspend, "suspend", ["Ctrl-z"], Anywhere, "", "Back to the shell; fg returns";
    QuitAtOnce, "quit-at-once", ["Ctrl-c"], Anywhere, "", "Leave vmail";
}

impl Command {
    /// The command's line in the table.
    pub fn entry(self) -> &'static Entry {
        // The macro makes both from the same lines, so the position is the discriminant.
        &TABLE[self as usize]
    }

    /// Why the command cannot do anything now, in words for the user.
    pub fn refused(self, state: &State) -> Option<Cow<'static, str>> {
        use Command::{Restart, SeekBack, SeekForth, StepBack, StepForth};
        let seeks = matches!(self, SeekBack | SeekForth | StepBack | StepForth | Restart);
        if seeks && state.listening.playback.is_none() {
            let play = state.keymap.named(Command::PlayPause);
            return Some(format!("nothing plays: {play} plays the selected voicemail").into());
        }
        self.hindered(state).map(Cow::Borrowed)
    }

    fn hindered(self, state: &State) -> Option<&'static str> {
        let no_account = state.account.is_none();
        let nothing_selected = || state.inbox.selected_row().is_none();
        let withheld =
            || state.inbox.selected_row().is_some_and(|row| state.inbox.rows.number(&row).is_empty());
        match self {
            Command::Again | Command::Earlier | Command::Later | Command::Dates if no_account => {
                Some("no account yet: there is nothing to ask")
            }
            Command::LogIn if !no_account => Some("another account: `vmail login --account NAME` adds one"),
            Command::Accounts if state.accounts.len() < 2 => {
                Some("there is no other account: `vmail login --account NAME` adds one")
            }
            Command::Open if no_account => None,
            Command::Open | Command::SwitchPane if nothing_selected() => Some("nothing to read here"),
            Command::Undo if state.steps.done.is_empty() && state.pending.is_empty() => {
                Some("nothing to undo")
            }
            Command::Redo if state.steps.undone.is_empty() && state.pending.is_empty() => {
                Some("nothing to do again")
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
            Command::PlayPause | Command::SaveRecording | Command::Elsewhere
                if state.inbox.selected_row().is_some_and(|row| !row.flags.contains(Flags::RECORDING)) =>
            {
                Some("no recording came with this voicemail")
            }
            Command::CallBack | Command::NameCaller if withheld() => Some("the caller sent no number"),
            Command::CallBack if state.calling.placing.is_some() => {
                Some("a call is being placed already: its answer comes first")
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
    fn names_are_unique_and_every_entry_is_its_own() {
        let mut names = HashSet::new();
        for entry in TABLE {
            assert!(names.insert(entry.name), "{} stands twice", entry.name);
            assert_eq!(entry.command.entry().name, entry.name);
        }
    }
}
