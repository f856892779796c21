//! What must be fast before a recording is heard and seen. `cargo bench --bench audio`.
fn main() {
    divan::main();
}
