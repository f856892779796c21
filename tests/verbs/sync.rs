//! `vmail sync`.

use crate::support::{Desk, said};

#[test]
fn it_is_quiet_where_nobody_looks() {
    let mut desk = Desk::new(Some(500));
    let output = desk.run(&["sync", "--range", "30d"]);
    assert_eq!((output.status.code(), output.stdout.len(), said(&output).as_str()), (Some(0), 0, ""));
    assert_eq!(desk.objects(&["list", "--json", "--offline", "--range", "30d"]).len(), 500);
    let output = desk.vmail(&["sync"]).env("TELECMI_SECRET", "wrong").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    desk.fails(2, &["sync", "--offline"]);
    desk.unplug();
    let said = desk.fails(4, &["sync", "--again"]);
    assert!(said.starts_with("vmail: Offline") && said.lines().count() == 1, "{said}");
}
