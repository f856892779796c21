//! The TeleCMI REST API: [`Client`] is its only public face. The wire format stays inside.

use chrono::{DateTime, Utc};

use crate::model::{Region, Span, Voicemail};
use crate::secret::Secret;

mod error;

pub use error::ApiError;

/// Who asks: an app ID and its secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The app ID, a number in the TeleCMI dashboard.
    pub app_id: u64,
    /// The app secret.
    pub secret: Secret,
}

/// What stands before `/voicemail` and `/play`: https, or plain http to the loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// One page of voicemail, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The rows that could be read, in the order in which they were sent.
    pub rows: Vec<Voicemail>,
    /// How many more rows there were that could not be read.
    pub unreadable: usize,
    /// How many voicemail the server says the whole window holds: a hint.
    pub total: Option<u64>,
    /// The server's clock (the `Date` header), where it sent one.
    pub server_time: Option<DateTime<Utc>>,
}

/// Asks TeleCMI. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {}

impl Client {
    /// A client for one account. Opens no connection.
    pub fn new(
        region: Region,
        base_url: Option<&BaseUrl>,
        credentials: Credentials,
    ) -> Result<Client, ApiError> {
        let _ = (region, base_url, credentials);
        todo!()
    }

    /// The voicemail of `window`, page `number` (from 1). One try.
    pub async fn page(&self, window: Span, number: u32) -> Result<Page, ApiError> {
        let _ = (window, number);
        todo!()
    }
}
