//! Calling back: the request to TeleCMI, or the user's own program. Each is begun once and never
//! taken back.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use tokio::sync::{OnceCell, mpsc};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};

use super::{Account, client};
use crate::secret::SECRET_VARIABLE;
use crate::telecmi::{ApiError, Call, CallError, CallPlaced, Client};
use crate::text;
use crate::triage::Edit;
use crate::tui::msg::{Change, Msg};
use crate::tui::rows::RowKey;

/// How long the end of the program waits for calls under way: a signal leaves it not much more.
const LAST: Duration = Duration::from_secs(4);

/// After so long a program that has not ended is one that calls well.
const SETTLED: Duration = Duration::from_secs(2);

/// Calls under way.
pub(super) struct Calls {
    account: Arc<Account>,
    client: Arc<OnceCell<Client>>,
    messages: mpsc::Sender<Msg>,
    changes: mpsc::Sender<Change>,
    clock: fn() -> chrono::DateTime<chrono::Utc>,
    under_way: JoinSet<()>,
}

impl Calls {
    pub(super) fn new(
        account: Arc<Account>,
        client: Arc<OnceCell<Client>>,
        messages: mpsc::Sender<Msg>,
        changes: mpsc::Sender<Change>,
        clock: fn() -> chrono::DateTime<chrono::Utc>,
    ) -> Calls {
        Calls { account, client, messages, changes, clock, under_way: JoinSet::new() }
    }

    /// Has TeleCMI place a call.
    pub(super) fn place(&mut self, key: RowKey, call: Call) {
        self.forget_ended();
        let (account, shared) = (Arc::clone(&self.account), Arc::clone(&self.client));
        let (messages, changes, clock) = (self.messages.clone(), self.changes.clone(), self.clock);
        // Spawned twice, so that a panic is an answer as well.
        let asked = tokio::spawn(async move {
            let client = client(&shared, &account).await;
            client.map_err(|cause| CallError::NotPlaced { cause })?.call(&call).await
        });
        self.under_way.spawn(async move {
            let answer = answer(asked).await;
            tracing::info!(?answer, "call back");
            let placed = answer.is_ok();
            if messages.send(Msg::Called(answer)).await.is_err() && placed {
                // The screen is gone, and cannot note it any more.
                let edit = Edit::Called(Some(clock().timestamp_millis()));
                // Nobody is left to tell if this fails as well.
                let _ = changes.send(Change::Edit { keys: vec![key], edit }).await;
            }
        });
    }

    /// Starts the user's own program: away from the terminal, and it may outlive this one.
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
                    // The loop is gone only when the program ends.
                    let _ = messages.send(Msg::CommandRan(Err(why))).await;
                }
            }
        });
    }

    fn forget_ended(&mut self) {
        while self.under_way.try_join_next().is_some() {}
    }

    /// Waits a little for calls under way: what is cut off here may ring all the same.
    pub(super) async fn finish(mut self) {
        let all = async { while self.under_way.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST, all).await.is_err() {
            tracing::warn!("the program ended before a call was answered");
        }
    }
}

async fn answer(asked: JoinHandle<Result<CallPlaced, CallError>>) -> Result<CallPlaced, CallError> {
    // A request may have left before the panic.
    let broken = |_| Err(CallError::MaybePlaced { cause: ApiError::Malformed { what: "a fault of vmail" } });
    asked.await.unwrap_or_else(broken)
}

fn start(command: &[String]) -> io::Result<Child> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut command = Command::new(program);
    command.args(arguments).env_remove(SECRET_VARIABLE);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: what the terminal sends to this program is not meant for it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// Says that the program runs well when it has ended well, or has not ended for a while; and that it
/// failed, whenever that is.
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
        Err(error) => Err(format!("call_command: {name} is out of sight: {}", reason(&error))),
    };
    if !settled || result.is_err() {
        // The loop is gone only when the program ends.
        let _ = messages.send(Msg::CommandRan(result)).await;
    }
}

/// How a program ended.
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
        io::ErrorKind::NotFound => "it was not found".to_owned(),
        io::ErrorKind::PermissionDenied => "this is not allowed".to_owned(),
        _ => text::clean(&error.to_string(), text::MESSAGE_MAX),
    }
}
