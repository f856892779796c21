//! The HTML pages, made from the templates in `assets/`.

use super::token::Token;

const LISTEN: &str = include_str!("../../assets/listen.html");
const OPENED: &str = include_str!("../../assets/opened.html");

/// The values for the page with the player.
pub(super) struct Listen<'a> {
    pub(super) caller: &'a str,
    pub(super) time: &'a str,
    pub(super) media_type: &'a str,
    pub(super) file_name: &'a str,
    /// The path of the recording on this server.
    pub(super) audio: &'a str,
    /// Allows the page's inline style in its content security policy.
    pub(super) nonce: &'a Token,
}

/// Returns the HTML page with the player.
pub(super) fn listen(page: &Listen) -> String {
    fill(LISTEN, |name| match name {
        "caller" => page.caller,
        "time" => page.time,
        "type" => page.media_type,
        "file" => page.file_name,
        "audio" => page.audio,
        "nonce" => page.nonce.expose(),
        _ => "",
    })
}

/// Returns the HTML page for any visit after the first.
pub(super) fn opened(nonce: &Token) -> String {
    fill(OPENED, |name| if name == "nonce" { nonce.expose() } else { "" })
}

/// Replaces each `{{name}}` in `template` by its escaped value. Values are not searched for names.
fn fill<'a>(template: &str, value: impl Fn(&str) -> &'a str) -> String {
    let mut out = String::with_capacity(template.len() + 512);
    let mut rest = template;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, from)| Some((before, from.split_once("}}")?)))
    {
        out.push_str(before);
        escape(value(name), &mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Appends `text`, escaped for HTML text and quoted attributes.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LISTEN, Listen, OPENED, fill, listen, opened};
    use crate::web::token::Token;

    #[test]
    fn every_place_in_the_templates_is_filled() {
        let nonce = Token::new().unwrap();
        let (caller, time, audio) = ("Anita Rao", "Mon 23 Nov, 10:05", "/abc");
        let page = listen(&Listen {
            caller,
            time,
            media_type: "audio/mpeg",
            file_name: "a.mp3",
            audio,
            nonce: &nonce,
        });
        for value in [caller, time, audio, "audio/mpeg", "a.mp3", nonce.expose()] {
            assert!(page.contains(value), "{value} is missing");
        }
        assert!(!page.contains("{{") && !opened(&nonce).contains("{{"));
        assert!(LISTEN.contains("nonce=\"{{nonce}}\"") && OPENED.contains("nonce=\"{{nonce}}\""));
    }

    #[test]
    fn foreign_text_stays_text() {
        let filled = fill("<b title=\"{{a}}\">{{b}}</b>", |name| match name {
            "a" => "\" onload='x",
            _ => "<script>{{a}}</script>&",
        });
        assert_eq!(filled, "<b title=\"&quot; onload=&#39;x\">&lt;script&gt;{{a}}&lt;/script&gt;&amp;</b>");
    }
}
