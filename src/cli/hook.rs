//! Runs the setting `on_new`, the user's command for each new voicemail.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::core::fields::Fields;
use crate::secret::SECRET_VARIABLE;

/// The timeout of a command, so that one that hangs does not block the others.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the command `argv` for a new voicemail and waits for it. The fields are in its environment, as
/// `VMAIL_ID` and so on, and on its standard input as a line of JSON. They are never in its arguments,
/// so that a shell cannot parse text from a caller as code.
///
/// `account` is the account's name in the settings. It is passed as `VMAIL_ACCOUNT`, empty without a name,
/// so that vmail in the command uses the same account.
///
/// # Errors
/// If the command cannot be run, fails, or times out after a minute; it is then killed.
pub async fn run(argv: &[String], fields: &Fields<'_>, account: Option<&str>) -> Result<(), String> {
    let Some((program, arguments)) = argv.split_first() else { return Ok(()) };
    let failed = |how: String| Err(format!("on_new for {}: {how}", fields.id));
    let names = Fields::names().map(|name| format!("VMAIL_{}", name.to_uppercase()));
    // Environment variables cannot contain NUL.
    let values = fields.cells().into_iter().map(|cell| cell.replace('\0', ""));
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
        Err(error) => return failed(format!("cannot start `{program}`: {error}")),
    };
    let told = async {
        if let Some(mut stdin) = child.stdin.take() {
            let mut line = serde_json::to_vec(fields).unwrap_or_default();
            line.push(b'\n');
            // Commands that do not read their input close the pipe.
            let _ = stdin.write_all(&line).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(PATIENCE, told).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => failed(status.to_string()),
        Ok(Err(error)) => failed(error.to_string()),
        Err(_) => failed(format!("timed out after {} s; killed", PATIENCE.as_secs())),
    }
}
