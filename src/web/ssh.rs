//! The lines that somebody who works over ssh copies and runs at their own desk. Texts only: nothing
//! is run and nothing is looked up.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

/// ssh's own port.
const PORT: u16 = 22;

/// How the desk reaches this machine.
///
/// It is a guess: the server does not see aliases, jump hosts and translated addresses. Say so beside
/// the lines: "use the name that you connect with".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    user: String,
    host: String,
    port: u16,
}

impl Server {
    /// `connection` is the value of `SSH_CONNECTION`, `client_ip client_port server_ip server_port`
    /// (ssh(1)); `host_name` is what this machine calls itself.
    ///
    /// A host name with a domain is what people type; one without often means something at this
    /// machine's place only, and then the address that the desk did reach is better.
    pub fn new(connection: Option<&str>, user: &str, host_name: &str) -> Server {
        let mut parts = connection.unwrap_or_default().split_whitespace().skip(2);
        let (address, port) = (parts.next(), parts.next());
        let address = address.filter(|address| is_address(address) && !host_name.contains('.'));
        Server {
            user: user.to_owned(),
            host: address.unwrap_or(host_name).to_owned(),
            port: port.and_then(|port| port.parse().ok()).unwrap_or(PORT),
        }
    }

    /// Brings the page on `port` of this machine to the same port of the desk, until Ctrl-C.
    pub fn page(&self, port: u16) -> String {
        format!("ssh -N -L {port}:127.0.0.1:{port}{} {}", self.port(" -p"), self.login())
    }

    /// Fetches the file at `path` into the desk's current folder.
    ///
    /// scp before OpenSSH 9 has the server's shell read the path, scp since then matches it as a
    /// pattern: a backslash before whatever is special to one of them is right for both.
    pub fn copy(&self, path: &Path) -> String {
        let mut remote = String::new();
        for c in path.to_string_lossy().chars() {
            if c.is_ascii() && !is_plain(c) {
                remote.push('\\');
            }
            remote.push(c);
        }
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let from = format!("{}@{host}:{remote}", self.user);
        format!("scp{} {} .", self.port(" -P"), quote(&from))
    }

    /// Brings the desk's sound to the unix socket `here`, until Ctrl-C. The desk's shell puts in where
    /// its own sound socket is.
    pub fn sound(&self, here: &Path) -> String {
        let here = here.to_string_lossy();
        let from = if here.chars().all(is_plain) { here.into_owned() } else { quote(&here) };
        format!("ssh -N -R {from}:\"$XDG_RUNTIME_DIR/pulse/native\"{} {}", self.port(" -p"), self.login())
    }

    /// The same for `~/.ssh/config` at the desk, for good. ssh 8.4 and later put in the variable.
    pub fn sound_config(&self, here: &Path) -> String {
        let mut lines = format!("Host {}\n", self.host);
        if self.port != PORT {
            let _ = writeln!(lines, "  Port {}", self.port);
        }
        // ssh takes the path apart at white space, quotes, percent signs and variables.
        let here = here.to_string_lossy().replace('%', "%%");
        let here = if here.chars().any(|c| !is_plain(c)) { format!("\"{here}\"") } else { here };
        let _ = writeln!(lines, "  User {}", self.user);
        let _ = writeln!(lines, "  RemoteForward {here} ${{XDG_RUNTIME_DIR}}/pulse/native");
        lines
    }

    fn login(&self) -> String {
        quote(&format!("{}@{}", self.user, self.host))
    }

    /// ` -p 2222` with the flag as it is for the command, or nothing for the usual port.
    fn port(&self, flag: &str) -> String {
        if self.port == PORT { String::new() } else { format!("{flag} {}", self.port) }
    }
}

/// An IP address, with the zone that a link-local one has: `fe80::1%eth0`.
fn is_address(text: &str) -> bool {
    text.split('%').next().is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

/// Characters that mean themselves to every shell.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c)
}

/// `text` as one word for a POSIX shell.
fn quote(text: &str) -> String {
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Server;

    fn server(connection: &str) -> Server {
        Server::new(Some(connection), "asha", "desk7")
    }

    #[test]
    fn a_tunnel_for_the_page() {
        for (connection, host_name, line) in [
            ("192.0.2.7 51234 192.0.2.2 22", "desk7", "ssh -N -L 8321:127.0.0.1:8321 asha@192.0.2.2"),
            (
                "192.0.2.7 51234 192.0.2.2 2222",
                "box.example.org",
                "ssh -N -L 8321:127.0.0.1:8321 -p 2222 asha@box.example.org",
            ),
            ("fd00::7 51234 fd00::2 22", "desk7", "ssh -N -L 8321:127.0.0.1:8321 asha@fd00::2"),
            ("fe80::7%eth0 5 fe80::2%eth0 22", "desk7", "ssh -N -L 8321:127.0.0.1:8321 asha@fe80::2%eth0"),
            ("", "desk7", "ssh -N -L 8321:127.0.0.1:8321 asha@desk7"),
            ("a b $(reboot) 99999", "desk7", "ssh -N -L 8321:127.0.0.1:8321 asha@desk7"),
        ] {
            assert_eq!(Server::new(Some(connection), "asha", host_name).page(8321), line);
        }
        assert_eq!(Server::new(None, "asha", "desk7"), server(""));
    }

    #[test]
    fn a_file_to_fetch() {
        for (path, line) in [
            ("/home/asha/a.mp3", "scp asha@192.0.2.2:/home/asha/a.mp3 ."),
            ("/home/asha/my calls/a.mp3", r"scp 'asha@192.0.2.2:/home/asha/my\ calls/a.mp3' ."),
            ("/tmp/it's*.mp3", r"scp 'asha@192.0.2.2:/tmp/it\'\''s\*.mp3' ."),
            ("/tmp/अ.mp3", "scp 'asha@192.0.2.2:/tmp/अ.mp3' ."),
        ] {
            assert_eq!(server("192.0.2.7 51234 192.0.2.2 22").copy(Path::new(path)), line);
        }
        assert_eq!(
            server("fd00::7 51234 fd00::2 2222").copy(Path::new("/a.mp3")),
            "scp -P 2222 'asha@[fd00::2]:/a.mp3' ."
        );
    }

    #[test]
    fn the_desks_sound() {
        let server = server("192.0.2.7 51234 192.0.2.2 2222");
        let here = Path::new("/run/user/1001/vmail-sound");
        assert_eq!(
            server.sound(here),
            "ssh -N -R /run/user/1001/vmail-sound:\"$XDG_RUNTIME_DIR/pulse/native\" -p 2222 asha@192.0.2.2"
        );
        assert_eq!(
            server.sound_config(here),
            "Host 192.0.2.2\n  Port 2222\n  User asha\n  \
             RemoteForward /run/user/1001/vmail-sound ${XDG_RUNTIME_DIR}/pulse/native\n"
        );
    }

    #[test]
    fn what_a_user_is_called_runs_nothing() {
        let line = Server::new(None, "a$(reboot)'; x", "desk7").page(8321);
        assert_eq!(line, r"ssh -N -L 8321:127.0.0.1:8321 'a$(reboot)'\''; x@desk7'");
    }
}
