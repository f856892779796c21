//! Which known word a mistyped one was meant to be.

/// The nearest of `known` to `word`, whatever the case, if it is near enough to be meant: two
/// slips in a word of more than four characters, one in a shorter one.
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
