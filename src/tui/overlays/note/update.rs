//! Editing a note: loading, saving, and closing without losing changes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use crate::core::humanize;
use crate::core::model::VoicemailId;
use crate::core::triage::{Edit, Note};
use crate::store::StoreError;
use crate::tui::command::Command;
use crate::tui::field;
use crate::tui::list::changes;
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{Change, Effect, Lane, Read};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::note::{Before, Motion, NoteEditor, about, cells};
use crate::tui::playback::update::leave_in_queue;
use crate::tui::state::State;
use crate::tui::update::fetch::read;
use crate::tui::update::{fault, news};

/// How many voicemails an error names.
const NAMED: usize = 3;

/// Opens the note of the marked or selected voicemail, or an empty one to add to the notes of several.
pub(in crate::tui) fn open(state: &mut State, effects: &mut Vec<Effect>) {
    let keys = changes::subjects(state);
    let editor = match keys.as_slice() {
        [key] => state.inbox.find(*key).map(|row| NoteEditor::new(*key, about(state, &row))),
        _ => NoteEditor::for_several(&keys),
    };
    state.overlay = editor.map(|editor| Overlay::Note(Box::new(editor)));
    go_on(state, effects);
}

/// Returns whether a change to a voicemail of `keys` is still being written: a read could miss it.
pub(in crate::tui) fn is_unwritten(state: &State, keys: &[RowKey]) -> bool {
    state.pending.iter().flat_map(Change::keys).any(|key| keys.contains(key))
}

/// Loads the note once pending changes to it are written.
pub(in crate::tui) fn go_on(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Note(writing)) = &state.overlay else { return };
    let key = writing.key;
    let Before::Coming { asked: false, save } = writing.before else { return };
    if is_unwritten(state, &[key]) {
        return;
    }
    read(state, Read::Note(key.id), effects);
    if let Some(Overlay::Note(writing)) = &mut state.overlay {
        writing.before = Before::Coming { asked: true, save };
    }
}

/// Handles the loaded note, and puts text that was typed meanwhile after it.
pub(in crate::tui) fn on_read(state: &mut State, note: Option<&Note>, effects: &mut Vec<Effect>) {
    let window = cells(state.above_keys());
    let Some(Overlay::Note(writing)) = &mut state.overlay else { return };
    let Before::Coming { save, .. } = writing.before else { return };
    let text = note.map_or("", Note::text).to_owned();
    if let Some(kept) = state.unsaved.remove(&writing.key.id) {
        writing.field.prepend(&kept);
        let save = state.setup.keymap.named(Command::SaveNote);
        writing.error = Some(format!("This note could not be saved earlier. Press {save} to retry."));
    } else {
        writing.field.prepend(&text);
    }
    writing.field.scroll(window);
    writing.before = Before::Known(text);
    if save {
        self::save(state, effects);
    }
}

/// Handles a note that could not be loaded.
pub(in crate::tui) fn on_unread(state: &mut State, error: &StoreError) {
    if let Some(Overlay::Note(writing)) = &mut state.overlay {
        writing.before = Before::Unread;
        let (why, save) =
            (humanize::sentence(&error.to_string()), state.setup.keymap.named(Command::SaveNote));
        writing.error = Some(format!("{why}. Press {save} to retry."));
    }
}

/// Handles a key in a note that is not a command: a character or an editing step.
pub(in crate::tui) fn type_key(writing: &mut NoteEditor, key: KeyEvent, window: Size) {
    match (field::character(key), key.code) {
        _ if writing.confirming => {}
        (Some(c), _) => insert(writing, c.encode_utf8(&mut [0; 4])),
        // Enter saves, unless the settings say that another key does.
        (None, KeyCode::Enter) => insert(writing, "\n"),
        _ => {
            if let Some(step) = step(key) {
                writing.error = None;
                writing.field.step(step, window);
            }
        }
    }
    writing.field.scroll(window);
}

/// Starts a new line at the cursor.
pub(in crate::tui) fn new_line(state: &mut State) {
    let window = cells(state.above_keys());
    if let Some(Overlay::Note(writing)) = &mut state.overlay {
        insert(writing, "\n");
        writing.field.scroll(window);
    }
}

/// Inserts pasted text into the note.
pub(in crate::tui) fn paste(writing: &mut NoteEditor, text: &str, window: Size) {
    if !writing.confirming {
        insert(writing, text);
        writing.field.scroll(window);
    }
}

fn insert(writing: &mut NoteEditor, text: &str) {
    let fits = writing.field.insert(text, Note::MAX);
    writing.error = (!fits).then(|| {
        let most = humanize::count(Note::MAX as u64);
        if text.chars().nth(1).is_some() {
            format!("Not pasted: a note has at most {most} characters.")
        } else {
            format!("The note is full: it has {most} characters.")
        }
    });
}

/// Returns the editing step for a key, as in shells and editors.
fn step(key: KeyEvent) -> Option<Motion> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Left if control => Motion::WordLeft,
        KeyCode::Right if control => Motion::WordRight,
        KeyCode::Home if control => Motion::Start,
        KeyCode::End if control => Motion::End,
        KeyCode::Left => Motion::Left,
        KeyCode::Right => Motion::Right,
        KeyCode::Up => Motion::Up,
        KeyCode::Down => Motion::Down,
        KeyCode::PageUp => Motion::PageUp,
        KeyCode::PageDown => Motion::PageDown,
        KeyCode::Home => Motion::LineStart,
        KeyCode::End => Motion::LineEnd,
        KeyCode::Backspace => Motion::Backspace,
        KeyCode::Delete => Motion::Delete,
        KeyCode::Char('a') if control => Motion::LineStart,
        KeyCode::Char('e') if control => Motion::LineEnd,
        KeyCode::Char('w') if control => Motion::DeleteWord,
        KeyCode::Char('u') if control => Motion::DeleteToStart,
        KeyCode::Char('k') if control => Motion::DeleteToEnd,
        _ => return None,
    })
}

/// Saves the note, or loads it again if that failed.
pub(in crate::tui) fn save(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Overlay::Note(writing)) = &mut state.overlay else { return };
    match &mut writing.before {
        Before::Known(_) => {
            // Text that was typed while the note was loaded may have made it too long.
            let note = Note::new(writing.field.text(), 0).map(Note::fitting);
            if let Some(Err(error)) = note {
                writing.confirming = false;
                writing.error = Some(format!("Not saved: {error}."));
                return;
            }
            let writing = writing.clone();
            state.overlay = None;
            write(state, &writing, effects);
            let shown = state.inbox.selected == Some(writing.key) && state.shows_queue();
            if shown && writing.changed() {
                leave_in_queue(state, effects);
            }
        }
        Before::Coming { save, .. } => {
            *save = true;
            writing.confirming = false;
        }
        Before::Unread => {
            writing.confirming = false;
            writing.error = None;
            writing.before = Before::Coming { asked: false, save: false };
            go_on(state, effects);
        }
    }
}

fn write(state: &mut State, writing: &NoteEditor, effects: &mut Vec<Effect>) {
    if !writing.changed() {
        let is_new = matches!(&writing.before, Before::Known(text) if text.is_empty());
        let why = if is_new { "nothing typed: no note saved" } else { "note unchanged" };
        return news(state, why.to_owned());
    }
    let note = Note::new(writing.field.text(), state.now.timestamp_millis());
    let (keys, edit) = match note {
        Some(note) if !writing.several.is_empty() => (writing.several.clone(), Edit::AddToNote(note)),
        note => (vec![writing.key], Edit::Note(note)),
    };
    changes::apply(state, Change::Edit { keys, edit }, effects);
    state.inbox.marks.clear();
}

/// Closes the note, but asks first if there are unsaved changes.
pub(in crate::tui) fn leave(state: &mut State) {
    match &mut state.overlay {
        Some(Overlay::Note(writing)) if writing.changed() => writing.confirming = true,
        _ => discard(state),
    }
}

/// Returns whether closing the note must ask first.
pub(in crate::tui) fn holds(state: &State) -> bool {
    matches!(&state.overlay, Some(Overlay::Note(writing)) if writing.changed() && !writing.confirming)
}

/// Closes the note and discards changes.
pub(in crate::tui) fn discard(state: &mut State) {
    state.lanes.next(Lane::Note);
    state.overlay = None;
}

/// Returns to editing the note from the question.
pub(in crate::tui) fn write_on(state: &mut State) {
    if let Some(Overlay::Note(writing)) = &mut state.overlay {
        writing.confirming = false;
    }
}

/// Saves the note without asking, because the terminal is gone.
pub(in crate::tui) fn rescue(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(Overlay::Note(writing)) = &state.overlay
        && matches!(writing.before, Before::Known(_))
    {
        let writing = writing.clone();
        state.overlay = None;
        write(state, &writing, effects);
    }
}

/// Handles an added text that would have made the notes of `ids` too long: says which, and leaves them marked.
/// If it was added to none, opens it again.
pub(in crate::tui) fn not_added(state: &mut State, change: &Change, ids: &[VoicemailId]) {
    let Change::Edit { keys, edit: Edit::AddToNote(note) } = change else { return };
    let refused: Vec<RowKey> = keys.iter().copied().filter(|key| ids.contains(&key.id)).collect();
    let rows = refused.iter().take(NAMED).filter_map(|key| state.inbox.find(*key));
    let mut which = rows.map(|row| about(state, &row)).collect::<Vec<_>>().join(", ");
    if refused.len() > NAMED {
        which = format!("{which} and {} more", humanize::count((refused.len() - NAMED) as u64));
    }
    let (most, to) = (humanize::count(Note::MAX as u64), humanize::voicemails(refused.len() as u64));
    let why = format!("Not added to {to}, whose note would have more than {most} characters: {which}.");
    fault(state, why);
    if refused.len() == keys.len() {
        write_again(state, keys, note);
    } else if state.inbox.marks.is_empty() {
        state.inbox.marks = refused.into_iter().collect();
    }
}

/// Opens a text again that could not be added to several notes, unless another dialog is open by now: then
/// the error says the text.
fn write_again(state: &mut State, keys: &[RowKey], note: &Note) {
    let why = state.notice.take().map(|notice| notice.text).unwrap_or_default();
    if state.overlay.is_some() {
        return fault(state, format!("{why} Your text was: {}", note.text()));
    }
    let Some(mut editor) = NoteEditor::for_several(keys) else { return };
    editor.field.prepend(note.text());
    editor.error = Some(why);
    state.overlay = Some(Overlay::Note(Box::new(editor)));
}

/// Keeps the text of a note that could not be saved.
pub(in crate::tui) fn keep(state: &mut State, change: &Change) {
    let (keys, note) = match change {
        Change::Edit { keys, edit: Edit::Note(Some(note)) } => (keys, note),
        Change::Edit { keys, edit: Edit::AddToNote(note) } => return write_again(state, keys, note),
        _ => return,
    };
    let ids: Vec<VoicemailId> = keys.iter().map(|key| key.id).collect();
    state.unsaved.extend(ids.into_iter().map(|id| (id, note.text().to_owned())));
    let why = state.notice.take().map(|notice| notice.text + ". ").unwrap_or_default();
    let open = state.setup.keymap.named(Command::Note);
    fault(state, format!("{why}Press {open} to edit the note again; its text is lost when you quit."));
}
