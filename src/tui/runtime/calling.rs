//! Calling back, through TeleCMI or the user's own command. A call is started once and never cancelled.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use tokio::sync::{OnceCell, mpsc};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};

use super::writer::Writer;
use crate::account::Account;
use crate::account::client_of;
use crate::core::facts::Fact;
use crate::core::text;
use crate::core::triage::Edit;
use crate::secret::SECRET_VARIABLE;
use crate::telecmi::{ApiError, Call, CallError, CallPlaced, Client};
use crate::tui::list::rows::RowKey;
use crate::tui::msg::{Change, Msg};

/// How long to wait for calls when the program ends: little more time is left after a signal.
const LAST: Duration = Duration::from_secs(4);

/// A command that is still running after this time counts as working.
const SETTLED: Duration = Duration::from_secs(2);

/// Calls under way.
pub(super) struct Calls {
    account: Arc<Account>,
    client: Arc<OnceCell<Client>>,
    messages: mpsc::Sender<Msg>,
    writer: Writer,
    clock: fn() -> chrono::DateTime<chrono::Utc>,
    under_way: JoinSet<()>,
}

impl Calls {
    pub(super) fn new(
        account: Arc<Account>,
        client: Arc<OnceCell<Client>>,
        messages: mpsc::Sender<Msg>,
        writer: Writer,
        clock: fn() -> chrono::DateTime<chrono::Utc>,
    ) -> Calls {
        Calls { account, client, messages, writer, clock, under_way: JoinSet::new() }
    }

    /// Places a call through TeleCMI.
    pub(super) fn place(&mut self, key: RowKey, call: Call) {
        self.forget_ended();
        let (account, shared) = (Arc::clone(&self.account), Arc::clone(&self.client));
        let (messages, writer, clock) = (self.messages.clone(), self.writer.clone(), self.clock);
        // In a task of its own, so that a panic becomes an answer too.
        let asked = tokio::spawn(async move {
            let client = client_of(&shared, &account).await;
            client.map_err(|cause| CallError::NotPlaced { cause })?.call(&call).await
        });
        self.under_way.spawn(async move {
            let answer = answer(asked).await;
            tracing::info!(?answer, "call back");
            let placed = answer.is_ok();
            if messages.send(Msg::Called(answer)).await.is_err() && placed {
                // The screen is gone and cannot record the call.
                let edit = Edit::Fact(Fact::Called, Some(clock().timestamp_millis()));
                writer.write(Change::Edit { keys: vec![key], edit });
            }
        });
    }

    /// Runs the user's own command for a call, detached from the terminal. It may outlive vmail.
    pub(super) fn run(&mut self, command: Vec<String>) {
        self.forget_ended();
        let messages = self.messages.clone();
        self.under_way.spawn(async move {
            let name = command.first().map_or_else(String::new, |name| text::clean(name, text::NAME_MAX));
            let started = spawn_blocking(move || start(&command)).await;
            let started = started.unwrap_or_else(|panic| Err(io::Error::other(panic)));
            match started {
                Ok(child) => drop(tokio::spawn(watch(child, name, messages))),
                Err(error) => {
                    let why = format!("call_command: {name} cannot be run: {}", reason(&error));
                    // Sending fails only when the program ends.
                    let _ = messages.send(Msg::CommandRan(Err(why))).await;
                }
            }
        });
    }

    fn forget_ended(&mut self) {
        while self.under_way.try_join_next().is_some() {}
    }

    /// Waits briefly for calls. One that is cut off here may still ring.
    pub(super) async fn finish(mut self) {
        let all = async { while self.under_way.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST, all).await.is_err() {
            tracing::warn!("the program ended before a call was answered");
        }
    }
}

async fn answer(asked: JoinHandle<Result<CallPlaced, CallError>>) -> Result<CallPlaced, CallError> {
    // The request may have been sent before the panic.
    let broken = |_| Err(CallError::MaybePlaced { cause: ApiError::Malformed { what: "a bug in vmail" } });
    asked.await.unwrap_or_else(broken)
}

fn start(command: &[String]) -> io::Result<Child> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut command = Command::new(program);
    command.args(arguments).env_remove(SECRET_VARIABLE);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Its own process group: signals from the terminal are not meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// Reports that the command works, once it exits successfully or is still running after a while. Reports a
/// failure whenever it happens.
async fn watch(mut child: Child, name: String, messages: mpsc::Sender<Msg>) {
    let mut ended = spawn_blocking(move || child.wait());
    let early = tokio::time::timeout(SETTLED, &mut ended).await;
    let settled = early.is_err();
    if settled && messages.send(Msg::CommandRan(Ok(()))).await.is_err() {
        return;
    }
    let status = match early {
        Ok(status) => status,
        Err(_) => ended.await,
    };
    let result = match status.unwrap_or_else(|panic| Err(io::Error::other(panic))) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("call_command: {name} {}", How(status))),
        Err(error) => Err(format!("call_command: {name} cannot be monitored: {}", reason(&error))),
    };
    if !settled || result.is_err() {
        // Sending fails only when the program ends.
        let _ = messages.send(Msg::CommandRan(result)).await;
    }
}

/// Describes how a program ended.
struct How(ExitStatus);

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.code() {
            Some(code) => write!(f, "failed with exit code {code}"),
            None => f.write_str("was killed"),
        }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "not found".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => text::clean(&error.to_string(), text::MESSAGE_MAX),
    }
}
