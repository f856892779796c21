//! Commands to copy and run on the user's own machine when vmail runs over ssh. Only builds text: nothing
//! is run or looked up.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

/// The default ssh port.
const PORT: u16 = 22;

/// How to reach this machine from the user's own.
///
/// This is a guess: the server does not know aliases, jump hosts or translated addresses. Show a hint with
/// the commands: "use the name that you connect with".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    user: String,
    host: String,
    port: u16,
}

impl Server {
    /// Reads how to reach this machine by ssh from `SSH_CONNECTION`,
    /// `client_ip client_port server_ip server_port` (ssh(1)), and this machine's host name.
    ///
    /// A host name with a domain is what users type. One without a domain often works only in the server's
    /// network; then the IP address that the user has reached is used.
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

    /// Returns the ssh command that forwards the page's port to the user's machine, until Ctrl-C.
    pub fn page(&self, port: u16) -> String {
        format!("ssh -N -L {port}:127.0.0.1:{port}{} {}", self.port(" -p"), self.login())
    }

    /// Returns the scp command that copies the file at `path` to the current folder on the user's machine.
    ///
    /// Before OpenSSH 9, the server's shell parses the path; since then, scp matches it as a pattern. A
    /// backslash before special characters works with both.
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

    /// Returns the ssh command that forwards the user's sound to the Unix socket `here`, until Ctrl-C. The
    /// user's own shell inserts the path of their sound socket.
    pub fn sound(&self, here: &Path) -> String {
        let here = here.to_string_lossy();
        let from = if here.chars().all(is_plain) { here.into_owned() } else { quote(&here) };
        format!("ssh -N -R {from}:\"$XDG_RUNTIME_DIR/pulse/native\"{} {}", self.port(" -p"), self.login())
    }

    /// Returns the same forwarding of sound as permanent lines for `~/.ssh/config`. ssh 8.4 and later expand
    /// the variable.
    pub fn sound_config(&self, here: &Path) -> String {
        let mut lines = format!("Host {}\n", self.host);
        if self.port != PORT {
            let _ = writeln!(lines, "  Port {}", self.port);
        }
        // ssh parses white space, quotes, percent signs and variables in the path.
        let here = here.to_string_lossy().replace('%', "%%");
        let here = if here.chars().any(|c| !is_plain(c)) { format!("\"{here}\"") } else { here };
        let _ = writeln!(lines, "  User {}", self.user);
        let _ = writeln!(lines, "  RemoteForward {here} ${{XDG_RUNTIME_DIR}}/pulse/native");
        lines
    }

    fn login(&self) -> String {
        quote(&format!("{}@{}", self.user, self.host))
    }

    /// Returns ` -p 2222` with this command's flag; nothing for the default port.
    fn port(&self, flag: &str) -> String {
        if self.port == PORT { String::new() } else { format!("{flag} {}", self.port) }
    }
}

/// Returns whether `text` is an IP address. A zone, as in `fe80::1%eth0`, is allowed.
fn is_address(text: &str) -> bool {
    text.split('%').next().is_some_and(|address| address.parse::<IpAddr>().is_ok())
}

/// Returns whether a character has no special meaning in any shell.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c)
}

/// Quotes `text` as one word for a POSIX shell.
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
