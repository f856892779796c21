//! The table of commands: one line each. Dispatch, the footer, the help and the README's list of
//! keys derive from it.
//!
//! A new command is one line here and one arm in [`super::update`].

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
    /// The help.
    Help,
    /// The ways to hear a recording elsewhere.
    Ways,
    /// The dialog that asks where to save.
    Save,
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
            Scope::Help => "This help",
            Scope::Ways => "Listen elsewhere",
            Scope::Save => "Save",
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
    SaveRecording, "save", ["w"], Inbox, "", "Save the recording to a file";
    Elsewhere, "elsewhere", ["b"], Inbox, "", "Hear it elsewhere: in your browser, as a file, by forwarded sound";
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
    Back, "back", ["Esc"], Inbox, "", "Stop playing; back to the list; in the list, stop fetching";
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
    HelpDown, "help-down", ["j", "Down", "Ctrl-d", "PgDn"], Help, "", "Further down";
    HelpUp, "help-up", ["k", "Up", "Ctrl-u", "PgUp"], Help, "", "Further up";
    CloseHelp, "close-help", ["Esc", "q", "?", "Enter"], Help, "close", "Close the help";
    InBrowser, "in-browser", ["b"], Ways, "", "Serve it once for the browser of your own machine";
    SaveHere, "save-here", ["w"], Ways, "", "Save it here, with the line that brings it to you";
    ToTerminal, "to-terminal", ["t"], Ways, "", "Send the file to the terminal (iTerm2, kitty)";
    PlayHere, "play-here", ["Space", "p"], Ways, "play here", "Play it here: the sound is forwarded";
    CopyLine, "copy-line", ["c"], Ways, "copy the line", "Copy the line by the terminal's clipboard";
    CloseWays, "close-ways", ["Esc", "q"], Ways, "close", "Back to the inbox";
    SaveNow, "save-now", ["Enter"], Save, "save", "Save; asked again, replace what is there";
    CloseSave, "close-save", ["Esc"], Save, "leave", "Do not save";
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
    pub fn refused(self, state: &State) -> Option<&'static str> {
        let no_account = state.account.is_none();
        match self {
            Command::Again | Command::Earlier | Command::Later | Command::Dates if no_account => {
                Some("no account yet: there is nothing to ask")
            }
            Command::Open | Command::SwitchPane if state.inbox.rows.is_empty() => {
                Some("nothing to read here")
            }
            Command::PlayPause | Command::PlayAll | Command::SaveRecording | Command::Elsewhere
                if state.inbox.rows.is_empty() =>
            {
                Some("no voicemail here")
            }
            Command::PlayPause | Command::SaveRecording | Command::Elsewhere
                if state.inbox.selected_row().is_some_and(|row| !row.flags.contains(Flags::RECORDING)) =>
            {
                Some("no recording came with this voicemail")
            }
            Command::SeekBack
            | Command::SeekForth
            | Command::StepBack
            | Command::StepForth
            | Command::Restart
                if state.listening.playback.is_none() =>
            {
                Some("nothing plays: Space plays the selected voicemail")
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
