//! A socket to a sound server: sends bytes and receives packets, both with a time limit. The packets are
//! parsed in `super`.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{self, DESCRIPTOR_SIZE};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_passcred;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, send,
    socket_with,
};

use super::address::{Address, Family};
use crate::player::Unavailable;

/// The maximum size of a packet. Messages about a playback stream are under 1 KiB.
const PACKET_MAX: usize = 64 * 1024;

/// The channel of control packets; others carry samples.
const CONTROL: u32 = u32::MAX;

/// A connection.
#[derive(Debug)]
pub(super) struct Wire {
    socket: OwnedFd,
    /// Bytes received that are not a whole packet yet.
    incoming: Vec<u8>,
    timeout: Duration,
}

impl Wire {
    /// Connects to a sound server. `timeout` applies to connecting, and to each later [`send`](Wire::send).
    pub(super) fn connect(address: &Address, timeout: Duration) -> Result<Wire, Unavailable> {
        let socket = match address {
            Address::Unix(path) => connect_unix(path)?,
            Address::Tcp { host, port, family } => connect_tcp(host, *port, *family, timeout)?,
        };
        Ok(Wire { socket, incoming: Vec::new(), timeout })
    }

    /// Returns the sound server's timeout, as given to [`connect`](Wire::connect).
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends all `bytes` to the sound server. Fails with [`Unavailable::Hung`] after the timeout.
    pub(super) fn send(&mut self, mut bytes: &[u8]) -> Result<(), Unavailable> {
        let until = Instant::now() + self.timeout;
        while !bytes.is_empty() {
            // Without this flag, writing to a closed socket could end the program.
            match send(&self.socket, bytes, SendFlags::NOSIGNAL) {
                Ok(sent) => bytes = &bytes[sent..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) if self.ready(PollFlags::OUT, until)? => {}
                Err(Errno::AGAIN) => return Err(Unavailable::Hung),
                Err(_) => return Err(Unavailable::Killed),
            }
        }
        Ok(())
    }

    /// Returns the sound server's next control packet without its header; `None` if none arrives by `until`.
    /// Packets received before are returned even after that.
    pub(super) fn receive(&mut self, until: Instant) -> Result<Option<Vec<u8>>, Unavailable> {
        loop {
            while let Some((channel, packet)) = self.cut()? {
                if channel == CONTROL {
                    return Ok(Some(packet));
                }
            }
            if !self.ready(PollFlags::IN, until)? {
                return Ok(None);
            }
            let mut bytes = [0; 4096];
            match recv(&self.socket, &mut bytes[..], RecvFlags::empty()) {
                Ok((0, _)) => return Err(Unavailable::Killed),
                Ok((count, _)) => self.incoming.extend_from_slice(&bytes[..count]),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(_) => return Err(Unavailable::Killed),
            }
        }
    }

    /// Removes the first packet from the received bytes, and returns it with its channel.
    fn cut(&mut self) -> Result<Option<(u32, Vec<u8>)>, Unavailable> {
        let Some(mut header) = self.incoming.get(..DESCRIPTOR_SIZE) else { return Ok(None) };
        let header = protocol::read_descriptor(&mut header)?;
        let end = DESCRIPTOR_SIZE.saturating_add(header.length as usize);
        if end > PACKET_MAX {
            return Err(Unavailable::Protocol(format!("packet of {} bytes", header.length)));
        }
        if self.incoming.len() < end {
            return Ok(None);
        }
        let packet = self.incoming.drain(..end).skip(DESCRIPTOR_SIZE).collect();
        Ok(Some((header.channel, packet)))
    }

    /// Waits until the socket can be read or written. Returns false after `until`.
    fn ready(&self, flags: PollFlags, until: Instant) -> Result<bool, Unavailable> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(|_| Unavailable::Hung)?;
            match poll(&mut [PollFd::new(&self.socket, flags)], Some(&left)) {
                Ok(count) => return Ok(count > 0),
                Err(Errno::INTR) => {}
                Err(_) => return Err(Unavailable::Killed),
            }
        }
    }
}

/// Connects without blocking: a server that accepts no connections would block forever, and `UnixStream`
/// has no timeout for it.
fn connect_unix(path: &Path) -> Result<OwnedFd, Unavailable> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(missing)?;
    // A server identifies the user by the credentials that the system passes. It passes them only if one
    // side has requested it, and the server does so only after the connection.
    set_socket_passcred(&socket, true).map_err(missing)?;
    let address = SocketAddrUnix::new(path).map_err(missing)?;
    connect(&socket, &address).map_err(missing)?;
    Ok(socket)
}

fn connect_tcp(host: &str, port: u16, family: Family, timeout: Duration) -> Result<OwnedFd, Unavailable> {
    let until = Instant::now() + timeout;
    let mut reason = Unavailable::NoServer;
    for address in resolve(host.to_owned(), port, timeout)? {
        let left = until.saturating_duration_since(Instant::now());
        let fits = match family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        };
        if !fits || left.is_zero() {
            continue;
        }
        let socket = TcpStream::connect_timeout(&address, left).and_then(|socket| {
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            Ok(OwnedFd::from(socket))
        });
        match socket {
            Ok(socket) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => reason = Unavailable::Hung,
            Err(_) => {}
        }
    }
    Err(reason)
}

/// Resolves a host name, on a thread because the resolver has no time limit.
fn resolve(host: String, port: u16, timeout: Duration) -> Result<Vec<SocketAddr>, Unavailable> {
    let (sender, addresses) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("resolve".to_owned())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            // Fails if the receiver has given up.
            let _ = sender.send(found.unwrap_or_default());
        })
        .map_err(|_| Unavailable::NoServer)?;
    addresses.recv_timeout(timeout).map_err(|_| Unavailable::NoServer)
}

/// Converts the error of connecting to a Unix socket.
fn missing(error: Errno) -> Unavailable {
    match error {
        Errno::ACCESS | Errno::PERM => Unavailable::Refused,
        // The server's queue is full.
        Errno::AGAIN => Unavailable::Hung,
        _ => Unavailable::NoServer,
    }
}
