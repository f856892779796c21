//! Resolves the time zone "local": that of the session or the machine.

use crate::core::zone::Tz;

use crate::core::text;

/// The resolved local zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalZone {
    /// The zone; UTC if none is found.
    pub zone: Tz,
    /// A message for the user if it is not the zone that the session asked for.
    pub note: Option<String>,
}

/// Returns the local zone: from `tz`, the environment variable `TZ`; otherwise from `system`, the
/// IANA name that the system reports; otherwise UTC.
///
/// `TZ` can be a name, a name after a colon, or a path into a zoneinfo folder. An empty `TZ` is UTC,
/// as in POSIX. POSIX rules such as `IST-5:30` are not supported: the zone of the system is used,
/// with a note.
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
            let note = format!("TZ={tz} is not a zone name like Asia/Kolkata: times are in {}", zone.name());
            LocalZone { zone, note: Some(note) }
        },
        |zone| LocalZone { zone, note: None },
    )
}
