//! What "local" means: the time zone of the session or the machine.

use chrono_tz::Tz;

use crate::text;

/// The zone that "local" stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalZone {
    /// The zone; UTC where none can be found.
    pub zone: Tz,
    /// What to tell the user when it is not what the session asked for.
    pub note: Option<String>,
}

/// Finds the local zone: `TZ` of the environment (`tz`), else what the system says (`system`, an
/// IANA name), else UTC.
///
/// `TZ` can be a name, a name after a colon, or a path into a zoneinfo folder; an empty one is UTC,
/// as POSIX has it. Rules such as `IST-5:30` are not names: the system's zone is used, with a note.
pub fn local_zone(tz: Option<&str>, system: Option<String>) -> LocalZone {
    let system = system.and_then(|name| name.parse().ok());
    let Some(tz) = tz else {
        let note =
            system.is_none().then(|| "the time zone of this machine is unknown: times are in UTC".to_owned());
        return LocalZone { zone: system.unwrap_or(Tz::UTC), note };
    };
    let name = tz.strip_prefix(':').unwrap_or(tz);
    let name = name.split_once("zoneinfo/").map_or(name, |(_, name)| name);
    if name.is_empty() {
        return LocalZone { zone: Tz::UTC, note: None };
    }
    name.parse().map_or_else(
        |_| {
            let zone = system.unwrap_or(Tz::UTC);
            let tz = text::clean(tz, text::NAME_MAX);
            let note = format!("TZ={tz} is no name like Asia/Kolkata: times are in {}", zone.name());
            LocalZone { zone, note: Some(note) }
        },
        |zone| LocalZone { zone, note: None },
    )
}
