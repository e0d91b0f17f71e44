#!/usr/bin/env bash
# Fuzzes every target for so many seconds (30), with the stable toolchain.
#
# usage: fuzz/run.sh [SECONDS] [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-30}"
shift || true
[ $# -gt 0 ] || set -- decode round_trip

command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz

for target in "$@"; do
  echo "== fuzzing $target for $seconds s"
  # New inputs go to a directory of their own: the corpus in the repository holds the seeds.
  found="$(mktemp -d)"
  # Address sanitizing needs a nightly toolchain; debug assertions and overflow checks are on without it.
  cargo fuzz run --sanitizer none "$target" "$found" "fuzz/corpus/$target" -- -max_total_time="$seconds" -print_final_stats=1 -verbosity=0
  rm -r "$found"
done
