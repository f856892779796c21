//! For `vmail doctor`: checks settings, credentials, server and clock; then calls the checks that do not
//! depend on them.

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;

use crate::account::Account;
use crate::cli::World;
use crate::cli::environment::shown;
use crate::cli::settings::{self, xdg};
use crate::cli::verbs::demo::account as account_of_the_demo;
use crate::cli::verbs::doctor::{Check, DoctorArgs, Finding, Report, contacts, kept, machine, within};
use crate::config::{Asking, ConfigError, Overrides, SecretSource, Settings};
use crate::core::model::Span;
use crate::credentials::LazySecret;
use crate::error::{self, Failure};
use crate::secret::{SECRET_VARIABLE, Secret};
use crate::sync::server_ahead;
use crate::telecmi::{ApiError, BaseUrl, Client, Credentials, Page, Timeouts};
use crate::{demo, paths};

/// The timeout for the secret: a password manager may prompt for a passphrase.
const SECRET_LIMIT: Duration = Duration::from_secs(30);

/// The timeouts for the server.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    page: Duration::from_secs(10),
    recording_part: Duration::from_secs(10),
};

/// The span to request: short, for a small response.
const WINDOW: TimeDelta = TimeDelta::minutes(1);

/// Checks settings, credentials, server and clock, and then the rest.
pub(super) fn check(args: &DoctorArgs, world: &World, report: &mut Report) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let server = if args.demo {
        Some(runtime.block_on(demo::Server::start(demo::Options::new((world.clock)())))?)
    } else {
        None
    };
    let settings = check_settings(args, world, report)?;
    let account = match (&server, &settings) {
        (Some(server), _) => {
            report.add(&Finding::ok(Check::Credentials, "demo account"))?;
            Some((account_of_the_demo(server)?, Secret::new(demo::SECRET.to_owned())))
        }
        (None, Some(settings)) => check_credentials(settings, world, report)?,
        (None, None) => {
            report.add(&Finding::warning(Check::Credentials, "not checked: fix the settings first"))?;
            None
        }
    };
    if args.offline {
        report.add(&Finding::ok(Check::Server, "not checked (--offline)"))?;
    } else if let Some((account, secret)) = account {
        runtime.block_on(check_server(account, secret, world, report))?;
    } else {
        report.add(&Finding::warning(Check::Server, "not checked: no credentials"))?;
    }
    // A name look-up may still block a thread; do not wait for it.
    runtime.shutdown_background();

    // If the settings are invalid, use the defaults for the other checks.
    let settings = match settings {
        Some(settings) => settings,
        None => settings::load(None, None, Overrides::default(), Overrides::default())?.0,
    };
    for finding in kept::check(args.demo, &settings, world)
        .into_iter()
        .chain(contacts::check(&settings, world))
        .chain(machine::check(args.tone, &settings, world))
    {
        report.add(&finding)?;
    }
    Ok(())
}

/// Checks the settings. Every fault becomes a line.
fn check_settings(args: &DoctorArgs, world: &World, report: &mut Report) -> anyhow::Result<Option<Settings>> {
    let given = args.account.config.clone();
    let flags = args.account.overrides();
    let loaded = if args.demo {
        settings::load(given, None, flags, Overrides::default())
    } else {
        settings::load(given, paths::config_file(&xdg(world)), flags, Overrides::from_env(world.variable))
    };
    match loaded {
        Ok((settings, path)) => {
            report.add(&Finding::ok(Check::Settings, place_of_settings(path, world)))?;
            Ok(Some(settings))
        }
        Err(error) => {
            let failure = error::failure(&error);
            let faults = match error.downcast::<ConfigError>() {
                Ok(ConfigError { path, faults }) => faults
                    .into_iter()
                    .map(|fault| ConfigError { path: path.clone(), faults: vec![fault] }.to_string())
                    // Only the first line: the others mark a position in the text.
                    .map(|fault| fault.lines().take(1).collect())
                    .collect(),
                Err(error) => vec![format!("{error:#}")],
            };
            for fault in faults {
                report.add(&Finding::fault(Check::Settings, failure, fault))?;
            }
            Ok(None)
        }
    }
}

fn place_of_settings(path: Option<PathBuf>, world: &World) -> String {
    match path {
        Some(path) if path.exists() => shown(Some(&path), world),
        Some(path) => format!("defaults ({} does not exist)", shown(Some(&path), world)),
        None => "defaults".to_owned(),
    }
}

/// Returns the account, if it is complete. Looks up the secret, but does not show it.
fn check_credentials(
    settings: &Settings,
    world: &World,
    report: &mut Report,
) -> anyhow::Result<Option<(Account, Secret)>> {
    let fault = |said: &str| Finding::fault(Check::Credentials, Failure::Credentials, said);
    let (finding, found) = match (settings.app_id, &settings.secret) {
        (None, None) => (fault("no account").advice("run `vmail login`, or set TELECMI_APPID"), None),
        (None, Some(_)) => {
            let advice = "set TELECMI_APPID, or appid in the settings";
            (fault("a secret is set, but no app ID").advice(advice), None)
        }
        (Some(app_id), source) => {
            let (looked_up, world) = (settings.clone(), *world);
            // Neither Debug nor errors reveal the secret.
            let found = within(SECRET_LIMIT, move || {
                let account = settings::account(&looked_up, Asking::Terminal, &world)?;
                let Some(account) = account else { return Ok(None) };
                let secret = account.secret.get()?;
                anyhow::Ok(Some((account, secret)))
            });
            match found {
                Some(Ok(found)) => {
                    let kept = found.as_ref().map(|(account, _)| &account.secret);
                    let from = origin(source.as_ref(), kept, &world);
                    (Finding::ok(Check::Credentials, format!("app ID {app_id}, secret from {from}")), found)
                }
                Some(Err(error)) => {
                    let said = format!("{error:#}");
                    let finding = match said.split_once(". Run ") {
                        Some((said, advice)) => {
                            fault(said).advice(format!("run {}", advice.trim_end_matches('.')))
                        }
                        None => fault(&said),
                    };
                    (finding, None)
                }
                None => {
                    let said = format!("timed out after {} s waiting for the secret", SECRET_LIMIT.as_secs());
                    (
                        fault(&said)
                            .advice("check whether secret_command or the keyring is waiting for input"),
                        None,
                    )
                }
            }
        }
    };
    report.add(&finding)?;
    Ok(found)
}

/// Returns the source of the secret, in order of precedence: environment, settings, stored.
fn origin(source: Option<&SecretSource>, kept: Option<&LazySecret>, world: &World) -> &'static str {
    match source {
        Some(SecretSource::Text(_))
            if (world.variable)(SECRET_VARIABLE).is_some_and(|secret| !secret.is_empty()) =>
        {
            "the environment"
        }
        Some(SecretSource::Text(_)) => "the settings file",
        Some(SecretSource::Command(_)) => "secret_command",
        None if matches!(kept, Some(LazySecret::AtHand(_))) => "the credentials file",
        None => "the system keyring",
    }
}

/// Requests a minute of voicemail, which tests DNS, connection, TLS and the account.
async fn check_server(
    account: Account,
    secret: Secret,
    world: &World,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Account { region, base_url, app_id, .. } = account;
    let credentials = Credentials { app_id, secret };
    let url = base_url.as_ref().map_or(region.base_url(), BaseUrl::as_str).to_owned();
    let now = (world.clock)();
    // Loads certificates, which takes a moment and is not part of the measured time.
    let client = Client::with_timeouts(region, base_url.as_ref(), credentials, TIMEOUTS);
    let asked = (world.clock)();
    let page = match client {
        Ok(client) => client.page(Span::new(now - WINDOW, now), 1).await,
        Err(error) => Err(error),
    };
    let answered = (world.clock)();
    match page {
        Ok(page) => {
            let took = (answered - asked).num_milliseconds();
            report.add(&Finding::ok(Check::Server, format!("{url} accepted the account ({took} ms)")))?;
            let (asked, answered) = (asked.timestamp_millis(), answered.timestamp_millis());
            report.add(&clock(&page, asked, answered))?;
        }
        Err(error) => report.add(&unanswered(&url, &error))?,
    }
    Ok(())
}

/// Compares the clocks.
fn clock(page: &Page, asked: i64, answered: i64) -> Finding {
    let Some(server) = page.server_time else {
        return Finding::ok(Check::Clock, "the server does not send its time");
    };
    match server_ahead(asked, answered, server.timestamp_millis()) {
        None => Finding::ok(Check::Clock, "in sync with the server"),
        Some(ahead) => {
            let seconds = ahead.unsigned_abs().div_ceil(1000);
            let which = if ahead > 0 { "ahead of" } else { "behind" };
            let said = format!("the server's clock is {seconds} s {which} this machine's");
            Finding::warning(Check::Clock, said).advice("synchronise this machine's clock (NTP)")
        }
    }
}

/// Splits an API error into the finding and the advice at its end.
fn unanswered(url: &str, error: &ApiError) -> Finding {
    let text = error.to_string();
    let (said, advice) = text.rsplit_once(". ").unwrap_or((&text, ""));
    let finding = Finding::fault(Check::Server, Failure::from(error), format!("{url}: {said}"));
    match advice.trim_end_matches('.') {
        "" => finding,
        // Here it is not a sentence.
        advice => finding.advice(advice.replacen("Check", "check", 1).replacen("Try", "try", 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::unanswered;
    use crate::telecmi::{ApiError, OfflineReason};

    #[test]
    fn an_error_is_cut_into_what_happened_and_what_to_do() {
        let error = ApiError::Offline { reason: OfflineReason::Tls { detail: "a. b".to_owned() } };
        let finding = unanswered("https://x", &error);
        assert_eq!(finding.said, "https://x: No secure connection: a. b");
        assert_eq!(finding.advice.as_deref(), Some("check this machine's clock and any proxy in between"));
    }
}
