//! Completion for bash, which needs special treatment: it splits the line at `:` and `=`, which occur
//! in queries and in `--flag=value`, and it inserts candidates without quoting them.
//!
//! So this module parses the line as it was typed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;

/// The script. It fills COMPREPLY in a loop because macOS has bash 3.2, which lacks `mapfile`.
const SCRIPT: &str = r#"_vmail() {
    COMPREPLY=()
    local word
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(VARIABLE=bash COMPLETER -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _vmail BIN 2>/dev/null || complete -F _vmail BIN
"#;

/// Completion for bash; see the module.
#[derive(Debug)]
pub(in crate::cli) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        variable: &str,
        _: &str,
        bin: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let script = SCRIPT.replace("VARIABLE", variable).replace("COMPLETER", completer).replace("BIN", bin);
        out.write_all(script.as_bytes())
    }

    /// `arguments` are the line up to the cursor and bash's word breaks.
    fn write_complete(
        &self,
        command: &mut Command,
        arguments: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut arguments = arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned());
        let (line, breaks) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
        let CommandLine { words, kept, quote } = CommandLine::read(&line, &breaks);
        let index = words.len() - 1;
        let typed = words[index].clone();
        let offered = complete(command, words.into_iter().map(OsString::from).collect(), index, folder)?;
        for candidate in offered {
            let word = candidate.get_value().to_string_lossy();
            if let Some(rest) = word.strip_prefix(&typed[..kept]) {
                writeln!(out, "{}", quoted(rest, quote))?;
            }
        }
        Ok(())
    }
}

/// A command line, parsed like bash does.
#[derive(Debug, PartialEq, Eq)]
struct CommandLine {
    /// The words without quotes; never empty. The last one is being typed and may be empty.
    words: Vec<String>,
    /// The number of bytes of the last word that bash keeps and does not replace.
    kept: usize,
    /// The quote that is open at the end.
    quote: Option<char>,
}

impl CommandLine {
    fn read(line: &str, breaks: &str) -> CommandLine {
        let mut words = vec![String::new()];
        let (mut kept, mut quote, mut escaped) = (0, None, false);
        for c in line.chars() {
            let begun = !words.last().is_none_or(String::is_empty);
            let Some(word) = words.last_mut() else { break };
            match (c, quote) {
                _ if escaped => {
                    escaped = false;
                    word.push(c);
                }
                ('\\', None | Some('"')) => escaped = true,
                ('"' | '\'', None) => {
                    quote = Some(c);
                    kept = word.len();
                }
                (c, Some(open)) if c == open => quote = None,
                (' ' | '\t' | '\n', None) => {
                    kept = 0;
                    if begun {
                        words.push(String::new());
                    }
                }
                (c, quote) => {
                    word.push(c);
                    if quote.is_none() && breaks.contains(c) {
                        kept = word.len();
                    }
                }
            }
        }
        CommandLine { words, kept, quote }
    }
}

/// Quotes `word` for bash, inside an open `quote` or outside.
fn quoted(word: &str, quote: Option<char>) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:=,@%+~".contains(c) || !c.is_ascii();
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        match quote {
            Some('"') if "\"\\$`".contains(c) => out.push('\\'),
            None if !plain(c) => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{CommandLine, quoted};

    #[track_caller]
    fn line(text: &str, words: &[&str], kept: usize, quote: Option<char>) {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(CommandLine::read(text, " \t\n\"'><=;|&(:"), CommandLine { words, kept, quote }, "{text}");
    }

    #[test]
    fn a_line_is_read_as_bash_reads_it() {
        line("", &[""], 0, None);
        line("vmail li", &["vmail", "li"], 0, None);
        line("vmail  list ", &["vmail", "list", ""], 0, None);
        line("vmail list is:un", &["vmail", "list", "is:un"], 3, None);
        line("vmail --range=to", &["vmail", "--range=to"], 8, None);
        line(r"vmail --range this\ w", &["vmail", "--range", "this w"], 0, None);
        line("vmail --range \"this w", &["vmail", "--range", "this w"], 0, Some('"'));
        line("vmail --range='this w", &["vmail", "--range=this w"], 8, Some('\''));
        line("vmail 'a b' c", &["vmail", "a b", "c"], 0, None);
    }

    #[test]
    fn what_is_offered_is_one_word() {
        assert_eq!(quoted("this week", None), r"this\ week");
        assert_eq!(quoted("this week", Some('"')), "this week");
        assert_eq!(quoted("$x", Some('"')), r"\$x");
        assert_eq!(quoted("is:unread", None), "is:unread");
    }
}
