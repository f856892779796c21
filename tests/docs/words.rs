//! Phrases that readers stumble over are not in what the program or its documents say. CONTRIBUTING.md has
//! the rules of which this holds the ones that a machine can tell.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use vmail::cli::Cli;

/// What is refused, in lower case and whole words, and what to say.
const REFUSED: &[(&str, &str)] = &[
    // Playing.
    ("forth", "forward"),
    ("hold it", "pause"),
    ("go on", "resume, continue, or keep"),
    ("goes on", "resumes, continues, or moves on"),
    ("gone on", "resumed, continued"),
    ("silences out", "skip silence"),
    ("ways to hear", "ways to listen"),
    ("hear it elsewhere", "listen elsewhere"),
    ("what was heard", "read"),
    ("what was not heard", "unread"),
    ("not heard", "unread, or: sound plays on the server"),
    ("counts as heard", "is marked as read"),
    // Working through voicemail.
    ("do it again", "redo"),
    ("does it again", "redoes"),
    ("to do again", "to redo"),
    ("dealt with", "done"),
    ("star away", "unstar, or remove the star"),
    ("marks away", "clear the marks"),
    ("mark away", "clear the mark"),
    ("name away", "remove the name"),
    ("note away", "remove the note"),
    ("take away", "remove"),
    ("taken away", "removed"),
    ("take it away", "remove it"),
    ("takes it away", "removes it"),
    ("take that away", "remove that"),
    ("takes them away", "removes them"),
    ("take them away", "remove them"),
    ("throw away", "discard"),
    ("throws away", "discards"),
    ("changes away", "discard the changes"),
    ("called off", "cancelled"),
    // Fetching.
    ("ask again", "refresh, or retry"),
    ("asks again", "refreshes, or retries"),
    ("asked again", "requested again, or: press it again"),
    ("asking again", "retrying"),
    ("look for news", "check for new voicemail"),
    ("looks for news", "checks for new voicemail"),
    ("look for new voicemail", "check for new voicemail"),
    ("looks for new voicemail", "checks for new voicemail"),
    ("next try", "retry in"),
    ("tries again", "retries"),
    ("trying again", "retrying"),
    ("trying on", "retrying"),
    ("anew", "again"),
    // Storing.
    ("let go of", "delete, or evict"),
    ("lets go of", "deletes, or evicts"),
    ("left out", "skipped, or: by default"),
    ("leave out", "skip"),
    ("leaves out", "skips"),
    ("gone over", "checked"),
    ("mended", "repaired"),
    // Settings and accounts.
    ("go over to", "switch to"),
    ("goes over to", "switches to"),
    ("take over", "reload, or apply"),
    ("takes over", "reloads, or applies"),
    ("what stands", "what is written, or the default"),
    ("stands before", "comes before; for base_url: base URL"),
    ("stand before", "come before"),
    ("stands here", "is the default"),
    // Everywhere.
    ("is no id", "invalid ID"),
    ("begins several", "is ambiguous: it matches"),
    ("is no terminal", "is not a terminal"),
    ("stdin is no", "stdin is not a"),
    ("stdout is no", "stdout is not a"),
    ("of which", "a sentence of its own"),
    ("by which", "a sentence of its own"),
    ("had enough", "closed early"),
    ("all the same", "anyway"),
    ("of one's own", "of your own"),
];

/// A sentence or more, as its lines, and where it is said.
struct Said {
    /// A file, or a command whose help it is.
    file: String,
    /// The number of the first line.
    line: usize,
    lines: Vec<String>,
}

impl Said {
    fn one(file: &str, line: usize, text: String) -> Said {
        Said { file: file.to_owned(), line, lines: vec![text] }
    }

    /// In lower case and with single blanks, as far as the line `end`.
    fn text(&self, end: usize) -> String {
        let words = self.lines[..end].iter().flat_map(|line| line.split_whitespace());
        words.collect::<Vec<_>>().join(" ").to_lowercase()
    }

    /// The line with which `found` begins to hold, if it does.
    fn place(&self, found: impl Fn(&str) -> bool) -> Option<String> {
        let end = (1..=self.lines.len()).find(|end| found(&self.text(*end)))?;
        Some(format!("{}:{}", self.file, self.line + end - 1))
    }
}

#[test]
fn what_people_read_is_plain_english() {
    let mut hits = Vec::new();
    for said in everything() {
        for (phrase, better) in REFUSED {
            let place = said.place(|text| has(text, phrase));
            hits.extend(place.map(|place| format!("{place}: \"{phrase}\": say {better}")));
        }
        let place = said.place(counts_one_as_many);
        hits.extend(place.map(|place| format!("{place}: a number before \"voicemail\": say voicemails")));
    }
    let (count, hits) = (hits.len(), hits.join("\n"));
    assert!(count == 0, "{count} phrases that readers stumble over:\n{hits}\n");
}

/// Whether `phrase` is in `text`, in whole words.
fn has(text: &str, phrase: &str) -> bool {
    let is_in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    text.match_indices(phrase).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + phrase.len()..]);
        !is_in_word(before.chars().next_back()) && !is_in_word(after.chars().next())
    })
}

/// "{} voicemail" and "25 voicemail", but not "1 voicemail".
fn counts_one_as_many(text: &str) -> bool {
    text.match_indices(" voicemail").any(|(at, found)| {
        let after = text[at + found.len()..].chars().next();
        let number = text[..at].rsplit(' ').next().unwrap_or_default();
        let is_number = number.chars().all(|c| c.is_ascii_digit() || c == ',') && number != "1";
        (number.ends_with('}') || !number.is_empty() && is_number)
            && after.is_none_or(|after| !after.is_alphanumeric() && !"{-_.".contains(after))
    })
}

#[test]
fn what_is_refused_is_found() {
    assert!(has("seek forth", "forth") && !has("so forthcoming", "forth"));
    assert!(counts_one_as_many("{count} voicemail") && counts_one_as_many("there are 25 voicemail here"));
    for fine in ["1 voicemail", "{count} voicemails", "{count} voicemail{s}", "no voicemail", "25 voicemails"]
    {
        assert!(!counts_one_as_many(fine), "{fine}");
    }
    let code = [
        "// \"a comment\"",
        "fn f<'a>(c: &'a str) { g('\"', \"one \\",
        "    two\", r#\"three \"four\"\"#, b'\\''); tracing::warn!(%e, \"five\"); h(\"six\") }",
        "#[expect(dead_code, reason = \"seven\")]",
        "#[cfg(test)]",
        "mod tests { \"eight\" }",
    ];
    let code = code.join("\n");
    let found: Vec<_> = literals(&code).into_iter().map(|(line, text)| format!("{line} {text}")).collect();
    assert_eq!(found, ["2 one two", "3 three \"four\"", "3 six"]);
}

// --- What is said -------------------------------------------------------------

fn everything() -> Vec<Said> {
    let mut said = Vec::new();
    for file in files("src", "rs") {
        let text = fs::read_to_string(path(&file)).unwrap();
        let literals = literals(&text).into_iter();
        said.extend(literals.map(|(line, text)| Said::one(&file, line, text)));
    }
    let documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "assets/demo/README.md"];
    let assets = ["assets/config.toml", "assets/query.txt", "assets/listen.html", "assets/opened.html"];
    let names = documents.iter().chain(&assets).map(ToString::to_string);
    for file in names.chain(files("docs", "md")) {
        said.extend(paragraphs(&file, &fs::read_to_string(path(&file)).unwrap()));
    }
    help(&Cli::command(), "vmail", &mut said);
    assert!(said.len() > 1_000, "{}", said.len());
    said
}

/// The paragraphs of a document, each with the line where it starts. What is generated is left to the
/// places from where it comes.
fn paragraphs(file: &str, text: &str) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    let (mut starts, mut generated) = (true, false);
    for (number, line) in text.lines().enumerate() {
        generated |= line.ends_with(": generated -->");
        let line_text = line.trim_start_matches(['#', ' ', '|', '-', '*']);
        if generated || line_text.is_empty() {
            starts = true;
            generated &= !line.ends_with(": end -->");
            continue;
        }
        // Rows and items are sentences of their own.
        let starts_here = starts || line.starts_with(['|', '-']);
        match said.last_mut().filter(|_| !starts_here) {
            Some(last) => last.lines.push(line_text.to_owned()),
            None => said.push(Said::one(file, number + 1, line_text.to_owned())),
        }
        starts = false;
    }
    said
}

/// The help of a command and of those below it.
fn help(command: &Command, name: &str, said: &mut Vec<Said>) {
    let mut built = command.clone().term_width(0);
    let text = built.render_long_help().to_string();
    for (number, line) in text.lines().enumerate() {
        said.push(Said::one(&format!("{name} --help"), number + 1, line.to_owned()));
    }
    for below in command.get_subcommands() {
        help(below, &format!("{name} {}", below.get_name()), said);
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Every file below `folder` whose name ends so, in order.
fn files(folder: &str, end: &str) -> Vec<String> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(path(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(name);
            } else if Path::new(&name).extension().is_some_and(|its| its == end) {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

// --- String literals ----------------------------------------------------------

/// The string literals of a source file with their lines, but for those of unit tests, of log lines and
/// of lints.
fn literals(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let chars: Vec<char> = source.chars().collect();
    let starts = |at: usize, text: &str| text.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    let mut found = Vec::new();
    let (mut at, mut line, mut depth) = (0, 1, 0_u32);
    // Nothing is taken until the parentheses that begin next are closed again.
    let mut muted: Option<u32> = None;
    while at < chars.len() {
        let start = at;
        match chars[at] {
            '/' if starts(at, "//") => at += chars[at..].iter().take_while(|c| **c != '\n').count(),
            't' if starts(at, "tracing::") => {
                muted = muted.or(Some(depth));
                at += "tracing::".len();
            }
            '#' if starts(at, "#[expect(") || starts(at, "#[allow(") => {
                muted = muted.or(Some(depth));
                at += 2;
            }
            '(' => {
                depth += 1;
                at += 1;
            }
            ')' => {
                depth = depth.saturating_sub(1);
                muted = muted.filter(|muted| *muted < depth);
                at += 1;
            }
            // A path such as `tracing::level` has no parentheses.
            ';' => {
                muted = muted.filter(|muted| *muted < depth);
                at += 1;
            }
            '\'' if chars.get(at + 1) == Some(&'\\') => {
                at += 3;
                at += chars[at..].iter().take_while(|c| **c != '\'').count() + 1;
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => at += 3,
            'r' if raw(&chars, at).is_some() => {
                let (text, end) = raw(&chars, at).unwrap();
                found.extend(muted.is_none().then_some((line, text)));
                at = end;
            }
            '"' => {
                let (text, end) = quoted(&chars, at + 1);
                found.extend(muted.is_none().then_some((line, text)));
                at = end;
            }
            _ => at += 1,
        }
        at = at.min(chars.len());
        line += chars[start..at].iter().filter(|c| **c == '\n').count();
    }
    found
}

/// A raw string that begins at `at` with its `r`, and where it ends.
fn raw(chars: &[char], at: usize) -> Option<(String, usize)> {
    let is_word = at > 0 && (chars[at - 1].is_alphanumeric() && chars[at - 1] != 'b' || chars[at - 1] == '_');
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    let start = at + 1 + hashes;
    if is_word || chars.get(start) != Some(&'"') {
        return None;
    }
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let length = chars[start + 1..].windows(end.len()).position(|window| window == end)?;
    let text = chars[start + 1..start + 1 + length].iter().collect();
    Some((text, start + 1 + length + end.len()))
}

/// The string that begins at `at`, after its quotation mark, and where it ends.
fn quoted(chars: &[char], mut at: usize) -> (String, usize) {
    let mut text = String::new();
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '"' => break,
            '\\' => {
                let escaped = chars.get(at).copied();
                at += 1;
                match escaped {
                    // The rest of the line, and the blanks before the next one, do not count.
                    Some('\n') => at += chars[at..].iter().take_while(|c| c.is_whitespace()).count(),
                    Some('n' | 't' | 'r') => text.push(' '),
                    Some(other) => text.push(other),
                    None => {}
                }
            }
            c => text.push(c),
        }
    }
    (text, at)
}
