//! Base URLs: checks that the secret may be sent there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Base URL of the API, without `/voicemail` or `/play`: https, or plain http to the loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// Why a text is not a base URL. Quotes nothing of the text, which may contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an absolute URL.
    #[error("not a URL: expected one like https://rest.telecmi.com/v2")]
    NotAUrl,
    /// A scheme other than https, or plain http to another machine.
    #[error("must start with https://; plain http:// is for this machine only (127.0.0.1, [::1], localhost)")]
    Insecure,
    /// A user name or a password before the host.
    #[error("must not contain a user name or a password")]
    UserInfo,
    /// A query or a fragment, to which no path can be appended.
    #[error("must not contain ? or #")]
    NotABase,
}

impl BaseUrl {
    /// Parses a base URL. Ignores a slash at its end.
    pub fn parse(text: &str) -> Result<BaseUrl, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            _ => return Err(BaseUrlError::Insecure),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::NotABase);
        }
        Ok(BaseUrl(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// Returns the base URL in its normal form, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns whether `url` names this machine: a loopback address, or `localhost` itself. Other names
/// are not resolved, even if they point to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address.parse::<Ipv4Addr>().is_ok_and(|v4| v4.is_loopback())
        || address.parse::<Ipv6Addr>().is_ok_and(|v6| v6.is_loopback())
}

/// The addresses of `localhost`, fixed so that no resolver can point it elsewhere.
pub(super) const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

#[cfg(test)]
mod tests {
    use super::{BaseUrl, BaseUrlError};

    #[test]
    fn https_to_any_host_and_http_to_the_loopback() {
        for (given, kept) in [
            ("https://rest.telecmi.com/v2", "https://rest.telecmi.com/v2"),
            ("https://rest.telecmi.com/v2/", "https://rest.telecmi.com/v2"),
            (" https://Example.com:8443 ", "https://example.com:8443"),
            ("http://127.0.0.1:8080/v2/", "http://127.0.0.1:8080/v2"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:9/x", "http://[::1]:9/x"),
            ("http://LOCALHOST:9", "http://localhost:9"),
        ] {
            assert_eq!(BaseUrl::parse(given).as_ref().map(BaseUrl::as_str), Ok(kept), "{given}");
        }
    }

    #[test]
    fn urls_that_would_leak_the_secret_are_refused() {
        for (given, why) in [
            ("", BaseUrlError::NotAUrl),
            ("rest.telecmi.com/v2", BaseUrlError::NotAUrl),
            ("https://", BaseUrlError::NotAUrl),
            ("http://rest.telecmi.com/v2", BaseUrlError::Insecure),
            ("http://192.168.0.1/v2", BaseUrlError::Insecure),
            ("http://127.0.0.1.example.com/", BaseUrlError::Insecure),
            ("http://localhost.example.com/", BaseUrlError::Insecure),
            ("http://0.0.0.0/", BaseUrlError::Insecure),
            ("http://[::2]/", BaseUrlError::Insecure),
            ("ftp://127.0.0.1/", BaseUrlError::Insecure),
            ("file:///etc/passwd", BaseUrlError::Insecure),
            ("https://me@example.com/", BaseUrlError::UserInfo),
            ("https://:pw@example.com/", BaseUrlError::UserInfo),
            ("http://127.0.0.1@example.com/", BaseUrlError::Insecure),
            ("https://example.com/v2?x=1", BaseUrlError::NotABase),
            ("https://example.com/v2?", BaseUrlError::NotABase),
            ("https://example.com/v2#x", BaseUrlError::NotABase),
        ] {
            assert_eq!(BaseUrl::parse(given), Err(why), "{given}");
        }
    }
}
