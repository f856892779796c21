//! The settings with their types, and the code that parses each one.

use std::path::PathBuf;
use std::time::Duration;

use super::look::{Column, OwnColour, OwnKeys, ThemeName, not_a_group};
use super::value::{Notify, OwnView, Timezone, Value, said};
use super::{AccountSettings, FaultPlace};
use crate::core::model::Region;
use crate::core::prefetch::Prefetch;
use crate::core::range::Range;
use crate::core::zone::Tz;
use crate::secret::Secret;
use crate::telecmi::{Agent, ValidNumber};

/// Makes [`Settings`] and [`KEYS`] from one table. An entry is a field, its type, a placeholder until the
/// built-in file is read, and the keys that set it: `set "key" = |value| …` returns the new value, and
/// `part "key" = |field, value| …` changes a part of it. Errors are worded to follow "`key`: ".
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $field:ident: $kind:ty = $blank:expr
            $(, set $key:literal = |$value:ident| $parse:expr)?
            $(, part $part:literal = |$whole:ident, $given:ident| $change:expr)*;
    )*) => {
        /// All settings, checked. `assets/config.toml` documents each one.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Settings {
            $($(#[$doc])* pub $field: $kind,)*
        }

        impl Settings {
            /// Returns placeholders. The built-in file then sets everything except the fields that are
            /// `None`.
            pub(super) fn blank() -> Settings {
                Settings { $($field: $blank,)* }
            }
        }

        /// The key of each setting, and what parses and stores its value.
        pub(super) const KEYS: &[(&str, Set)] = &[$(
            $(($key, |settings, value| {
                let parse: fn(&Value<'_>) -> Result<$kind, String> = |$value| $parse;
                settings.$field = parse(value)?;
                Ok(())
            }),)?
            $(($part, |settings, value| {
                let change: fn(&mut $kind, &Value<'_>) -> Result<(), String> = |$whole, $given| $change;
                change(&mut settings.$field, value)
            }),)*
        )*];
    };
}

/// Parses a value and stores it.
type Set = fn(&mut Settings, &Value<'_>) -> Result<(), String>;

settings! {
    /// The name of the account in force; `None` for the one at the top level.
    account: Option<String> = None,
        set "account" = |value| Ok(Some(value.text("the name of an account in quotes")?.to_owned()));
    /// All accounts, in display order.
    accounts: Vec<AccountSettings> = Vec::new();
    /// Where the secret was set, if it was.
    secret_at: Option<FaultPlace> = None;
    /// The service of the account.
    region: Region = Region::Global,
        set "region" = |value| value.one_of([Region::Global, Region::India].map(|region| (region.name(), region)));
    /// The app ID, if one is set.
    app_id: Option<u64> = None,
        set "appid" = |value| value.whole(1..=u64::MAX, "the app ID from the TeleCMI dashboard, a number").map(Some);
    /// The secret or its source, if one is set.
    secret: Option<SecretSource> = None,
        set "secret" = |value| {
            // Error messages contain at most the type, never a character of the value.
            let secret = value.text("the app secret in quotes")?;
            if secret.trim().is_empty() {
                return Err("it is empty: put the app secret between the quotes".to_owned());
            }
            Ok(Some(SecretSource::Text(Secret::new(secret.to_owned()))))
        },
        part "secret_command" = |secret, value| {
            let expected = "a command in quotes, or a list like [\"pass\", \"show\", \"telecmi\"]";
            *secret = Some(SecretSource::Command(value.command(expected)?));
            Ok(())
        };
    /// The base URL of the API, without `/voicemail`, unless it is the default of the region.
    base_url: Option<String> = None,
        set "base_url" = |value| {
            Ok(Some(value.text("a URL in quotes, like \"https://rest.telecmi.com/v2\"")?.to_owned()))
        };
    /// The date range shown at start.
    range: Range = Range::ALL,
        set "range" = |value| value.range();
    /// The time zone of all dates and times.
    timezone: Timezone = Timezone::Named(Tz::UTC),
        set "timezone" = |value| value.timezone();
    /// The country of callers without a country code: two capital letters, ISO 3166-1.
    country: String = String::new(),
        set "country" = |value| value.country();
    /// Whether to draw borders and symbols in ASCII.
    ascii: Ascii = Ascii::Never,
        set "ascii" = |value| value.one_of([
            ("auto", Ascii::Auto),
            ("always", Ascii::Always),
            ("never", Ascii::Never),
        ]);
    /// The colour theme.
    theme: ThemeName = ThemeName::Terminal,
        set "theme" = |value| value.one_of([
            ("terminal", ThemeName::Terminal),
            ("dark", ThemeName::Dark),
            ("light", ThemeName::Light),
        ]);
    /// Styles that override the theme, in file order.
    colours: Vec<OwnColour> = Vec::new(),
        set "colours" = |value| Err(not_a_group(value));
    /// The columns of the list, left to right. Always includes the caller.
    columns: Vec<Column> = Vec::new(),
        set "columns" = |value| value.columns();
    /// Keys set by the user, in file order; checked.
    keys: Vec<OwnKeys> = Vec::new(),
        set "keys" = |value| Err(not_a_group(value));
    /// Views defined by the user.
    views: Vec<OwnView> = Vec::new(),
        set "views" = |value| value.views();
    /// Whether the mouse wheel and clicks are used.
    mouse: bool = false,
        set "mouse" = |value| value.truth();
    /// The number of pages to fetch in parallel, 1 to 16.
    concurrency: usize = 1,
        set "concurrency" = |value| value.whole(1..=16, "1 to 16").map(|number| number as usize);
    /// The time between checks for new voicemail; `None` to never check.
    refresh: Option<Duration> = None,
        set "refresh" = |value| {
            let expected = "5 to 86400 seconds, or 0 for never";
            let seconds = value.whole(0..=86_400, expected)?;
            if (1..5).contains(&seconds) {
                return Err(format!("{seconds} is out of range: expected {expected}"));
            }
            Ok((seconds > 0).then_some(Duration::from_secs(seconds)))
        };
    /// How far before the newest stored voicemail to fetch again.
    overlap: Duration = Duration::ZERO,
        set "overlap" = |value| {
            Ok(Duration::from_secs(60 * value.whole(0..=1440, "0 to 1440 minutes")?))
        };
    /// How to announce new voicemail, without duplicates.
    notify: Vec<Notify> = Vec::new(),
        set "notify" = |value| value.notifications();
    /// Which recordings to fetch in advance.
    prefetch: Prefetch = Prefetch::Off,
        set "prefetch" = |value| value.one_of([
            ("off", Prefetch::Off),
            ("selected", Prefetch::Selected),
            ("unread", Prefetch::Unread),
            ("visible", Prefetch::Visible),
        ]);
    /// The playback time after which a voicemail is marked as read.
    read_after: Duration = Duration::ZERO,
        set "read_after" = |value| value.whole(0..=600, "0 to 600 seconds").map(Duration::from_secs);
    /// Whether to play quiet and loud callers at the same volume.
    auto_level: bool = false,
        set "auto_level" = |value| value.truth();
    /// Whether the selection goes along while voicemails play one after another.
    follow_queue: bool = false,
        set "follow_queue" = |value| value.truth();
    /// Program and arguments that play sound instead of the sound server; never empty.
    player_command: Option<Vec<String>> = None,
        set "player_command" = |value| {
            value.command("a command in quotes, or a list like [\"aplay\", \"-q\"]").map(Some)
        };
    /// The size limit of the recording cache, in bytes.
    cache: u64 = 0,
        set "cache" = |value| Ok(value.whole(16..=1_048_576, "16 to 1048576 MiB")? << 20);
    /// The maximum size of a recording, in bytes.
    largest_recording: u64 = 0,
        set "largest_recording" = |value| Ok(value.whole(1..=64, "1 to 64 MiB")? << 20);
    /// Contact files and folders as written, with `~/` for the home folder.
    contacts: Vec<PathBuf> = Vec::new(),
        set "contacts" = |value| value.paths();
    /// How to call back.
    calling: Calling = Calling::default(),
        part "agent" = |calling, value| {
            let agent = value.text("an agent's user ID in quotes, like \"101_1111112\"")?;
            calling.agent = Some(Agent::parse(agent).map_err(|error| format!("{}: {error}", said(agent)))?);
            Ok(())
        },
        part "call.webrtc" = |calling, value| {
            calling.webrtc = value.truth()?;
            Ok(())
        },
        part "call.followme" = |calling, value| {
            calling.followme = value.truth()?;
            Ok(())
        },
        part "call.callerid" = |calling, value| {
            let number = value.text("a number in quotes, like \"+914428117000\"")?;
            // Without a default country: the setting `country`, which may be set later, must not change it.
            let valid = ValidNumber::parse(number, "")
                .map_err(|_| format!("{} is not a valid phone number with country code", said(number)))?;
            calling.caller_id = Some(valid);
            Ok(())
        },
        part "call_command" = |calling, value| {
            calling.command = Some(value.call_command()?);
            Ok(())
        };
    /// Program and arguments to run for each new voicemail; never empty.
    on_new: Option<Vec<String>> = None,
        set "on_new" = |value| {
            value.command("a command in quotes, or a list like [\"notify-send\", \"Voicemail\"]").map(Some)
        };
}

/// How to call back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calling {
    /// The agent who calls, if set.
    pub agent: Option<Agent>,
    /// Whether to ring the agent's softphone.
    pub webrtc: bool,
    /// Whether to ring the agent's mobile; takes precedence over `webrtc`.
    pub followme: bool,
    /// The number shown to the person called, unless it is the one set at TeleCMI.
    pub caller_id: Option<ValidNumber>,
    /// Program and arguments that call without TeleCMI; at least one of them contains [`NUMBER`].
    /// Never empty.
    pub command: Option<Vec<String>>,
}

/// The source of the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The secret itself.
    Text(Secret),
    /// Program and arguments that print it: see [`super::secret_from_command`]. Never empty.
    Command(Vec<String>),
}

/// Whether to draw borders and symbols in ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ascii {
    /// If the locale is not UTF-8.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
