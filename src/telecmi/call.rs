//! Click-to-call: TeleCMI rings one's own telephone and then the number that is called back.
//!
//! A call must never be placed twice, so a call is asked for once: on a connection of its own, with
//! no retry, no redirect and no second try by the HTTP library. Where it is not known what came of
//! it, the error says so. Whether to call at all was the user's decision, before this.

use std::fmt;

use serde::Serialize;

use super::error::{ApiError, RedirectFault};
use super::wire::{self, Answer, Asked};
use super::{Client, Credentials, Inner, http};
use crate::caller::{self, CallerForms};
use crate::text;

/// The largest answer that is read, in bytes; a real one has about a hundred.
const ANSWER_MAX: u64 = 64 << 10;

/// The longest agent that is taken, in characters; a real one has about a dozen.
const AGENT_MAX: usize = 64;

/// A telephone number that is valid by libphonenumber's rules: the API takes nonsense and fails only
/// when it dials.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValidNumber {
    digits: u64,
    display: String,
}

/// A text that is no valid telephone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no valid telephone number and was not called")]
pub struct InvalidNumber(String);

impl ValidNumber {
    /// Reads a number as [`caller::forms`] does; `country` (two letters, ISO 3166-1) is where one
    /// without a country code is from.
    pub fn parse(raw: &str, country: &str) -> Result<ValidNumber, InvalidNumber> {
        let CallerForms { display, e164, .. } = caller::forms(raw, country);
        let digits = e164.and_then(|e164| e164.strip_prefix('+')?.parse().ok());
        digits
            .map(|digits| ValidNumber { digits, display })
            .ok_or_else(|| InvalidNumber(text::clean(raw, text::CALLER_MAX)))
    }

    /// `+919876543210`: what is dialled.
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

/// Who calls: TeleCMI's user ID of an agent, `101_1111112`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agent(String);

/// A text that cannot be an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an agent's user ID: it looks like 101_1111112")]
pub struct AgentError;

impl Agent {
    /// Reads a user ID: letters, digits, `_`, `-` and `.`, at most 64 of them.
    pub fn parse(text: &str) -> Result<Agent, AgentError> {
        let text = text.trim();
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let is_agent = (1..=AGENT_MAX).contains(&text.len()) && text.chars().all(is_fit);
        is_agent.then(|| Agent(text.to_owned())).ok_or(AgentError)
    }

    /// The user ID.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which of the agent's telephones rings first. The API has two switches for it, of which one
/// combination is refused; this has not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rings {
    /// The softphone (`webrtc`), the API's own default.
    #[default]
    Softphone,
    /// The agent's mobile (`followme`, which needs `webrtc` off).
    Mobile,
    /// What the agent has set at TeleCMI: both switches off.
    AsSetAtTelecmi,
}

impl Rings {
    /// What the API's two switches stand for; `followme` counts more.
    pub fn from_switches(webrtc: bool, followme: bool) -> Rings {
        match (webrtc, followme) {
            (_, true) => Rings::Mobile,
            (true, false) => Rings::Softphone,
            (false, false) => Rings::AsSetAtTelecmi,
        }
    }
}

/// A call to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who calls, and is rung first.
    pub agent: Agent,
    /// Who is called.
    pub to: ValidNumber,
    /// The number that the called person sees; `None` is what the agent has set at TeleCMI.
    pub caller_id: Option<ValidNumber>,
    /// Which of the agent's telephones rings.
    pub rings: Rings,
}

/// A call that TeleCMI has taken on: the agent's telephone rings now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPlaced {
    /// TeleCMI's name for it, made safe for a terminal, should anybody have to ask there.
    pub request_id: Option<String>,
}

/// Why there is no answer that says that the call was placed. Holds no URL and no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No telephone rings: the request did not leave, or was refused.
    #[error("No call was placed. {}", refusal(cause))]
    NotPlaced {
        /// What stood in the way.
        cause: ApiError,
    },
    /// The request left, and nobody knows what came of it.
    #[error(
        "The call may have been placed: {}. See whether a telephone rings before you call again.",
        doubt(cause)
    )]
    MaybePlaced {
        /// What became of the answer.
        cause: ApiError,
    },
}

impl CallError {
    /// Whether a telephone may be ringing.
    pub fn may_have_been_placed(&self) -> bool {
        matches!(self, CallError::MaybePlaced { .. })
    }
}

/// The body of a request. From the vendor's pages for CHUB and for CHUB India, which name the same
/// route and the same fields for both; `to` and `callerid` are JSON numbers.
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
    /// Asks TeleCMI to place `call`: once, whatever happens. Reads the platform's certificates for a
    /// connection of its own, which takes some milliseconds.
    ///
    /// To be awaited to its end: dropped before, nobody knows whether the call was placed.
    pub async fn call(&self, call: &Call) -> Result<CallPlaced, CallError> {
        let not_placed = |cause| CallError::NotPlaced { cause };
        let maybe_placed = |cause| CallError::MaybePlaced { cause };
        let Inner { credentials, call_url, timeouts, .. } = &*self.0;
        // A connection that lay idle may be gone, which shows only when the request has left.
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
            // An error that shows in the status needs no body.
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
                // A fault of the server's own may have come after it dialled.
                Some(cause @ ApiError::Server { .. }) => Err(maybe_placed(cause)),
                Some(cause) => Err(not_placed(cause)),
            }
        };
        let late = maybe_placed(http::late(timeouts.page));
        tokio::time::timeout(timeouts.page, placed).await.unwrap_or(Err(late))
    }
}

/// What stood in the way, and what to do: the same as for other requests, save that the agent may be
/// wrong as well.
fn refusal(cause: &ApiError) -> String {
    match cause {
        ApiError::NotAuthenticated { message } | ApiError::BadRequest { message } => {
            format!("TeleCMI says: {message}. Check the agent, the secret and the region.")
        }
        _ => cause.to_string(),
    }
}

/// What became of the answer, as part of a sentence. Nothing here says "try again".
fn doubt(cause: &ApiError) -> String {
    match cause {
        ApiError::Server { message, .. } => format!("TeleCMI has a fault of its own ({message})"),
        ApiError::TimedOut { limit, .. } => format!("no answer came within {} s", limit.as_secs_f64()),
        ApiError::Malformed { what } => format!("the server's answer cannot be read ({what})"),
        ApiError::TooLarge { .. } => "the server's answer is too large and was not read".to_owned(),
        ApiError::BadRedirect { .. } => "the server points elsewhere and was not followed".to_owned(),
        _ => "the connection broke off before the answer".to_owned(),
    }
}
