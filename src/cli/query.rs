//! Searches the store by range and query for the verbs, in pieces: if the reader closes the pipe, the search
//! stops.

use std::collections::HashMap;

use clap::Args;

use crate::cli::context::VerbContext;
use crate::core::facts::Flags;
use crate::core::fields::{Fields, Parts};
use crate::core::model::{CallerId, Span, VoicemailId};
use crate::core::search::{CallerTexts, Columns, Matcher, Query, Source};
use crate::core::suggest::nearest;
use crate::core::text;
use crate::core::triage::Tag;
use crate::core::view::View;
use crate::core::zone::Tz;
use crate::error::Fault;
use crate::store::{AccountId, StoreError, StoredVoicemail};

/// Arguments that select voicemails in the range.
#[derive(Args, Debug)]
pub struct WhichArgs {
    /// Search query, as in the inbox: `is:unread -from:98765`
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Limit to a view: inbox, unread, starred, done, all, or your own
    #[arg(long, value_name = "VIEW")]
    pub view: Option<String>,
}

impl WhichArgs {
    /// Returns the query that the words and `--view` make together.
    pub fn query(&self, context: &VerbContext) -> anyhow::Result<Query> {
        let query = context.query(&self.query)?;
        Ok(match &self.view {
            Some(view) => self::view(context, view)?.and(query),
            None => query,
        })
    }
}

/// Returns the query of the view `name`, ignoring case.
fn view(context: &VerbContext, name: &str) -> anyhow::Result<Query> {
    let is_meant = |known: &str| known.to_lowercase() == name.to_lowercase();
    if let Some(own) = context.settings.views.iter().find(|view| is_meant(&view.name)) {
        return Ok(own.query.clone());
    }
    if let Some(view) = View::EVERY.into_iter().find(|view| is_meant(view.name())) {
        return context.query(&[view.search().to_owned()]);
    }
    let known: Vec<_> = View::EVERY.into_iter().map(|view| view.name().to_lowercase()).collect();
    let own = context.settings.views.iter().map(|view| view.name.as_str());
    let known: Vec<_> = known.iter().map(String::as_str).chain(own).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("; did you mean {meant}?"),
        None => format!(": expected one of {}", known.join(", ")),
    };
    let shown = text::clean(name, text::NAME_MAX);
    Err(Fault::usage(format!("--view: unknown view \"{shown}\"{hint}")).into())
}

/// The number of voicemails to read at a time.
const PIECE: usize = 2_000;

/// A matching voicemail.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The voicemail.
    pub entry: StoredVoicemail,
    /// The name given to the caller, otherwise the one from a contact file.
    pub name: Option<String>,
}

impl Hit {
    /// Returns a match: `entry` with the name of its caller.
    pub fn new(entry: StoredVoicemail, context: &VerbContext) -> Hit {
        let raw = &entry.record.voicemail.caller;
        let name = context.book.name_of(entry.name.as_deref(), &entry.forms, raw).map(str::to_owned);
        Hit { entry, name }
    }

    /// Returns the fields of a matching voicemail, for scripts.
    pub fn fields<'a>(&'a self, zone: Tz, account: &'a str) -> Fields<'a> {
        let StoredVoicemail { record, flags, forms, .. } = &self.entry;
        let parts = Parts {
            voicemail: &record.voicemail,
            caller: forms,
            name: self.name.as_deref(),
            sketch: record.sketch,
            flags: *flags,
            note: record.note.as_ref(),
            tags: &record.tags,
        };
        Fields::new(parts, zone, account)
    }
}

/// An iteration over matching voicemails, newest first.
#[derive(Debug)]
pub struct Search<'d> {
    context: &'d VerbContext,
    account: AccountId,
    span: Span,
    matcher: Matcher,
    after: Option<(i64, VoicemailId)>,
    pieces: u64,
}

impl<'d> Search<'d> {
    /// Starts a search for `query` in `span`.
    pub async fn new(context: &'d VerbContext, span: Span, query: &Query) -> Result<Search<'d>, StoreError> {
        let matcher = Matcher::new(query, &context.search);
        Ok(Search { context, account: context.account().await?, span, matcher, after: None, pieces: 0 })
    }

    /// Returns the search's matches in the next piece, possibly none; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Hit>>, StoreError> {
        let (account, span, after) = (self.account, self.span, self.after);
        let entries =
            self.context.store.call(move |store| store.entries(account, span, after, PIECE)).await?;
        let Some(last) = entries.last() else { return Ok(None) };
        self.after = Some((last.record.voicemail.time.timestamp_millis(), last.record.voicemail.id));
        self.pieces += 1;
        let found: Vec<_> = entries.into_iter().map(|entry| Hit::new(entry, self.context)).collect();
        let mut rows = Vec::new();
        self.matcher.filter(&Piece::new(&found, self.pieces), &mut rows);
        let mut rows = rows.into_iter().peekable();
        let numbered = (0_u32..).zip(found);
        let hits = numbered.filter(|(number, _)| rows.next_if_eq(number).is_some());
        Ok(Some(hits.map(|(_, found)| found).collect()))
    }

    /// Returns all remaining matches of the search.
    pub async fn all(mut self) -> Result<Vec<Hit>, StoreError> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            all.extend(piece);
        }
        Ok(all)
    }
}

/// A piece in columns, with its callers numbered from 0.
struct Piece<'f> {
    found: &'f [Hit],
    times: Vec<i64>,
    flags: Vec<Flags>,
    lengths: Vec<u32>,
    callers: Vec<CallerId>,
    /// For each caller, a voicemail from them and the digits of their number.
    known: Vec<(&'f Hit, String)>,
    number: u64,
}

impl<'f> Piece<'f> {
    fn new(found: &'f [Hit], number: u64) -> Piece<'f> {
        let mut numbers: HashMap<CallerId, u32> = HashMap::new();
        let mut known = Vec::new();
        let callers = found.iter().map(|found| {
            let number = numbers.entry(found.entry.caller).or_insert_with(|| {
                let digits = found.entry.forms.display.chars().filter(char::is_ascii_digit).collect();
                known.push((found, digits));
                known.len() as u32 - 1
            });
            CallerId(*number)
        });
        Piece {
            callers: callers.collect(),
            found,
            times: found.iter().map(|found| found.entry.record.voicemail.time.timestamp_millis()).collect(),
            flags: found.iter().map(|found| found.entry.flags).collect(),
            lengths: found.iter().map(|found| found.entry.record.sketch.millis).collect(),
            known,
            number,
        }
    }
}

impl Source for Piece<'_> {
    fn columns(&self) -> Columns<'_> {
        Columns { times: &self.times, flags: &self.flags, lengths: &self.lengths, callers: &self.callers }
    }

    fn caller_end(&self) -> u32 {
        self.known.len() as u32
    }

    fn caller(&self, caller: CallerId) -> CallerTexts<'_> {
        self.known.get(caller.0 as usize).map_or_else(CallerTexts::default, |(found, digits)| CallerTexts {
            display: &found.entry.forms.display,
            digits,
            name: found.name.as_deref().unwrap_or_default(),
        })
    }

    fn generation(&self) -> u64 {
        self.number
    }

    fn note(&self, row: u32) -> &str {
        self.found
            .get(row as usize)
            .and_then(|found| found.entry.record.note.as_ref())
            .map_or("", |note| note.text())
    }

    fn tags(&self, row: u32) -> impl Iterator<Item = &str> {
        let tags = self.found.get(row as usize).map_or(&[][..], |found| &found.entry.record.tags);
        tags.iter().map(Tag::as_str)
    }
}
