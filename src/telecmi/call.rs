//! Click-to-call: TeleCMI rings the agent's telephone first, then the number to call back.
//!
//! A call must never be placed twice, so the request is sent exactly once: on its own connection,
//! without retries or redirects, here or in the HTTP library. If the result is unknown, the error says
//! so. The user has confirmed the call before this code runs.

use std::fmt;

use serde::Serialize;

use super::error::{ApiError, RedirectFault};
use super::wire::{self, Answer, Asked};
use super::{CallPlaced, Client, Credentials, Inner, http};
use crate::core::caller::{self, CallerForms};
use crate::core::text;

/// The largest response to read, in bytes; a real one has about a hundred.
const ANSWER_MAX: u64 = 64 << 10;

/// The longest accepted agent, in characters; a real one has about a dozen.
const AGENT_MAX: usize = 64;

/// A telephone number that is valid by libphonenumber's rules. Checked here because the API accepts
/// any number and fails only when it dials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValidNumber {
    digits: u64,
    display: String,
}

/// A text that is not a valid telephone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid phone number: not called")]
pub struct InvalidNumber(String);

impl ValidNumber {
    /// Parses a number to call, like [`caller::forms`]; `country` (two letters, ISO 3166-1) is the country of
    /// numbers without a country code.
    pub fn parse(raw: &str, country: &str) -> Result<ValidNumber, InvalidNumber> {
        let CallerForms { display, e164, .. } = caller::forms(raw, country);
        let digits = e164.and_then(|e164| e164.strip_prefix('+')?.parse().ok());
        digits
            .map(|digits| ValidNumber { digits, display })
            .ok_or_else(|| InvalidNumber(text::clean(raw, text::CALLER_MAX)))
    }

    /// Returns the number to dial, in E.164: `+919876543210`.
    pub fn e164(&self) -> String {
        format!("+{}", self.digits)
    }
}

/// `+91 98765 43210`.
impl fmt::Display for ValidNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

/// The user ID of the agent who calls, such as `101_1111112`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agent(String);

/// A text that cannot be an agent's user ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an agent's user ID: expected one like 101_1111112")]
pub struct AgentError;

impl Agent {
    /// Parses the user ID of an agent: 1 to 64 letters, digits, `_`, `-` and `.`.
    pub fn parse(text: &str) -> Result<Agent, AgentError> {
        let text = text.trim();
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_agent = (1..=AGENT_MAX).contains(&text.len()) && text.chars().all(is_fit);
        is_agent.then(|| Agent(text.to_owned())).ok_or(AgentError)
    }

    /// Returns the user ID of the agent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which of the agent's telephones rings first. The API has two switches for this and refuses one
/// combination of them; this type cannot express that one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rings {
    /// The softphone (`webrtc`), the API's own default.
    #[default]
    Softphone,
    /// The agent's mobile (`followme`, which needs `webrtc` off).
    Mobile,
    /// The agent's own setting at TeleCMI: both switches off.
    AsSetAtTelecmi,
}

impl Rings {
    /// Converts the API's two switches for which telephone rings; `followme` takes precedence.
    pub fn from_switches(webrtc: bool, followme: bool) -> Rings {
        match (webrtc, followme) {
            (_, true) => Rings::Mobile,
            (true, false) => Rings::Softphone,
            (false, false) => Rings::AsSetAtTelecmi,
        }
    }
}

/// A call to place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The agent who calls; the agent's telephone rings first.
    pub agent: Agent,
    /// The number to call.
    pub to: ValidNumber,
    /// The number that the called person sees; `None` for the agent's own setting at TeleCMI.
    pub caller_id: Option<ValidNumber>,
    /// Which of the agent's telephones rings.
    pub rings: Rings,
}

/// Why a call was not confirmed as placed. Contains no URL and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No telephone rings: the request was not sent, or was refused.
    #[error("No call was placed. {}", refusal(cause))]
    NotPlaced {
        /// The cause.
        cause: ApiError,
    },
    /// The request was sent, but its result is unknown.
    #[error(
        "The call may have been placed: {}. Check whether a phone rings before you call again.",
        doubt(cause)
    )]
    MaybePlaced {
        /// Why there is no usable response.
        cause: ApiError,
    },
}

impl CallError {
    /// Returns whether a telephone may be ringing.
    pub fn may_have_been_placed(&self) -> bool {
        matches!(self, CallError::MaybePlaced { .. })
    }
}

/// The body of a request, by the vendor's pages for CHUB and CHUB India, which give the same route and
/// fields for both; `to` and `callerid` are JSON numbers.
#[derive(Serialize)]
struct CallRequest<'a> {
    user_id: &'a str,
    secret: &'a str,
    to: u64,
    webrtc: bool,
    followme: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    callerid: Option<u64>,
}

impl<'a> CallRequest<'a> {
    fn new(call: &'a Call, credentials: &'a Credentials) -> CallRequest<'a> {
        CallRequest {
            user_id: call.agent.as_str(),
            secret: credentials.secret.expose(),
            to: call.to.digits,
            webrtc: call.rings == Rings::Softphone,
            followme: call.rings == Rings::Mobile,
            callerid: call.caller_id.as_ref().map(|number| number.digits),
        }
    }
}

impl Client {
    /// Asks TeleCMI to place `call`, exactly once. Reads the platform's certificates for a separate
    /// connection, which takes some milliseconds.
    ///
    /// Do not drop the future before it completes: it would be unknown whether the call was placed.
    pub async fn call(&self, call: &Call) -> Result<CallPlaced, CallError> {
        let not_placed = |cause| CallError::NotPlaced { cause };
        let maybe_placed = |cause| CallError::MaybePlaced { cause };
        let Inner { credentials, call_url, timeouts, .. } = &*self.0;
        // No pooled connection: it may be dead, which is noticed only after the request was sent.
        let http = http::client_for_one(call_url, timeouts.connect).map_err(not_placed)?;
        let request = http.post(call_url.clone()).json(&CallRequest::new(call, credentials));
        let placed = async {
            let mut response = request.send().await.map_err(|error| {
                let is_unsent = error.is_connect() || error.is_builder();
                let cause = http::failed_within(error, timeouts.connect);
                if is_unsent { not_placed(cause) } else { maybe_placed(cause) }
            })?;
            let head = http::head(&response);
            if head.status.is_redirection() {
                return Err(maybe_placed(ApiError::BadRedirect { reason: RedirectFault::Elsewhere }));
            }
            let body = http::read_all(&mut response, Vec::new(), ANSWER_MAX).await;
            // If the status already says that it failed, the body is optional.
            let body = match body {
                Err(cause) if head.status.is_success() => return Err(maybe_placed(cause)),
                body => body.unwrap_or_default(),
            };
            let text = wire::decode(&body);
            let answer = match Answer::parse(&text) {
                Err(what) if head.status.is_success() => {
                    return Err(maybe_placed(ApiError::Malformed { what }));
                }
                parsed => parsed.unwrap_or_else(|_| Answer::silent()),
            };
            match wire::judge(Asked::Call, head, &answer, &credentials.secret) {
                None => answer.call().map_err(maybe_placed),
                // A server error may have happened after the server dialled.
                Some(cause @ ApiError::Server { .. }) => Err(maybe_placed(cause)),
                Some(cause) => Err(not_placed(cause)),
            }
        };
        let late = maybe_placed(http::late(timeouts.page));
        tokio::time::timeout(timeouts.page, placed).await.unwrap_or(Err(late))
    }
}

/// Returns the cause and what to do: as for other requests, except that the agent may be wrong too.
fn refusal(cause: &ApiError) -> String {
    match cause {
        ApiError::NotAuthenticated { message } | ApiError::BadRequest { message } => {
            format!("TeleCMI says: {message}. Check the agent, the secret and the region.")
        }
        _ => cause.to_string(),
    }
}

/// Returns why the result is unknown, as part of a sentence. Never says "try again".
fn doubt(cause: &ApiError) -> String {
    match cause {
        ApiError::Server { message, .. } => format!("TeleCMI reported a server error ({message})"),
        ApiError::TimedOut { limit, .. } => format!("no response within {} s", limit.as_secs_f64()),
        ApiError::Malformed { what } => format!("cannot read the server's response ({what})"),
        ApiError::TooLarge { .. } => "the server's response is too large".to_owned(),
        ApiError::BadRedirect { .. } => "the server redirected the request".to_owned(),
        _ => "the connection was lost".to_owned(),
    }
}
