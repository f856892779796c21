//! What is open above the inbox. A new overlay is a folder in [`super::overlays`] and a variant here;
//! the compiler asks for the rest.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::tui::command::Scope;
use crate::tui::field::Field;
use crate::tui::msg::Effect;
use crate::tui::overlays::accounts::{self, AccountMenu};
use crate::tui::overlays::call::{self, CallDialog};
use crate::tui::overlays::copy::{self, CopyMenu};
use crate::tui::overlays::dates::{self, Dates, Focus};
use crate::tui::overlays::elsewhere::{self, Elsewhere};
use crate::tui::overlays::login::{self, LoginForm};
use crate::tui::overlays::name::{self, NameForm};
use crate::tui::overlays::note::{self, NoteEditor};
use crate::tui::overlays::palette::{self, Palette};
use crate::tui::overlays::save::{self, Save};
use crate::tui::overlays::save_all::{self, SaveAll};
use crate::tui::overlays::tags::{self, TagEditor};
use crate::tui::state::State;
use crate::tui::target::Target;
use crate::tui::theme::Theme;

/// An overlay above the inbox.
#[derive(Debug)]
pub enum Overlay {
    /// The range picker.
    Dates(Box<Dates>),
    /// How to listen elsewhere.
    Elsewhere(Elsewhere),
    /// The dialog for saving a recording.
    Save(Box<Save>),
    /// The dialog for saving several recordings.
    SaveAll(Box<SaveAll>),
    /// The note of one voicemail.
    Note(Box<NoteEditor>),
    /// The tags of some voicemails.
    Tags(Box<TagEditor>),
    /// The command palette.
    Palette(Box<Palette>),
    /// The menu of what to copy.
    Copy(CopyMenu),
    /// The question before calling back.
    Call(Box<CallDialog>),
    /// A name for a caller.
    Name(Box<NameForm>),
    /// The form for app ID and secret.
    Login(Box<LoginForm>),
    /// The list of accounts.
    Accounts(AccountMenu),
}

impl Overlay {
    /// Returns the scopes in which the open overlay looks up a key, in this order.
    pub fn scopes(&self) -> &'static [Scope] {
        match self {
            Overlay::Elsewhere(_) => &[Scope::Elsewhere, Scope::Anywhere],
            Overlay::Save(_) | Overlay::SaveAll(_) => &[Scope::Save, Scope::Anywhere],
            Overlay::Note(writing) if writing.confirming => &[Scope::NoteLeft, Scope::Anywhere],
            Overlay::Note(_) => &[Scope::Note, Scope::Anywhere],
            Overlay::Tags(_) => &[Scope::Tags, Scope::Anywhere],
            Overlay::Palette(_) => &[Scope::Palette, Scope::Anywhere],
            Overlay::Copy(_) => &[Scope::Copy, Scope::Anywhere],
            Overlay::Call(_) => &[Scope::Call, Scope::Anywhere],
            Overlay::Name(_) => &[Scope::Name, Scope::Anywhere],
            Overlay::Login(_) => &[Scope::Login, Scope::Anywhere],
            Overlay::Accounts(_) => &[Scope::Accounts, Scope::Anywhere],
            Overlay::Dates(dates) => match dates.part {
                Focus::Presets => &[Scope::Presets, Scope::Dates, Scope::Anywhere],
                Focus::Calendar => &[Scope::Calendar, Scope::Dates, Scope::Anywhere],
                Focus::Text => &[Scope::Dates, Scope::Anywhere],
            },
        }
    }

    /// Returns the overlay's single-line text field that takes what is typed, if there is one.
    pub fn field(&mut self) -> Option<&mut Field> {
        match self {
            Overlay::Dates(dates) => Some(&mut dates.input),
            Overlay::Save(dialog) => Some(&mut dialog.input),
            Overlay::SaveAll(dialog) => dialog.open_field(),
            Overlay::Name(naming) => Some(&mut naming.input),
            Overlay::Tags(tagging) => Some(&mut tagging.input),
            Overlay::Palette(palette) => Some(&mut palette.input),
            Overlay::Login(form) => form.open_field(),
            Overlay::Elsewhere(_)
            | Overlay::Note(_)
            | Overlay::Copy(_)
            | Overlay::Call(_)
            | Overlay::Accounts(_) => None,
        }
    }

    /// Returns the area of its box, and the title.
    pub(in crate::tui) fn frame(&self, state: &State) -> (Rect, Cow<'static, str>) {
        let (size, above) = (state.above_keys(), state.above_player());
        match self {
            Overlay::Dates(_) => (dates::view::place(above), dates::view::TITLE.into()),
            Overlay::Save(_) => (save::view::place(above), save::view::TITLE.into()),
            Overlay::SaveAll(dialog) => (save_all::view::place(size), save_all::view::title(dialog).into()),
            Overlay::Note(writing) => (note::place(size), note::view::title_of(state, writing).into()),
            Overlay::Tags(tagging) => {
                let (place, title) = tags::view::place(state, tagging);
                (place, title.into())
            }
            Overlay::Palette(_) => (palette::view::place(size), palette::view::TITLE.into()),
            Overlay::Name(_) => (name::view::place(above), name::view::TITLE.into()),
            Overlay::Login(_) => (login::view::place(above), login::view::TITLE.into()),
            Overlay::Elsewhere(open) => {
                (elsewhere::view::place(state, open), elsewhere::view::title(state).into())
            }
            Overlay::Copy(copying) => {
                let (place, title) = copy::view::place(state, copying);
                (place, title.into())
            }
            Overlay::Call(asked) => (call::view::place(state, asked), call::view::TITLE.into()),
            Overlay::Accounts(_) => (accounts::view::place(state), accounts::view::TITLE.into()),
        }
    }

    /// Returns what a click inside its box leads to.
    pub(in crate::tui) fn target(&self, state: &State, at: Position) -> Option<Target> {
        match self {
            Overlay::Dates(dates) => dates::view::parts(state.above_player(), dates).target(dates, at),
            Overlay::Palette(palette) => {
                let mut lines = palette::view::lines(state.above_keys(), palette);
                lines.find(|(_, line)| line.contains(at)).map(|(number, _)| Target::Choice(number))
            }
            Overlay::Accounts(switching) => {
                let mut rows = accounts::view::rows(state, *switching);
                rows.find(|(_, line)| line.contains(at)).map(|(number, _)| Target::Account(number))
            }
            Overlay::Copy(_) => {
                let mut rows = copy::view::rows(state);
                rows.find(|(.., line)| line.contains(at)).map(|(_, command, _)| Target::Command(command))
            }
            Overlay::Elsewhere(open) => elsewhere::view::command_at(state, open, at.y).map(Target::Command),
            Overlay::Save(_)
            | Overlay::SaveAll(_)
            | Overlay::Note(_)
            | Overlay::Tags(_)
            | Overlay::Name(_)
            | Overlay::Login(_)
            | Overlay::Call(_) => None,
        }
    }

    /// Draws the overlay. Returns the position of the cursor, if it has a text field.
    pub(in crate::tui) fn draw(&self, state: &State, theme: &Theme, buffer: &mut Buffer) -> Option<Position> {
        match self {
            Overlay::Dates(dates) => dates::view::draw(state, dates, theme, buffer),
            Overlay::Save(dialog) => save::view::draw(state, dialog, theme, buffer),
            Overlay::SaveAll(dialog) => save_all::view::draw(state, dialog, theme, buffer),
            Overlay::Note(writing) => note::view::draw(state, writing, theme, buffer),
            Overlay::Tags(tagging) => tags::view::draw(state, tagging, theme, buffer),
            Overlay::Palette(palette) => palette::view::draw(state, palette, theme, buffer),
            Overlay::Name(naming) => name::view::draw(state, naming, theme, buffer),
            Overlay::Login(form) => login::view::draw(state, form, theme, buffer),
            Overlay::Elsewhere(open) => elsewhere::view::draw(state, open, theme, buffer),
            Overlay::Copy(copying) => copy::view::draw(state, copying, theme, buffer),
            Overlay::Call(asked) => call::view::draw(state, asked, theme, buffer),
            Overlay::Accounts(switching) => accounts::view::draw(state, *switching, theme, buffer),
        }
    }
}

/// Reacts to an edit in the text field of the open overlay; `changed`: not only the cursor has moved.
pub(in crate::tui) fn on_edit(state: &mut State, changed: bool, effects: &mut Vec<Effect>) {
    match &mut state.overlay {
        Some(Overlay::Dates(dates)) => {
            dates.on_edit();
            dates::update::summarize(state, effects);
        }
        Some(Overlay::Save(dialog)) => dialog.on_edit(),
        Some(Overlay::SaveAll(dialog)) => dialog.error = None,
        Some(Overlay::Tags(tagging)) => tagging.on_edit(),
        Some(Overlay::Palette(palette)) if changed => palette.on_change(),
        Some(Overlay::Login(form)) => form.on_edit(),
        Some(
            Overlay::Palette(_)
            | Overlay::Name(_)
            | Overlay::Elsewhere(_)
            | Overlay::Note(_)
            | Overlay::Copy(_)
            | Overlay::Call(_)
            | Overlay::Accounts(_),
        )
        | None => {}
    }
}
