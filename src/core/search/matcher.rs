//! Applies a query to the columns: tests each caller once, rows 64 at a time, and looks up slow fields
//! only for rows where everything else has matched.

use crate::core::facts::Flags;
use crate::core::model::CallerId;
use crate::core::search::highlight::Highlighter;
use crate::core::search::needle::Scratch;
use crate::core::search::plan::{Plan, PlanStep, RowText, TextTest, same_tag};
use crate::core::search::{Columns, Context, Query, Source};

/// How many rows to test together, one bit each.
const BLOCK: usize = 64;

/// Below this number of candidate rows in a block, test them one by one.
const FEW: u32 = 24;

/// A query in use. Keeps its results for callers while the user types and rows arrive.
#[derive(Debug)]
pub struct Matcher {
    plan: Plan,
    /// One per text of the plan.
    tables: Vec<Table>,
    generation: Option<u64>,
    scratch: Scratch,
}

/// Whether each caller matches a text.
#[derive(Debug, Default)]
struct Table {
    matches: Vec<bool>,
    /// The matches of a wider text: callers that did not match it cannot match this one.
    wider: Vec<bool>,
}

impl Table {
    fn matches(&self, caller: CallerId) -> bool {
        self.matches.get(caller.0 as usize).copied().unwrap_or(false)
    }

    /// Tests the callers that were not tested before.
    fn fill(&mut self, test: &TextTest, source: &impl Source, scratch: &mut Scratch) {
        for number in self.matches.len() as u32..source.caller_end() {
            let hopeful = self.wider.get(number as usize).copied().unwrap_or(true);
            let matches = hopeful && test.caller_matches(&source.caller(CallerId(number)), scratch);
            self.matches.push(matches);
        }
        self.wider = Vec::new();
    }

    /// Returns the score of each caller: 0 for no match.
    fn scores(&self, test: &TextTest, source: &impl Source, scratch: &mut Scratch) -> Vec<u16> {
        let callers = (0..).map(CallerId).zip(&self.matches);
        let score = |(caller, matches): (CallerId, &bool)| {
            if *matches { test.caller_score(&source.caller(caller), scratch) } else { 0 }
        };
        callers.map(score).collect()
    }
}

impl Matcher {
    /// Creates a matcher for `query`, evaluated in `context`.
    pub fn new(query: &Query, context: &Context) -> Matcher {
        let plan = Plan::new(query, context);
        let tables = plan.texts.iter().map(|_| Table::default()).collect();
        Matcher { plan, tables, generation: None, scratch: Scratch::new() }
    }

    /// Replaces the query of the matcher, or its context.
    pub fn set(&mut self, query: &Query, context: &Context) {
        let plan = Plan::new(query, context);
        let before = std::mem::replace(&mut self.plan, plan).texts;
        let mut known: Vec<_> = before.into_iter().zip(std::mem::take(&mut self.tables)).collect();
        self.tables = Vec::with_capacity(self.plan.texts.len());
        for test in &self.plan.texts {
            let same = known.iter().position(|(before, _)| before.term == test.term);
            let wider = || known.iter().find(|(before, _)| test.narrows(before));
            self.tables.push(match same {
                Some(index) => std::mem::take(&mut known[index].1),
                None => wider().map_or_else(Table::default, |(_, table)| Table {
                    matches: Vec::new(),
                    wider: table.matches.clone(),
                }),
            });
        }
    }

    /// Writes the indexes of the rows that match the query to `out`, in the order of the list.
    pub fn filter(&mut self, source: &impl Source, out: &mut Vec<u32>) {
        self.look_at_callers(source);
        out.clear();
        let columns = source.columns().even();
        let mut pass = Pass {
            texts: &self.plan.texts,
            tables: &self.tables,
            source,
            elsewhere: Elsewhere::default(),
            scratch: &mut self.scratch,
        };
        for start in (0..columns.len()).step_by(BLOCK) {
            let block = columns.block(start);
            let every = u64::MAX >> (BLOCK - block.len());
            pass.elsewhere.clear();
            let mut hits = pass.eval(&self.plan.root, &block, every);
            while hits != 0 {
                out.push((start + hits.trailing_zeros() as usize) as u32);
                hits &= hits - 1;
            }
        }
    }

    /// Sorts matching `rows`, the result of [`Matcher::filter`], by score, best first; equal scores keep
    /// their order.
    pub fn best_first(&mut self, source: &impl Source, rows: &mut Vec<u32>) {
        self.look_at_callers(source);
        let tests = self.plan.texts.iter().zip(&self.tables).filter(|(test, _)| test.wanted);
        let words: Vec<_> =
            tests.map(|(test, table)| (test, table.scores(test, source, &mut self.scratch))).collect();
        let mut callers = vec![0_u16; source.caller_end() as usize];
        for (_, scores) in &words {
            for (sum, score) in callers.iter_mut().zip(scores) {
                *sum = sum.saturating_add(*score);
            }
        }
        let Columns { flags, callers: row_callers, .. } = source.columns();
        let scores: Vec<u16> = rows
            .iter()
            .map(|&row| {
                let caller = row_callers.get(row as usize).map_or(0, |caller| caller.0 as usize);
                let flags = flags.get(row as usize).copied().unwrap_or_default();
                if flags.intersects(ELSEWHERE) {
                    return row_score(&words, source, row, caller, flags, &mut self.scratch);
                }
                callers.get(caller).copied().unwrap_or(0)
            })
            .collect();
        sort_by_score(rows, &scores);
    }

    /// Creates a highlighter for the texts on screen. Create one per frame, not per text: it takes 135 KB.
    pub fn highlighter(&self) -> Highlighter<'_> {
        Highlighter::new(&self.plan)
    }

    fn look_at_callers(&mut self, source: &impl Source) {
        let generation = Some(source.generation());
        if self.generation != generation {
            self.tables.iter_mut().for_each(|table| *table = Table::default());
            self.generation = generation;
        }
        for (test, table) in self.plan.texts.iter().zip(&mut self.tables) {
            table.fill(test, source, &mut self.scratch);
        }
    }
}

/// The flags for rows that have texts other than the caller's.
const ELSEWHERE: Flags = Flags(Flags::NOTE.0 | Flags::TAGGED.0);

/// Returns the note and the tags of a row; looks them up only if `flags` say that it has any.
fn texts_of<S: Source>(source: &S, row: u32, flags: Flags) -> impl Iterator<Item = RowText<'_>> {
    let note = flags.contains(Flags::NOTE).then(|| RowText::Note(source.note(row)));
    let tags = flags.contains(Flags::TAGGED).then(|| source.tags(row).map(RowText::Tag));
    note.into_iter().chain(tags.into_iter().flatten())
}

/// Returns the score of a row with a note or tags: the sum of the best score of each word.
fn row_score(
    words: &[(&TextTest, Vec<u16>)],
    source: &impl Source,
    row: u32,
    caller: usize,
    flags: Flags,
    scratch: &mut Scratch,
) -> u16 {
    words.iter().fold(0, |sum: u16, (test, callers)| {
        let best = texts_of(source, row, flags).filter_map(|text| test.row_score(text, scratch)).max();
        let of_caller = callers.get(caller).copied().unwrap_or(0);
        sum.saturating_add(of_caller.max(best.unwrap_or(0)))
    })
}

/// Sorts by score, best first, by counting: scores are small numbers.
fn sort_by_score(rows: &mut Vec<u32>, scores: &[u16]) {
    let most = scores.iter().copied().max().unwrap_or(0);
    let mut places = vec![0_usize; usize::from(most) + 1];
    for &score in scores {
        places[usize::from(most - score)] += 1;
    }
    let mut next = 0;
    for place in &mut places {
        next += std::mem::replace(place, next);
    }
    let mut sorted = vec![0; rows.len()];
    for (&row, &score) in rows.iter().zip(scores) {
        let place = &mut places[usize::from(most - score)];
        sorted[*place] = row;
        *place += 1;
    }
    *rows = sorted;
}

impl<'s> Columns<'s> {
    /// Cuts all columns to the length of the shortest.
    fn even(self) -> Columns<'s> {
        let Columns { times, flags, lengths, callers } = self;
        let len = times.len().min(flags.len()).min(lengths.len()).min(callers.len());
        debug_assert_eq!(len, times.len().max(flags.len()).max(lengths.len()).max(callers.len()));
        Columns {
            times: &times[..len],
            flags: &flags[..len],
            lengths: &lengths[..len],
            callers: &callers[..len],
        }
    }

    fn len(&self) -> usize {
        self.times.len()
    }

    fn block(&self, start: usize) -> Block<'s> {
        let end = (start + BLOCK).min(self.len());
        Block {
            start: start as u32,
            times: &self.times[start..end],
            flags: &self.flags[start..end],
            lengths: &self.lengths[start..end],
            callers: &self.callers[start..end],
        }
    }
}

/// Rows to test together.
struct Block<'s> {
    start: u32,
    times: &'s [i64],
    flags: &'s [Flags],
    lengths: &'s [u32],
    callers: &'s [CallerId],
}

impl Block<'_> {
    fn len(&self) -> usize {
        self.times.len()
    }
}

/// Returns the `wanted` bits whose value passes.
fn bits<T: Copy>(column: &[T], wanted: u64, passes: impl Fn(T) -> bool) -> u64 {
    if wanted.count_ones() < FEW {
        return each(wanted, |bit| column.get(bit).is_some_and(|value| passes(*value)));
    }
    // No branch per row, and first one byte per row, so that the compiler can vectorize it.
    let mut bytes = [0; BLOCK];
    for (place, value) in bytes.iter_mut().zip(column) {
        *place = u8::from(passes(*value));
    }
    let (eights, _) = bytes.as_chunks();
    wanted & eights.iter().rev().fold(0, |all, eight| all << 8 | packed(*eight))
}

/// Packs eight bytes, each 0 or 1, into the eight lowest bits; the first byte becomes the lowest bit.
fn packed(bytes: [u8; 8]) -> u64 {
    // Moves each bit to its place in the highest byte. The products do not overlap, so none carries.
    u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Returns the `wanted` bits that pass, testing one by one.
fn each(wanted: u64, mut passes: impl FnMut(usize) -> bool) -> u64 {
    let (mut rest, mut hits) = (wanted, 0);
    while rest != 0 {
        let bit = rest.trailing_zeros();
        hits |= u64::from(passes(bit as usize)) << bit;
        rest &= rest - 1;
    }
    hits
}

/// One pass over the rows.
struct Pass<'p, S> {
    texts: &'p [TextTest],
    tables: &'p [Table],
    source: &'p S,
    elsewhere: Elsewhere<'p>,
    scratch: &'p mut Scratch,
}

/// The notes and tags of a block, looked up once because that costs more than reading them.
#[derive(Default)]
struct Elsewhere<'s> {
    /// The rows already looked up.
    rows: u64,
    /// The texts, each with the bit of its row.
    texts: Vec<(u64, RowText<'s>)>,
}

impl<'s> Elsewhere<'s> {
    fn clear(&mut self) {
        self.rows = 0;
        self.texts.clear();
    }

    fn look_up(&mut self, source: &'s impl Source, block: &Block<'_>, rows: u64) {
        let mut rest = rows & !self.rows;
        self.rows |= rows;
        while rest != 0 {
            let bit = rest.trailing_zeros();
            let texts = texts_of(source, block.start + bit, block.flags[bit as usize]);
            self.texts.extend(texts.map(|text| (1 << bit, text)));
            rest &= rest - 1;
        }
    }

    /// Returns the `wanted` rows that have a text that passes.
    fn rows(&self, wanted: u64, mut passes: impl FnMut(RowText<'s>) -> bool) -> u64 {
        self.texts.iter().fold(
            0,
            |hits, (row, text)| {
                if row & wanted & !hits != 0 && passes(*text) { hits | row } else { hits }
            },
        )
    }
}

impl<S: Source> Pass<'_, S> {
    /// Returns the `wanted` rows of `block` that match.
    fn eval(&mut self, step: &PlanStep, block: &Block<'_>, wanted: u64) -> u64 {
        match step {
            _ if wanted == 0 => 0,
            PlanStep::All(steps) => steps.iter().fold(wanted, |left, step| self.eval(step, block, left)),
            PlanStep::Any(steps) => {
                steps.iter().fold(0, |found, step| found | self.eval(step, block, wanted & !found))
            }
            PlanStep::Not(inner) => wanted & !self.eval(inner, block, wanted),
            PlanStep::Flags(flags, set) => bits(block.flags, wanted, |value| value.contains(*flags) == *set),
            PlanStep::Time(span) => bits(block.times, wanted, |time| span.contains(time)),
            PlanStep::Length(least, most) => {
                bits(block.lengths, wanted, |length| (*least..=*most).contains(&length))
            }
            PlanStep::Tag(tag) => {
                let tagged = bits(block.flags, wanted, |flags| flags.contains(Flags::TAGGED));
                each(tagged, |bit| {
                    self.source.tags(block.start + bit as u32).any(|known| same_tag(known, tag))
                })
            }
            PlanStep::Text(index) => self.text(*index, block, wanted),
        }
    }

    fn text(&mut self, index: usize, block: &Block<'_>, wanted: u64) -> u64 {
        let (Some(test), Some(table)) = (self.texts.get(index), self.tables.get(index)) else { return 0 };
        let hits = bits(block.callers, wanted, |caller| table.matches(caller));
        let of_rows = test.row_flags();
        if of_rows == Flags::NONE {
            return hits;
        }
        let noted = bits(block.flags, wanted & !hits, |flags| flags.intersects(of_rows));
        self.elsewhere.look_up(self.source, block, noted);
        hits | self.elsewhere.rows(noted, |text| test.row_matches(text, self.scratch))
    }
}
