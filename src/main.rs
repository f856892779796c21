//! Entry point: parses the arguments, opens the screen or runs a command, and reports an error as
//! one line on stderr and an exit code.
//!
//! Clock, environment and time zone are read here and passed on as arguments.

use std::io::{self, Write as _};
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use vmail::cli::{self, Verb, World, completing, usage};
use vmail::error;

fn main() -> ExitCode {
    let system_zone = || iana_time_zone::get_timezone().ok();
    let world = World { clock, variable, system_zone, host_name };
    if variable(completing::VARIABLE).is_some() {
        let folder = std::env::current_dir().ok();
        if completing::answer(&world, std::env::args_os().collect(), folder.as_deref()) {
            return ExitCode::SUCCESS;
        }
    }
    let cli = match usage::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error),
    };
    let result = match cli.verb {
        None => cli::screen::run(&cli.screen, &world),
        Some(Verb::Login(args)) => cli::login::run(&args, &world),
        Some(Verb::Logout(args)) => cli::logout::run(&args, &world),
        Some(Verb::Accounts(args)) => cli::accounts::run(&args, &world),
        Some(Verb::List(args)) => cli::list::run(&args, &world),
        Some(Verb::Show(args)) => cli::show::run(&args, &world),
        Some(Verb::Sync(args)) => cli::sync::run(&args, &world),
        Some(Verb::Download(args)) => cli::download::run(&args, &world),
        Some(Verb::Play(args)) => cli::play::run(&args, &world),
        Some(Verb::Stats(args)) => cli::stats::run(&args, &world),
        Some(Verb::Mark(args)) => cli::mark::run(&args, &world),
        Some(Verb::Note(args)) => cli::note::run(&args, &world),
        Some(Verb::Config(args)) => cli::config::run(&args, &world),
        Some(Verb::DemoServer(args)) => cli::demo_server::run(&args, &world),
        Some(Verb::Export(args)) => cli::export::run(&args, &world),
        Some(Verb::Import(args)) => cli::import::run(&args, &world),
        Some(Verb::Keys(args)) => cli::keys::run(&args, &world),
        Some(Verb::Completions(args)) => cli::completions::run(&args),
        Some(Verb::Doctor(args)) => cli::doctor::run(&args, &world),
        Some(Verb::Man(args)) => cli::man::run(&args),
    };
    match result {
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
