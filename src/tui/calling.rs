//! Calling back: what there is to do it with, what is asked before it, and what came of it.

use crate::config::NUMBER;
use crate::telecmi::{Agent, Call, CallError, CallPlaced, Rings, ValidNumber};
use crate::tui::rows::RowKey;

/// What the settings say about calling back.
#[derive(Clone, Debug, Default)]
pub struct Means {
    /// Who calls; `None` where TeleCMI is not to place calls.
    pub agent: Option<Agent>,
    /// Which of the agent's telephones rings first.
    pub rings: Rings,
    /// The number that the called person sees, where it is not what is set at TeleCMI.
    pub caller_id: Option<ValidNumber>,
    /// A program and its arguments that calls, with [`NUMBER`] for the number.
    pub command: Option<Vec<String>>,
    /// Where numbers without a country code are from: two letters, ISO 3166-1.
    pub country: String,
}

impl Means {
    /// How `number` is called.
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

/// How a number is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// TeleCMI places the call.
    Telecmi(Call),
    /// This program and its arguments do.
    Command(Vec<String>),
    /// The user does: the number is copied.
    Hand,
}

/// The overlay that asks before anybody is called.
#[derive(Clone, Debug)]
pub struct CallBack {
    /// The voicemail.
    pub key: RowKey,
    /// The caller's name, if there is one.
    pub name: Option<String>,
    /// What is dialled.
    pub number: ValidNumber,
    /// How.
    pub by: By,
    /// What came of it.
    pub ended: Option<Ended>,
}

impl CallBack {
    /// What Enter does, in a word or two; nothing once it was asked for.
    pub fn hint(&self, placing: Option<&Placing>) -> &'static str {
        match self.by {
            _ if self.ended.is_some() || placing.is_some() => "",
            By::Telecmi(_) => "call",
            By::Command(_) => "run it",
            By::Hand => "copy the number",
        }
    }
}

/// What came of a call, in words for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A telephone rings, or will.
    Rings(String),
    /// None does.
    Failed(String),
    /// Nobody knows.
    Unsure(String),
}

/// A call under way: asked for, and not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placing {
    /// The voicemail.
    pub key: RowKey,
    /// What is dialled.
    pub number: ValidNumber,
    /// How.
    pub by: By,
}

impl Placing {
    /// What TeleCMI's answer means.
    pub fn answered(&self, answer: Result<CallPlaced, CallError>) -> Ended {
        match (answer, &self.by) {
            (Ok(_), By::Telecmi(call)) => {
                Ended::Rings(format!("TeleCMI rings {} first, then {}.", phone(call), self.number))
            }
            (Ok(_), _) => Ended::Rings(format!("{} is called.", self.number)),
            (Err(error), _) if error.may_have_been_placed() => Ended::Unsure(error.to_string()),
            (Err(error), _) => Ended::Failed(error.to_string()),
        }
    }
}

/// The telephone that rings first: "the softphone of 101".
pub fn phone(call: &Call) -> String {
    // A user ID is the extension and the app ID.
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
    use super::{By, Means};
    use crate::telecmi::ValidNumber;

    #[test]
    fn a_command_gets_the_number_wherever_it_is_wanted() {
        let command = ["dial", "tel:{number}", "{number}"].map(str::to_owned).to_vec();
        let means = Means { command: Some(command), ..Means::default() };
        let number = ValidNumber::parse("+919876543210", "IN").unwrap();
        let words = ["dial", "tel:+919876543210", "+919876543210"].map(str::to_owned).to_vec();
        assert_eq!(means.way_to(&number), By::Command(words));
    }
}
