//! `vmail demo-server`: the TeleCMI look-alike alone, until Ctrl-C.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::{DemoServerArgs, World};
use crate::demo::{APP_ID, Options, SECRET, Server};

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
            writeln!(out, "{url}")?;
            out.flush()?;
            eprintln!("TELECMI_APPID={APP_ID} TELECMI_SECRET={SECRET} vmail --base-url {url}");
            eprintln!("For --region india: --base-url {}. Ctrl-C ends the server.", server.base_url(true));
            Ok(())
        };
        // Listens before it speaks: who has read the URL may interrupt at once.
        tokio::try_join!(biased; tokio::signal::ctrl_c(), announced)?;
        Ok(())
    })
}
