//! The user's own command for each new voicemail.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::fields::Fields;
use crate::secret::SECRET_VARIABLE;

/// How long a command has for one voicemail. One that hangs must not hold up the next for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the command `argv` for a voicemail and waits for it. The fields are in its environment, as
/// `VMAIL_ID` and so on, and on its standard input as a line of JSON. Nothing of them is in its
/// arguments: what a caller sends never becomes part of what a shell reads.
///
/// `account` is the account's name in the settings. That is `VMAIL_ACCOUNT`, empty where it has none, so
/// that a vmail in the command works with the same account.
///
/// # Errors
/// In words, when it could not be run, failed, or took longer than a minute; it is then killed.
pub async fn run(argv: &[String], fields: &Fields<'_>, account: Option<&str>) -> Result<(), String> {
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let failed = |how: String| Err(format!("on_new, for {}: {how}", fields.id));
    let names = Fields::names().into_iter().map(|name| format!("VMAIL_{}", name.to_uppercase()));
    // No value of the environment can hold a NUL.
    let values = fields.cells().map(|cell| cell.replace('\0', ""));
    let child = Command::new(program)
        .args(arguments)
        .env_remove(SECRET_VARIABLE)
        .envs(names.zip(values))
        .env("VMAIL_ACCOUNT", account.unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return failed(format!("`{program}` cannot be started: {error}")),
    };
    let told = async {
        if let Some(mut stdin) = child.stdin.take() {
            let mut line = serde_json::to_vec(fields).unwrap_or_default();
            line.push(b'\n');
            // Whoever has no use for it closes it.
            let _ = stdin.write_all(&line).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(PATIENCE, told).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => failed(status.to_string()),
        Ok(Err(error)) => failed(error.to_string()),
        Err(_) => failed(format!("no end within {} s; killed", PATIENCE.as_secs())),
    }
}
