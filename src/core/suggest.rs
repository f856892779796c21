//! Finds the known word that a mistyped one was probably meant to be.

/// Returns the word of `known` that is nearest to `word`, ignoring case: at most two edits away for
/// words of more than four characters, otherwise one.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    let most = if word.chars().count() > 4 { 2 } else { 1 };
    known
        .into_iter()
        .map(|known| (strsim::osa_distance(&word, &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_forgiven_and_strangers_are_not() {
        let known = ["today", "yesterday", "last"];
        assert_eq!(nearest("YESTREDAY", known), Some("yesterday"));
        assert_eq!(nearest("lsat", known), Some("last"));
        assert_eq!(nearest("lots", known), None);
        assert_eq!(nearest("", known), None);
    }
}
