//! Finds the addresses of sound servers and the cookie, from the environment and by the rules of
//! PulseAudio's client.
//! <https://www.freedesktop.org/wiki/Software/PulseAudio/Documentation/User/ServerStrings/>
//!
//! Ignores `client.conf` and the properties of the X11 root window, which contain the same settings.

use std::fs;
use std::path::{Path, PathBuf};

/// The default TCP port.
const PORT: u16 = 4713;

/// The length of a cookie in bytes. Servers disconnect on any other.
const COOKIE_LEN: usize = 256;

/// The variables and files that determine the sound server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// The socket to which the user forwards the sound from their own machine, with `ssh -R`. It must be in
    /// a private folder: whoever can connect to it can play and record there.
    pub forwarded: Option<PathBuf>,
    /// `PULSE_SERVER`: one or more servers, separated by spaces.
    pub pulse_server: Option<String>,
    /// `PULSE_RUNTIME_PATH`: the folder that contains the socket.
    pub pulse_runtime_path: Option<String>,
    /// `XDG_RUNTIME_DIR`.
    pub xdg_runtime_dir: Option<String>,
    /// `PULSE_COOKIE`: the path of the cookie.
    pub pulse_cookie: Option<String>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<String>,
    /// `HOME`.
    pub home: Option<String>,
    /// The content of `/etc/machine-id`: a server written as `{id}…` is only for that machine.
    pub machine_id: Option<String>,
}

impl Environment {
    /// Reads the environment for sound servers through `variable`, and the machine ID from its file.
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Environment {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        Environment {
            forwarded: None,
            pulse_server: set("PULSE_SERVER"),
            pulse_runtime_path: set("PULSE_RUNTIME_PATH"),
            xdg_runtime_dir: set("XDG_RUNTIME_DIR"),
            pulse_cookie: set("PULSE_COOKIE"),
            xdg_config_home: set("XDG_CONFIG_HOME"),
            home: set("HOME"),
            machine_id: fs::read_to_string("/etc/machine-id").ok().map(|id| id.trim().to_owned()),
        }
    }
}

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket.
    Unix(PathBuf),
    /// A TCP port.
    Tcp {
        /// A host name or an IP address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// The allowed IP versions.
        family: Family,
    },
}

/// An IP version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4 or IPv6.
    Any,
    /// IPv4: `tcp4:`.
    V4,
    /// IPv6: `tcp6:`.
    V6,
}

/// Returns the sound servers to try, in order. A forwarded socket comes first, because the user set it up to
/// hear something. Then those in `PULSE_SERVER` if it is set; otherwise the user's socket, then the system's.
/// Invalid entries are skipped.
pub fn candidates(environment: &Environment) -> Vec<Address> {
    let forwarded = environment.forwarded.clone().map(Address::Unix);
    forwarded.into_iter().chain(local(environment)).collect()
}

/// Returns the servers according to PulseAudio's rules.
fn local(environment: &Environment) -> Vec<Address> {
    if let Some(servers) = &environment.pulse_server {
        let machine = environment.machine_id.as_deref();
        return servers.split_whitespace().filter_map(|server| parse(server, machine)).collect();
    }
    let own = environment.pulse_runtime_path.as_deref().map(|folder| Path::new(folder).join("native"));
    let session = environment.xdg_runtime_dir.as_deref().map(|folder| Path::new(folder).join("pulse/native"));
    let machine = PathBuf::from("/run/pulse/native");
    own.into_iter().chain(session).chain([machine]).map(Address::Unix).collect()
}

/// Returns the first PulseAudio cookie found: `PULSE_COOKIE`, then the default files. Returns zeros if there
/// is none: a local server identifies the user by the socket and ignores the cookie.
pub fn cookie(environment: &Environment) -> Vec<u8> {
    let home = environment.home.as_deref().map(Path::new);
    let config = environment.xdg_config_home.as_deref().map(PathBuf::from);
    let config = config.or_else(|| Some(home?.join(".config")));
    let named = environment.pulse_cookie.as_deref().map(PathBuf::from);
    let usual =
        [config.map(|folder| folder.join("pulse/cookie")), home.map(|folder| folder.join(".pulse-cookie"))];
    let files = named.into_iter().chain(usual.into_iter().flatten());
    files
        .filter_map(|file| fs::read(file).ok())
        .find(|cookie| cookie.len() == COOKIE_LEN)
        .unwrap_or_else(|| vec![0; COOKIE_LEN])
}

fn parse(server: &str, machine: Option<&str>) -> Option<Address> {
    let server = match server.strip_prefix('{') {
        None => server,
        Some(rest) => {
            let (id, server) = rest.split_once('}')?;
            // A machine without an ID accepts any.
            if machine.is_some_and(|machine| machine != id) {
                return None;
            }
            server
        }
    };
    if let Some(path) = server.strip_prefix("unix:") {
        return (!path.is_empty()).then(|| Address::Unix(path.into()));
    }
    if server.starts_with('/') {
        return Some(Address::Unix(server.into()));
    }
    let (family, host) = [("tcp4:", Family::V4), ("tcp6:", Family::V6), ("tcp:", Family::Any)]
        .into_iter()
        .find_map(|(scheme, family)| Some((family, server.strip_prefix(scheme)?)))
        .unwrap_or((Family::Any, server));
    let (host, port) = split_port(host)?;
    (!host.is_empty()).then(|| Address::Tcp { host: host.to_owned(), port, family })
}

/// Splits `host`, `host:port`, `[::1]`, `[::1]:port` and, with more than one colon, `::1`.
fn split_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => match text.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (text, None),
        },
    };
    Some((host, port.map_or(Some(PORT), |port| port.parse().ok())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix(path: &str) -> Address {
        Address::Unix(path.into())
    }

    fn tcp(host: &str, port: u16, family: Family) -> Address {
        Address::Tcp { host: host.to_owned(), port, family }
    }

    #[test]
    fn a_list_of_servers_is_read_in_its_order() {
        let cases: &[(&str, &[Address])] = &[
            ("/tmp/a b", &[unix("/tmp/a"), tcp("b", 4713, Family::Any)]),
            ("unix:/tmp/a", &[unix("/tmp/a")]),
            ("tcp:desk", &[tcp("desk", 4713, Family::Any)]),
            ("tcp:desk:4000", &[tcp("desk", 4000, Family::Any)]),
            ("tcp4:desk:1  tcp6:desk:2", &[tcp("desk", 1, Family::V4), tcp("desk", 2, Family::V6)]),
            ("desk:65535", &[tcp("desk", 65535, Family::Any)]),
            ("10.0.0.2", &[tcp("10.0.0.2", 4713, Family::Any)]),
            ("[::1]", &[tcp("::1", 4713, Family::Any)]),
            ("tcp6:[fe80::1%eth0]:77", &[tcp("fe80::1%eth0", 77, Family::V6)]),
            ("tcp:::1", &[tcp("::1", 4713, Family::Any)]),
            ("{me}unix:/tmp/a {me}desk", &[unix("/tmp/a"), tcp("desk", 4713, Family::Any)]),
            ("{other}unix:/tmp/a tcp:desk", &[tcp("desk", 4713, Family::Any)]),
            ("{me} {me unix: tcp: desk:no desk:65536 [::1 [::1]4713 :4713 /last", &[unix("/last")]),
            (" ", &[]),
        ];
        for (servers, expected) in cases {
            let environment = Environment {
                pulse_server: Some((*servers).to_owned()),
                xdg_runtime_dir: Some("/run/user/1".to_owned()),
                machine_id: Some("me".to_owned()),
                ..Environment::default()
            };
            assert_eq!(&candidates(&environment), expected, "{servers:?}");
        }
    }

    #[test]
    fn without_a_list_the_users_socket_comes_before_the_machines() {
        let bare = Environment::default();
        assert_eq!(candidates(&bare), [unix("/run/pulse/native")]);
        let session = Environment { xdg_runtime_dir: Some("/run/user/1".to_owned()), ..bare };
        assert_eq!(candidates(&session), [unix("/run/user/1/pulse/native"), unix("/run/pulse/native")]);
        let own = Environment { pulse_runtime_path: Some("/own".to_owned()), ..session };
        assert_eq!(candidates(&own)[..2], [unix("/own/native"), unix("/run/user/1/pulse/native")]);
    }

    #[test]
    fn a_forwarded_socket_comes_before_all_others() {
        let forwarded = Environment { forwarded: Some("/desk".into()), ..Environment::default() };
        assert_eq!(candidates(&forwarded), [unix("/desk"), unix("/run/pulse/native")]);
        let listed = Environment { pulse_server: Some("/tmp/a".to_owned()), ..forwarded };
        assert_eq!(candidates(&listed), [unix("/desk"), unix("/tmp/a")]);
    }

    #[test]
    fn a_machine_without_a_name_tries_servers_of_every_machine() {
        let environment =
            Environment { pulse_server: Some("{any}/tmp/a".to_owned()), ..Environment::default() };
        assert_eq!(candidates(&environment), [unix("/tmp/a")]);
    }

    #[test]
    fn empty_variables_are_as_good_as_none() {
        let environment = Environment::new(|_| Some(String::new()));
        assert_eq!(Environment { machine_id: None, ..environment }, Environment::default());
        let environment = Environment::new(|name| Some(format!("of {name}")));
        assert_eq!(environment.pulse_cookie.as_deref(), Some("of PULSE_COOKIE"));
    }

    #[test]
    fn the_first_cookie_of_the_right_length_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let environment = Environment {
            pulse_cookie: Some(path("named")),
            home: Some(path("home")),
            ..Environment::default()
        };
        assert_eq!(cookie(&environment), [0; COOKIE_LEN]);

        fs::create_dir_all(path("home/.config/pulse")).unwrap();
        fs::write(path("home/.pulse-cookie"), [1; COOKIE_LEN]).unwrap();
        assert_eq!(cookie(&environment), [1; COOKIE_LEN]);
        fs::write(path("home/.config/pulse/cookie"), [2; COOKIE_LEN]).unwrap();
        assert_eq!(cookie(&environment), [2; COOKIE_LEN]);
        let moved = Environment { xdg_config_home: Some(path("elsewhere")), ..environment.clone() };
        assert_eq!(cookie(&moved), [1; COOKIE_LEN]);
        fs::write(path("named"), [3; COOKIE_LEN - 1]).unwrap();
        assert_eq!(cookie(&environment), [2; COOKIE_LEN], "too short to be one");
        fs::write(path("named"), [3; COOKIE_LEN]).unwrap();
        assert_eq!(cookie(&environment), [3; COOKIE_LEN]);
    }
}
