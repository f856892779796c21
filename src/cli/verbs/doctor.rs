//! `vmail doctor`: checks everything that vmail needs, and says what is wrong and how to fix it.
//!
//! Every check runs, whatever the others find; each has a timeout, and none changes anything. This
//! file defines findings and their output. The checks are in `account` (settings, credentials,
//! server), `kept` (store, recordings), `contacts` and `machine` (terminal, sound, time zone).

use std::io::{self, Write};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use anstyle::Style;
use clap::Args;
use serde::Serialize;

use crate::cli::records::{Format, FormatArgs, Records};
use crate::cli::settings::AccountArgs;
use crate::cli::style::{self, GREEN, OutputStyle, RED, YELLOW};
use crate::cli::{World, environment};
use crate::core::humanize;
use crate::error::{Failure, Fault};

mod account;
mod contacts;
mod kept;
mod machine;

/// Flags of `doctor`.
#[derive(Args, Debug)]
#[command(after_help = "\
Fields of --json, csv and tsv: check, state (ok, warning or error), finding and advice (how to fix it, or \
null).")]
pub struct DoctorArgs {
    /// The output format.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Play a short tone to test sound output
    #[arg(long)]
    pub tone: bool,
    /// Do not contact the server
    #[arg(long)]
    pub offline: bool,
    /// Check the demo server; do not read or write your own data
    #[arg(long)]
    pub demo: bool,
    /// The account to check.
    #[command(flatten, next_help_heading = "Common options")]
    pub account: AccountArgs,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// Something optional does not work.
    Warning,
    /// vmail does not work. The exit code is that of the first fault.
    Fault(Failure),
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Fault(_) => "error",
        }
    }

    fn style(self) -> Style {
        match self {
            Verdict::Ok => GREEN,
            Verdict::Warning => YELLOW,
            Verdict::Fault(_) => RED,
        }
    }
}

/// The checks, in the order of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Settings,
    Credentials,
    Server,
    Clock,
    Store,
    Recordings,
    Contacts,
    Terminal,
    Clipboard,
    Sound,
    TimeZone,
}

impl Check {
    fn name(self) -> &'static str {
        match self {
            Check::Settings => "settings",
            Check::Credentials => "credentials",
            Check::Server => "server",
            Check::Clock => "clock",
            Check::Store => "store",
            Check::Recordings => "recordings",
            Check::Contacts => "contacts",
            Check::Terminal => "terminal",
            Check::Clipboard => "clipboard",
            Check::Sound => "sound",
            Check::TimeZone => "time zone",
        }
    }
}

/// Column widths: those of the longest words.
const STATE_WIDTH: usize = "warning".len();
const CHECK_WIDTH: usize = "credentials".len();

/// A line of the report.
#[derive(Clone, Debug)]
struct Finding {
    check: Check,
    state: Verdict,
    said: String,
    advice: Option<String>,
}

impl Finding {
    fn ok(check: Check, said: impl Into<String>) -> Finding {
        Finding { check, state: Verdict::Ok, said: said.into(), advice: None }
    }

    fn warning(check: Check, said: impl Into<String>) -> Finding {
        Finding { state: Verdict::Warning, ..Finding::ok(check, said) }
    }

    fn fault(check: Check, failure: Failure, said: impl Into<String>) -> Finding {
        Finding { state: Verdict::Fault(failure), ..Finding::ok(check, said) }
    }

    fn advice(self, advice: impl Into<String>) -> Finding {
        Finding { advice: Some(advice.into()), ..self }
    }

    fn line(&self) -> FindingLine<'_> {
        let Finding { check, state, said, advice } = self;
        FindingLine { check: check.name(), state: state.name(), finding: said, advice: advice.as_deref() }
    }

    /// Returns the values of the fields; empty for `null`.
    fn cells(&self) -> [String; NAMES.len()] {
        let FindingLine { check, state, finding, advice } = self.line();
        [check, state, finding, advice.unwrap_or_default()].map(str::to_owned)
    }
}

/// The names of the fields. They are a stable interface.
const NAMES: [&str; 4] = ["check", "state", "finding", "advice"];

/// A finding for programs.
#[derive(Serialize)]
struct FindingLine<'f> {
    check: &'f str,
    state: &'f str,
    finding: &'f str,
    advice: Option<&'f str>,
}

/// Runs all checks of `vmail doctor` and prints each finding as soon as it is known. Fails if there is a
/// fault.
pub fn run(args: &DoctorArgs, world: &World) -> anyhow::Result<()> {
    let mut report = Report {
        format: args.format.chosen(),
        records: Records::new(args.format.chosen()),
        look: OutputStyle::stdout(world),
        dash: if environment::is_utf8(world) { '—' } else { '-' },
        gone: false,
        faults: Vec::new(),
        warnings: 0,
    };
    report.write(|out, records| records.head(out, &NAMES))?;
    account::check(args, world, &mut report)?;
    report.end()
}

/// The report so far, and how to print it.
struct Report {
    format: Format,
    records: Records,
    look: OutputStyle,
    /// Separates the finding from the advice. The setting `ascii` is not known yet.
    dash: char,
    /// Whether stdout was closed.
    gone: bool,
    faults: Vec<Failure>,
    warnings: usize,
}

impl Report {
    fn add(&mut self, finding: &Finding) -> anyhow::Result<()> {
        match finding.state {
            Verdict::Ok => {}
            Verdict::Warning => self.warnings += 1,
            Verdict::Fault(failure) => self.faults.push(failure),
        }
        let (format, look, dash) = (self.format, self.look, self.dash);
        self.write(|out, records| match format {
            Format::Table => writeln!(out, "{}", text(finding, look, dash)),
            _ => records.record(out, &finding.line(), &finding.cells()),
        })
    }

    /// Writes a part of the report at once, so that progress is visible.
    fn write(
        &mut self,
        piece: impl FnOnce(&mut Vec<u8>, &mut Records) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        if self.gone {
            return Ok(());
        }
        let mut bytes = Vec::new();
        piece(&mut bytes, &mut self.records)?;
        match io::stdout().lock().write_all(&bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.gone = true,
            written => style::quietly(written)?,
        }
        Ok(())
    }

    fn end(mut self) -> anyhow::Result<()> {
        self.write(|out, records| records.end(out))?;
        let Some(&failure) = self.faults.first() else { return Ok(()) };
        let count = |number: usize, what: &str| match number {
            1 => format!("1 {what}"),
            number => format!("{number} {what}s"),
        };
        let message = format!("{}, {}", count(self.faults.len(), "error"), count(self.warnings, "warning"));
        Err(Fault { failure, message }.into())
    }
}

/// Formats a finding in columns and wraps it in the last one.
fn text(finding: &Finding, look: OutputStyle, dash: char) -> String {
    const LEFT: usize = STATE_WIDTH + 2 + CHECK_WIDTH + 2;
    let Finding { check, state, said, advice } = finding;
    let advice = advice.as_ref().map_or_else(String::new, |advice| format!(" {dash} {advice}"));
    let said = format!("{said}{advice}");
    let shown = look.paint(&format!("{:STATE_WIDTH$}", state.name()), state.style());
    let room = look.width.and_then(|width| u16::try_from(width.checked_sub(LEFT)?).ok()).unwrap_or(0);
    let lines = if room < ROOM_MIN { vec![said] } else { humanize::broken(&said, room) };
    let said = lines.join(&format!("\n{:LEFT$}", ""));
    format!("{shown}  {:CHECK_WIDTH$}  {said}", check.name())
}

/// With less room, wrapping is left to the terminal.
const ROOM_MIN: u16 = 20;

/// Returns the result of `work`, or `None` after `limit`. The thread that runs it is then abandoned;
/// the program can exit all the same.
fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = sync_channel(1);
    let work = move || {
        // Fails after a timeout.
        let _ = sender.send(work());
    };
    thread::Builder::new().name("check".to_owned()).spawn(work).ok()?;
    receiver.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use super::{Check, Finding, Verdict, text, within};
    use crate::cli::style::OutputStyle;
    use crate::error::Failure;

    #[test]
    fn columns_stand_below_each_other() {
        let ok = text(&Finding::ok(Check::TimeZone, "UTC").advice("set TZ"), OutputStyle::default(), '—');
        assert_eq!(ok, "ok       time zone    UTC — set TZ");
        let fault = text(
            &Finding::fault(Check::Credentials, Failure::Credentials, "none"),
            OutputStyle::default(),
            '—',
        );
        assert_eq!(fault, "error    credentials  none");
        for state in [Verdict::Ok, Verdict::Warning, Verdict::Fault(Failure::Other)] {
            assert!(state.name().len() <= super::STATE_WIDTH);
        }
        let narrow = OutputStyle { colour: false, width: Some(44) };
        let broken =
            text(&Finding::ok(Check::TimeZone, "UTC, as on this machine").advice("set TZ"), narrow, '-');
        assert_eq!(broken, "ok       time zone    UTC, as on this\n                      machine - set TZ");
        let coloured =
            text(&Finding::ok(Check::TimeZone, "UTC"), OutputStyle { colour: true, width: None }, '—');
        assert!(coloured.contains("\x1b[32m") && coloured.contains("\x1b[0m"), "{coloured:?}");
    }

    #[test]
    fn what_hangs_is_left_alone() {
        let (_never, forever) = sync_channel::<()>(0);
        assert_eq!(within(Duration::from_millis(20), move || forever.recv()), None);
        assert_eq!(within(Duration::from_secs(60), || 7), Some(7));
    }
}
