//! x
use clap::Args;
use crate::cli::World;
/// x
pub const EXAMPLES: &str = "x";
/// x
#[derive(Args, Debug)]
pub struct PlayArgs {}
/// x
pub fn run(_: &PlayArgs, _: &World) -> anyhow::Result<()> { Ok(()) }
