//! `vmail demo-server`: the TeleCMI look-alike alone, until Ctrl-C.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::cli::World;
use crate::demo::{APP_ID, Options, SECRET, Server};

/// Flags of `demo-server`.
#[derive(Args, Debug)]
pub struct DemoServerArgs {
    /// Port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Make up so many voicemail instead of serving the demo's
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    /// Days over which these are spread
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub days: u32,
    /// Milliseconds by which every answer is held back
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
}

/// Serves until it is interrupted. The base URL is the first line on stdout, for scripts; how to
/// use it goes to stderr.
pub fn run(args: &DemoServerArgs, world: &World) -> anyhow::Result<()> {
    let usual = Options::new((world.clock)());
    let options = Options {
        port: args.port,
        rows: args.rows,
        days: args.days,
        latency: Duration::from_millis(args.latency),
        ..usual
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start(options)
            .await
            .with_context(|| format!("port {} cannot be used: --port 0 takes a free one", args.port))?;
        let url = server.base_url(false);
        let announced = async {
            let mut out = io::stdout().lock();
            writeln!(out, "{url}").and_then(|()| out.flush()).context("stdout cannot be written")?;
            let mut said = io::stderr().lock();
            writeln!(said, "TELECMI_APPID={APP_ID} TELECMI_SECRET={SECRET} vmail --base-url {url}")?;
            writeln!(
                said,
                "For --region india: --base-url {}. Ctrl-C ends the server.",
                server.base_url(true)
            )?;
            anyhow::Ok(())
        };
        let interrupted = async { anyhow::Ok(tokio::signal::ctrl_c().await?) };
        // Listens before it speaks: who has read the URL may interrupt at once.
        tokio::try_join!(biased; interrupted, announced)?;
        Ok(())
    })
}
