//! `vmail demo-server`: runs the demo server until Ctrl-C.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::demo::{APP_ID, Options, SECRET, Server};

/// Flags of `demo-server`.
#[derive(Args, Debug)]
pub struct DemoServerArgs {
    /// Port on 127.0.0.1; 0 picks a free port
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Serve N generated voicemails instead of the samples
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    /// Number of days to spread the generated voicemails over
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub days: u32,
    /// Delay of every response in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// Let one more voicemail arrive after this many seconds; 0 for never
    #[arg(long, value_name = "SECONDS", default_value_t = 12)]
    pub arrival: u64,
}

/// Runs the demo server until interrupted. Writes the base URL to stdout for scripts, and usage hints to
/// stderr.
pub fn run(args: &DemoServerArgs, world: &World) -> anyhow::Result<()> {
    let usual = Options::new((world.clock)());
    let options = Options {
        port: args.port,
        rows: args.rows,
        days: args.days,
        latency: Duration::from_millis(args.latency),
        arrival: (args.arrival > 0).then(|| Duration::from_secs(args.arrival)),
        ..usual
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start(options).await.with_context(|| {
            format!("cannot listen on port {}: use --port 0 to pick a free one", args.port)
        })?;
        let url = server.base_url(false);
        let announced = async {
            let mut out = io::stdout().lock();
            writeln!(out, "{url}").and_then(|()| out.flush()).context("cannot write to stdout")?;
            let mut said = io::stderr().lock();
            writeln!(said, "TELECMI_APPID={APP_ID} TELECMI_SECRET={SECRET} vmail --base-url {url}")?;
            writeln!(
                said,
                "For --region india: --base-url {}. Press Ctrl-C to stop the server.",
                server.base_url(true)
            )?;
            anyhow::Ok(())
        };
        let interrupted = async { anyhow::Ok(tokio::signal::ctrl_c().await?) };
        // Install the handler first: a script that has read the URL may interrupt at once.
        tokio::try_join!(biased; interrupted, announced)?;
        Ok(())
    })
}
