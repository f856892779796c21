//! Entry point: parses the arguments, opens the screen or runs a command, and reports an error as
//! one line on stderr and an exit code.
//!
//! Clock, environment and time zone are read here and passed on as arguments.

use std::io::{self, Write as _};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use vmail::cli::{self, World, complete, usage};
use vmail::{core_dumps, error};

fn main() -> ExitCode {
    core_dumps::forbid();
    let system_zone = || iana_time_zone::get_timezone().ok();
    let world = World { clock, variable, system_zone, host_name };
    if variable(complete::VARIABLE).is_some() {
        let folder = std::env::current_dir().ok();
        if complete::answer(&world, std::env::args_os().collect(), folder.as_deref()) {
            return ExitCode::SUCCESS;
        }
    }
    let cli = match usage::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error, &world),
    };
    match cli::run(cli, &world) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // An error that cannot be written cannot be reported.
            let _ = writeln!(io::stderr(), "vmail: {error:#}");
            error::failure(&error).into()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where time enters")]
fn clock() -> DateTime<Utc> {
    Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "this is where the environment enters")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(unix)]
fn host_name() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}

#[cfg(not(unix))]
fn host_name() -> Option<String> {
    variable("COMPUTERNAME")
}
