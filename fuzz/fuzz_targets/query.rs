//! Parses an arbitrary query, formats it, and parses it again.
//!
//! ```text
//! cargo +nightly fuzz run query
//! ```

#![no_main]

use vmail::core::zone::Tz;
use libfuzzer_sys::fuzz_target;
use vmail::core::model::from_millis;
use vmail::core::search::{Context, Matcher, SearchedText, parse};

fuzz_target!(|text: &str| {
    let context = Context { now: from_millis(1_795_415_670_000), zone: "Asia/Kolkata".parse().unwrap() };
    match parse(text, &context) {
        Ok(query) => {
            assert_eq!(parse(&query.to_string(), &context).as_ref(), Ok(&query));
            let mut places = Vec::new();
            let matcher = Matcher::new(&query, &context);
            matcher.highlighter().highlight(SearchedText::Name, text, &mut places);
            assert!(places.into_iter().all(|place| text.get(place).is_some()));
        }
        Err(mistake) => assert!(text.get(mistake.at).is_some()),
    }
});
