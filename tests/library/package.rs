//! What is promised of the package as a whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot read the project has failed")]

use std::process::Command;

use serde_json::Value;

/// The numbers of a version of Rust: "1.89" is [1, 89].
fn version(text: &str) -> Vec<u32> {
    text.split('.').map(|part| part.parse().unwrap()).collect()
}

/// What `program` prints.
fn output(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Says more than a build with an older Rust does, and at once: which one needs a newer Rust.
#[test]
fn no_dependency_needs_a_newer_rust_than_we_say() {
    let rustc = output("rustc", &["-vV"]);
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // Offline: what this machine builds is here, because it was built.
    let wanted = ["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(env!("CARGO"), &wanted)).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{}", packages.len());
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    for package in packages {
        let Some(theirs) = package["rust_version"].as_str() else { continue };
        let (name, number) = (&package["name"], &package["version"]);
        assert!(version(theirs)[..2] <= ours[..2], "{name} {number} needs Rust {theirs}");
    }
}
