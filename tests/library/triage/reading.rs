//! Reading notes, tags and counts, in pieces and whole.

use vmail::core::triage::Edit;

use crate::triage::support::*;

#[test]
fn notes_and_tags_are_read_in_pieces() {
    let (mut store, account) = with(30);
    let other = store
        .account(&vmail::core::model::AccountKey::new(vmail::core::model::Region::India, 1, None))
        .unwrap();
    store.put_page(other, &many(1), None).unwrap();
    apply(&mut store, other, [0], Edit::Note(note("of another account", 1)));
    apply(&mut store, other, [0], tags(&["elsewhere"], &[]));
    let long = format!("  call\n\nher back {}", "soon ".repeat(50));
    for number in (0..30).step_by(3) {
        apply(&mut store, account, [number], Edit::Note(note(&long, number)));
        apply(&mut store, account, [number], tags(&["b", "A"], &[]));
    }
    let mut wanted: Vec<_> = (0..30).step_by(3).map(id).collect();
    wanted.sort();

    for limit in [1, 4, 10, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let piece = store.notes(account, after, limit).unwrap();
            let Some(last) = piece.last() else { break };
            assert!(piece.len() <= limit);
            after = Some(last.id);
            found.extend(piece);
        }
        assert_eq!(found.iter().map(|line| line.id).collect::<Vec<_>>(), wanted);
        for line in found {
            assert_eq!(line.text, format!("call her back {}", "soon ".repeat(50)).trim_end());
            let whole = store.note(account, line.id).unwrap().unwrap();
            assert_eq!((whole.in_one_line(), whole.edited()), (line.text, line.edited));
        }

        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let piece = store.tags(account, after, limit).unwrap();
            let Some((last, _)) = piece.last() else { break };
            assert!(piece.len() <= limit);
            after = Some(*last);
            found.extend(piece);
        }
        let expected: Vec<_> = wanted.iter().map(|id| (*id, vec![tag("A"), tag("b")])).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_tag_used_most_is_offered_first() {
    let (mut store, account) = with(6);
    apply(&mut store, account, 0..2, tags(&["billing"], &[]));
    apply(&mut store, account, 2..5, tags(&["Billing", "rare", "Called"], &[]));
    apply(&mut store, account, 0..1, tags(&["called"], &[]));
    apply(&mut store, account, 2..4, tags(&[], &["rare"]));
    let in_use = store.tags_in_use(account).unwrap();
    assert_eq!(in_use, [(tag("Billing"), 5), (tag("Called"), 4), (tag("rare"), 1)]);
}

#[test]
fn a_caller_has_every_form() {
    let (mut store, _) = with(8);
    let all = store.callers_whole(None, 100).unwrap();
    assert_eq!(all.len(), 7);
    let bare = store.callers(None, 100).unwrap();
    let shown: Vec<_> = all.iter().map(|caller| (caller.id, caller.forms.display.clone())).collect();
    assert_eq!(shown, bare);
    assert!(all.iter().any(|caller| caller.raw == "9876543211"
        && caller.forms.e164.as_deref() == Some("+919876543211")));
    let rest = store.callers_whole(Some(all[2].id), 2).unwrap();
    assert_eq!(rest, all[3..5]);
}
