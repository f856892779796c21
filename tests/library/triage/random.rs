//! Whatever is done in whatever order, the store holds what a few maps would.

use proptest::prelude::*;
use tempfile::TempDir;

use crate::triage::model::{Action, Model, Program};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_session_ends_with_what_was_done(bits in prop::collection::vec(any::<u64>(), 1..100)) {
        let folder = TempDir::new().unwrap();
        let mut program = Program::open(&folder.path().join("vmail.db"));
        let mut model = Model::default();
        // Something to work with.
        let first = std::iter::once(Action::Sync((0..6).collect()));
        let rest = (1..).zip(bits).map(|(moment, bits)| Action::new(bits, moment));
        for action in first.chain(rest) {
            program.act(&action);
            model.act(&action);
            prop_assert_eq!(&program.states(), &model.states, "after {:?}", action);
        }
    }
}
