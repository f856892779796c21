//! Calling back: the settings, the question before a call, and the result.

use crate::config::NUMBER;
use crate::telecmi::{Agent, Call, CallError, CallPlaced, Rings, ValidNumber};
use crate::tui::list::rows::RowKey;

pub(in crate::tui) mod update;
pub(in crate::tui) mod view;

/// The settings for calling back.
#[derive(Clone, Debug, Default)]
pub struct CallConfig {
    /// The TeleCMI agent who calls; `None` to not call through TeleCMI.
    pub agent: Option<Agent>,
    /// Which of the agent's phones rings first.
    pub rings: Rings,
    /// The number that the called person sees; `None` for the one set in TeleCMI.
    pub caller_id: Option<ValidNumber>,
    /// A program that calls, and its arguments, with [`NUMBER`] for the number.
    pub command: Option<Vec<String>>,
    /// The country of numbers without a country code: two letters, ISO 3166-1.
    pub country: String,
}

impl CallConfig {
    /// Returns how to call `number` back.
    pub fn way_to(&self, number: &ValidNumber) -> By {
        match (&self.agent, &self.command) {
            (Some(agent), _) => By::Telecmi(Call {
                agent: agent.clone(),
                to: number.clone(),
                caller_id: self.caller_id.clone(),
                rings: self.rings,
            }),
            (None, Some(command)) => {
                By::Command(command.iter().map(|word| word.replace(NUMBER, &number.e164())).collect())
            }
            (None, None) => By::Hand,
        }
    }
}

/// How to call a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// By TeleCMI.
    Telecmi(Call),
    /// By this program and its arguments.
    Command(Vec<String>),
    /// By the user: vmail copies the number.
    Hand,
}

/// The overlay that asks before a call.
#[derive(Clone, Debug)]
pub struct CallDialog {
    /// The voicemail.
    pub key: RowKey,
    /// The caller's name.
    pub name: Option<String>,
    /// The number to dial.
    pub number: ValidNumber,
    /// How to call.
    pub by: By,
    /// The result.
    pub ended: Option<Ended>,
}

impl CallDialog {
    /// Returns what Enter does in the dialog for calling, for the key hints; empty once the call is being
    /// placed.
    pub fn hint(&self, placing: Option<&Placing>) -> &'static str {
        match self.by {
            _ if self.ended.is_some() || placing.is_some() => "",
            By::Telecmi(_) => "call",
            By::Command(_) => "run",
            By::Hand => "copy the number",
        }
    }
}

/// The result of a call, as a message for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The call was placed.
    Rings(String),
    /// The call was not placed.
    Failed(String),
    /// Unknown whether the call was placed.
    Unsure(String),
}

/// A call that was requested and has no result yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placing {
    /// The voicemail.
    pub key: RowKey,
    /// The number to dial.
    pub number: ValidNumber,
    /// How to call.
    pub by: By,
}

impl Placing {
    /// Converts TeleCMI's answer to the result of the call.
    pub fn answered(&self, answer: Result<CallPlaced, CallError>) -> Ended {
        match (answer, &self.by) {
            (Ok(_), By::Telecmi(call)) => {
                Ended::Rings(format!("TeleCMI rings {} first, then {}.", phone(call), self.number))
            }
            (Ok(_), _) => Ended::Rings(format!("Calling {}.", self.number)),
            (Err(error), _) if error.may_have_been_placed() => Ended::Unsure(error.to_string()),
            (Err(error), _) => Ended::Failed(error.to_string()),
        }
    }
}

/// Returns the phone that rings first in a call: "the softphone of 101".
pub fn phone(call: &Call) -> String {
    // An agent ID is the extension and the app ID.
    let agent = call.agent.as_str();
    let extension = agent.split_once('_').map_or(agent, |(extension, _)| extension);
    match call.rings {
        Rings::Softphone => format!("the softphone of {extension}"),
        Rings::Mobile => format!("the mobile of {extension}"),
        Rings::AsSetAtTelecmi => extension.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{By, CallConfig};
    use crate::telecmi::ValidNumber;

    #[test]
    fn a_command_gets_the_number_wherever_it_is_wanted() {
        let command = ["dial", "tel:{number}", "{number}"].map(str::to_owned).to_vec();
        let config = CallConfig { command: Some(command), ..CallConfig::default() };
        let number = ValidNumber::parse("+919876543210", "IN").unwrap();
        let words = ["dial", "tel:+919876543210", "+919876543210"].map(str::to_owned).to_vec();
        assert_eq!(config.way_to(&number), By::Command(words));
    }
}
