# The commands of the project. `just` lists them.

_list:
    @just --list --unsorted

# Open the inbox on made-up voicemail
demo:
    cargo run -- --demo

# Run all tests, or those named
test *names:
    cargo test {{ names }}

# Check formatting and lints
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings

# Regenerate the screens and tables of the documents
docs:
    UPDATE_DOCS=1 cargo test --test docs

# Run what CI runs
ci:
    .ci/run
