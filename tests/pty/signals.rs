//! Ends that nobody asked for on the keyboard: signals, and lines that break.

use crate::harness::{Launch, Signal, Terminal, until};
use crate::world::{Home, Server, with_credentials};

fn opened(home: &Home, server: &Server) -> Terminal {
    let terminal = server.inbox(home, &[]).start();
    terminal.wait_until_live();
    terminal
}

#[test]
fn a_signal_ends_it_and_gives_the_terminal_back() {
    let (home, server) = (Home::new(), Server::start());
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::ABORT] {
        let mut terminal = opened(&home, &server);
        // These mean nothing to it.
        for signal in [Signal::USR1, Signal::USR2, Signal::ALARM] {
            terminal.signal(signal);
        }
        terminal.moves("j");
        terminal.signal(signal);
        let status = terminal.end();
        assert_eq!(status.signal(), None, "{signal:?}");
        terminal.assert_given_back();
    }
}

#[test]
fn a_signal_ends_it_in_mid_sync() {
    let home = Home::new();
    let slow = std::time::Duration::from_secs(3600);
    let server = Server::with(|options| vmail::demo::Options { latency: slow, ..options });
    let terminal = server.inbox(&home, &[]).start();
    terminal.wait_for("Fetching voicemails");
    terminal.signal(Signal::TERM);
    terminal.end();
    terminal.assert_given_back();
}

#[test]
fn a_closed_line_ends_it() {
    let (home, server) = (Home::new(), Server::start());
    let mut terminal = opened(&home, &server);
    terminal.cut("j");
    terminal.exit();
}

/// As under `nohup`: no SIGHUP tells of the closed line.
#[test]
fn a_closed_line_ends_it_without_a_hangup_signal() {
    let (home, server) = (Home::new(), Server::start());
    // In the first the program is what the kernel would signal, in the second the shell is.
    for script in ["trap '' HUP; exec \"$VMAIL\" --base-url", "trap '' HUP; \"$VMAIL\" \"$@\" --base-url"] {
        home.write_settings("refresh = 0\n");
        let script = format!("{script} {}; exit 3", server.url());
        let mut terminal = with_credentials(Launch::shell(&home, &script)).start();
        // Nothing would wake it up by itself.
        terminal.wait_for("checked");
        terminal.cut("j");
        terminal.exit();
    }
}

/// The terminal's other end no longer reads, as over a stalled network: writing blocks for good.
#[test]
fn a_line_that_stalls_does_not_keep_it_from_ending() {
    let (home, server) = (Home::new(), Server::start());
    for signal in [Signal::TERM, Signal::HUP] {
        let mut terminal = opened(&home, &server);
        terminal.freeze("j");
        // Each of these draws a frame, until no more fit into the line.
        until("it is stuck in writing", || {
            terminal.signal(Signal::CONT);
            is_writing(terminal.pid())
        });
        terminal.signal(signal);
        terminal.exit();
    }
}

#[test]
fn a_line_that_breaks_in_the_middle_of_a_frame_costs_no_note() {
    let (home, server) = (Home::new(), Server::start());
    let mut terminal = opened(&home, &server);
    terminal.send("m");
    terminal.wait_for("Write a note");
    terminal.send("Rao wants his invoice");
    terminal.wait_for("his invoice");
    terminal.freeze("!");
    until("it is stuck in writing", || {
        terminal.signal(Signal::CONT);
        is_writing(terminal.pid())
    });
    terminal.hang_up();
    terminal.exit();
    assert_eq!(home.notes(), ["Rao wants his invoice!"]);
}

/// Whether the main thread waits in a call whose first argument is standard output.
fn is_writing(pid: u32) -> bool {
    let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap();
    call.split(' ').nth(1) == Some("0x1")
}

/// What ends without a core dump, however it ends. Where this machine writes none at all, the test says so.
#[test]
fn no_core_dump_holds_the_secret() {
    let home = Home::new();
    let aborted = |program: &str, argument: &str| {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "ulimit -c unlimited && echo started && exec \"$0\" \"$1\"", program, argument])
            .current_dir(home.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let name = std::path::Path::new(program).file_name().unwrap().to_owned();
        until("the program runs", || {
            std::fs::read_link(format!("/proc/{}/exe", child.id()))
                .is_ok_and(|exe| exe.file_name() == Some(&name))
                && crate::harness::process_state(child.id()) == Some('S')
        });
        crate::harness::signal_to(child.id(), Signal::ABORT);
        std::os::unix::process::ExitStatusExt::core_dumped(&child.wait().unwrap())
    };
    if !aborted("sleep", "1000") {
        println!("skipped: this machine writes no core dumps");
        return;
    }
    assert!(!aborted(env!("CARGO_BIN_EXE_vmail"), "demo-server"));
}
