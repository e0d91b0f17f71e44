#!/usr/bin/env bash
# Talks to a broker through sockjs-client, by each of its transports.
# usage: run.sh BROKER_BINARY
set -euo pipefail

[ $# -eq 1 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
broker=$(realpath "$1")
cd "$(dirname "$0")"

# Everything that the run leaves behind is in here, and the broker ends with it.
work=$(mktemp -d)
exec {output}< <(exec "$broker" --tcp 127.0.0.1:0 --ws 127.0.0.1:0 2>"$work/log")
broker_pid=$!
trap 'kill "$broker_pid" 2>/dev/null || true; rm -rf "$work"' EXIT

cp .npmrc package.json package-lock.json dialogue.mjs "$work"
(cd "$work" && npm ci --silent)
read -r -t 10 _ _ ws <&"$output" || { cat "$work/log" >&2; exit 1; }
address=${ws#ws=ws://}

(cd "$work" && node dialogue.mjs "http://${address%/ws}/sockjs") || { cat "$work/log" >&2; exit 1; }
