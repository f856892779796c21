//! Calling back with the whole program: what reaches the server, and how often.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use vmail::demo::{AGENT, SECRET};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::Terminal;
use crate::world::{Home, inbox};

/// A server with one voicemail, that takes its time over calls.
struct Exchange {
    runtime: Runtime,
    server: MockServer,
}

impl Exchange {
    fn start(slow: Duration) -> Exchange {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            // In November 2023.
            let row = json!({
                "from": 919_876_543_210_u64,
                "time": 1_700_000_000_000_i64,
                "voicename": "170000000000000000000000_919876543210.mp3",
            });
            let answers = [
                ("/voicemail", json!({ "voicemail": [row], "count": 1, "code": 200 }), Duration::ZERO),
                ("/webrtc/click2call", json!({ "code": 200, "request_id": "s96C6XK1" }), slow),
            ];
            for (route, answer, delay) in answers {
                let answer = ResponseTemplate::new(200).set_body_json(answer).set_delay(delay);
                Mock::given(path(route)).respond_with(answer).mount(&server).await;
            }
            server
        });
        Exchange { runtime, server }
    }

    fn open(&self, home: &Home) -> Terminal {
        home.write_settings(&format!("agent = \"{AGENT}\"\nrange = \"2023-11\"\nprefetch = \"off\"\n"));
        let terminal = inbox(home, &self.server.uri(), &[]).start();
        terminal.wait_for("+91 98765 43210");
        terminal
    }

    /// The bodies of all requests for a call.
    fn calls(&self) -> Vec<Value> {
        let requests = self.runtime.block_on(self.server.received_requests()).unwrap();
        let calls = requests.iter().filter(|request| request.url.path() == "/webrtc/click2call");
        calls.map(|request| request.body_json().unwrap()).collect()
    }
}

#[test]
fn one_confirmation_is_one_request_however_often_enter_is_pressed() {
    let (home, exchange) = (Home::new(), Exchange::start(Duration::from_millis(300)));
    let mut terminal = exchange.open(&home);
    terminal.send("c");
    terminal.wait_for("Enter to place the call");
    assert_eq!(exchange.calls(), [] as [Value; 0], "nothing is sent before it is confirmed");
    terminal.send("\r\r\r\r\r\r\r\r\r\r");
    terminal.wait_for("TeleCMI rings the softphone of 101 first");
    terminal.send("\r\r");
    terminal.send("\x1b");
    terminal.wait("the overlay gone", |seen| !seen.shows("Rings first"));
    let body = json!({
        "user_id": AGENT, "secret": SECRET, "to": 919_876_543_210_u64, "webrtc": true, "followme": false,
    });
    assert_eq!(exchange.calls(), [body]);
    terminal.wait_for("↩");
}

#[test]
fn a_call_under_way_is_waited_for_at_the_end_and_noted() {
    let (home, exchange) = (Home::new(), Exchange::start(Duration::from_millis(800)));
    let mut terminal = exchange.open(&home);
    terminal.send("c");
    terminal.wait_for("Enter to place the call");
    terminal.send("\r");
    terminal.wait_for("placing call…");
    terminal.send("\x03");
    assert_eq!(terminal.end().exit_code(), 0);
    assert_eq!(exchange.calls().len(), 1);
    let terminal = exchange.open(&home);
    terminal.wait_for("↩");
}
