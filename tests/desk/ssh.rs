//! The lines to copy, run as they are: over a real ssh to this machine, without a network.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::Ipv6Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::time::{interval, timeout};
use vmail::terminal::ssh::Server;
use vmail::web::socket::{Cleared, clear};
use vmail::web::{Options, PORT, Page, Stage};

/// How long ssh may take on a busy machine: a failure's bound, not a wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// A desk from which ssh reaches this very user on this machine, whatever address it is given: its
/// ssh talks to an sshd through a pipe.
struct Desk {
    folder: TempDir,
    server: Server,
}

impl Desk {
    /// Nothing where ssh or sshd cannot be used.
    fn new() -> Option<Desk> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let Some(sshd) =
            ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|path| Path::new(path).exists())
        else {
            eprintln!("skipped: sshd is not installed");
            return None;
        };
        for key in ["host", "key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(at(key))
                .status();
            if !made.is_ok_and(|status| status.success()) {
                eprintln!("skipped: ssh-keygen does not work");
                return None;
            }
        }
        let here = folder.path().display();
        let server = format!(
            "HostKey {here}/host\nAuthorizedKeysFile {here}/key.pub\nStrictModes no\nUsePAM no\n\
             Subsystem sftp internal-sftp\n"
        );
        fs::write(at("sshd_config"), server).unwrap();
        let client = format!(
            "IdentityFile {here}/key\nIdentitiesOnly yes\nUserKnownHostsFile {here}/known\nLogLevel ERROR\n\
             StrictHostKeyChecking no\nBatchMode yes\nProxyCommand {sshd} -i -f {here}/sshd_config\n"
        );
        fs::write(at("ssh_config"), client).unwrap();
        fs::create_dir_all(at("bin")).unwrap();
        fs::create_dir_all(at("runtime/pulse")).unwrap();
        for program in ["ssh", "scp"] {
            let script = format!("#!/bin/sh\nexec /usr/bin/{program} -F {here}/ssh_config \"$@\"\n");
            fs::write(at("bin").join(program), script).unwrap();
            fs::set_permissions(at("bin").join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        let server = Server::new(Some("192.0.2.7 51234 192.0.2.2 2222"), user.trim(), "desk7");
        let desk = Desk { folder, server };
        let tried = desk.command(&format!("ssh {}@192.0.2.2 true", user.trim())).output().unwrap();
        if !tried.status.success() {
            eprintln!("skipped: no ssh to this machine: {}", String::from_utf8_lossy(&tried.stderr));
            return None;
        }
        Some(desk)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `line` as typed into a shell at the desk.
    fn command(&self, line: &str) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the shell needs the programs that the test has")]
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut paths = OsString::from(self.at("bin"));
        paths.push(":");
        paths.push(path);
        let mut command = Command::new("sh");
        // Without exec the shell would stay between, and ssh would outlive it.
        command.arg("-c").arg(format!("exec {line}")).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PATH", paths).env("XDG_RUNTIME_DIR", self.at("runtime"));
        command
    }

    fn start(&self, line: &str) -> Running {
        Running(self.command(line).spawn().unwrap())
    }
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Tries until it succeeds.
async fn until<T, F: Future<Output = io::Result<T>>>(what: &str, mut attempt: impl FnMut() -> F) -> T {
    let trying = async {
        let mut tick = interval(Duration::from_millis(10));
        loop {
            tick.tick().await;
            if let Ok(done) = attempt().await {
                return done;
            }
        }
    };
    timeout(PATIENCE, trying).await.unwrap_or_else(|_| panic!("{what}"))
}

#[test]
fn a_file_with_an_odd_name_is_fetched() {
    let Some(desk) = Desk::new() else { return };
    let name = "it's a \"[x]*\" & $y;`z` अ.mp3";
    let folder = desk.at("my calls");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(name), "sound").unwrap();
    let line = desk.server.copy(&folder.join(name));
    // As it is now, and as it was before OpenSSH 9.
    for line in [line.clone(), line.replacen("scp", "scp -O", 1)] {
        let done = desk.command(&line).output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(fs::read(desk.at(name)).unwrap(), b"sound", "{line}");
        fs::remove_file(desk.at(name)).unwrap();
    }
}

#[tokio::test]
async fn the_page_is_opened_through_the_tunnel() {
    let Some(desk) = Desk::new() else { return };
    let mut page = Page::open(Options {
        recording: Bytes::from_static(b"sound"),
        media_type: "audio/mpeg",
        caller: "Anita Rao".to_owned(),
        time: "Mon 23 Nov, 10:05".to_owned(),
        file_name: "a.mp3".to_owned(),
        lifetime: PATIENCE,
        idle: PATIENCE,
        // Not one of the ports that the system gives to whoever connects: the tries below could get it.
        port: PORT,
    })
    .await
    .unwrap();
    // The desk is this machine, so the port is taken for IPv4, and ssh warns and takes IPv6's.
    if TcpStream::connect((Ipv6Addr::LOCALHOST, page.port()))
        .await
        .is_err_and(|e| e.kind() != io::ErrorKind::ConnectionRefused)
    {
        eprintln!("skipped: no IPv6 here");
        return;
    }
    let _tunnel = desk.start(&desk.server.page(page.port()));
    let mut browser = until("no tunnel", || TcpStream::connect((Ipv6Addr::LOCALHOST, page.port()))).await;
    let path = page.url().replace(&format!("http://127.0.0.1:{}", page.port()), "");
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", page.port());
    browser.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    browser.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200") && reply.contains("<audio"), "{reply}");
    assert_eq!(page.changed().await, Stage::Opened);
}

#[tokio::test]
async fn the_desks_sound_comes_here_and_a_dead_socket_is_no_obstacle() {
    let Some(desk) = Desk::new() else { return };
    let here = desk.at("sound");
    let lines = desk.server.sound_config(&here);
    for by_config in [false, true] {
        // A new one each time: whoever looked whether the last one listens is in its queue.
        let native = desk.at("runtime/pulse/native");
        let _ = fs::remove_file(&native);
        let sound = UnixListener::bind(native).unwrap();
        // What the last forward left behind is in the way of the next.
        assert_eq!(clear(&here).await.unwrap(), if by_config { Cleared::Removed } else { Cleared::Absent });
        let line = if by_config {
            let config = fs::read_to_string(desk.at("ssh_config")).unwrap();
            fs::write(desk.at("ssh_config"), config + &lines).unwrap();
            "ssh -N 192.0.2.2".to_owned()
        } else {
            desk.server.sound(&here)
        };
        let forward = desk.start(&line);
        let mut player = until("no forward", || UnixStream::connect(&here)).await;
        let (mut desk_side, _) = timeout(PATIENCE, sound.accept()).await.unwrap().unwrap();
        player.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        timeout(PATIENCE, desk_side.read_exact(&mut heard)).await.unwrap().unwrap();
        assert_eq!(&heard, b"hello");
        assert_eq!(clear(&here).await.unwrap(), Cleared::InUse);

        drop(forward);
        until("somebody still listens", || async {
            match UnixStream::connect(&here).await {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
                _ => Err(io::ErrorKind::Other.into()),
            }
        })
        .await;
        assert!(here.exists(), "sshd has removed it: clearing is no longer needed");
    }
}
