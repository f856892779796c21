//! What depends on the environment of the process: each test runs another one of this file in a
//! process of its own.

use vmail::core::model::Region;
use vmail::telecmi::Timeouts;

use crate::child::{child, printed};
use crate::telecmi::support::{MockedServer, Then, checked, client, raw, window};

/// What `test` prints with `environment`.
async fn run(test: impl Fn(), environment: &[(&str, String)]) -> String {
    let mut command = child(test);
    command.envs(environment.iter().cloned());
    printed(tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_certificates_on_this_machine() {
    let nowhere = "/nonexistent".to_owned();
    let environment = [("SSL_CERT_FILE", nowhere.clone()), ("SSL_CERT_DIR", nowhere)];
    run(build_a_client, &environment).await;
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn build_a_client() {
    client("https://rest.telecmi.com/v2", Region::Global, Timeouts::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loopback_is_never_asked_through_a_proxy() {
    let (port, requests) = raw("HTTP/1.1 500 No\r\n\r\n", Then::Close).await;
    let proxy = format!("http://127.0.0.1:{port}");
    let environment =
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"].map(|name| (name, proxy.clone()));
    run(ask_the_loopback, &environment).await;
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn ask_the_loopback() {
    let server = MockedServer::start(Region::Global).await;
    server.page_of(r#"{"code":200}"#).await.unwrap();
    let by_name = format!("http://localhost:{}", server.mock.address().port());
    client(&by_name, Region::Global, Timeouts::default()).page(window(), 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_servers_are_asked_through_the_proxy() {
    let (port, requests) = raw("HTTP/1.1 407 Who are you\r\n\r\n", Then::Close).await;
    let environment =
        [("HTTPS_PROXY", format!("http://me:pass@127.0.0.1:{port}")), ("NO_PROXY", String::new())];
    let printed = run(ask_a_server_far_away, &environment).await;
    assert!(printed.contains("The proxy rejected the request."), "{printed}");
    let requests = requests.lock().unwrap();
    assert!(requests[0].starts_with("CONNECT vmail.invalid:443 "), "{requests:?}");
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own"]
async fn ask_a_server_far_away() {
    let client = client("https://vmail.invalid/v2", Region::Global, Timeouts::default());
    println!("{}", checked(&client.page(window(), 1).await.unwrap_err()));
}
