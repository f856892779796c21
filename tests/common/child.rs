//! Tests that another test runs in a process of its own: to be killed, for its environment or its terminal.
//!
//! They are `#[ignore]`d. A program for them would be better, but Cargo knows none that is built for
//! tests alone: a `[[bin]]` is installed for users.

use std::ffi::OsString;
use std::process::{Command, Output};

/// The test `test` of this program, to be started as a process of its own.
pub fn child<T: Fn()>(_: T) -> Command {
    // The crate is no part of a test's name.
    let (_, name) = std::any::type_name::<T>().split_once("::").expect("a function");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture"]);
    command
}

/// What a test that ran as a [`child`] printed, once it is sure that it was found and passed.
#[track_caller]
pub fn printed(output: Output) -> String {
    let out = String::from_utf8(output.stdout).unwrap();
    let passed = output.status.success() && out.contains("test result: ok. 1 passed;");
    assert!(passed, "{out}{}", String::from_utf8_lossy(&output.stderr));
    out
}

/// What a [`child`] was given in its environment.
#[track_caller]
pub fn given(name: &str) -> OsString {
    let found = std::env::vars_os().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("{name} is not set: another test starts this one")).1
}
