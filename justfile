# Short names for what one does all day; `.ci/test` is what counts.

# Formatting, lints, tests
check:
    .ci/test rust

# Everything
test:
    .ci/test

# The chat server on embedded defaults
chat:
    cargo run --release --example chat-server

# The documentation of all crates
doc:
    cargo doc --no-deps --workspace --exclude stomp-fuzz --open

# The benchmarks
bench:
    cargo bench -p benches
