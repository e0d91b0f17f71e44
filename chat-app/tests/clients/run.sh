#!/usr/bin/env bash
# Talks to a chat server as the front ends of older services do.
# usage: run.sh CHAT_SERVER_BINARY
set -euo pipefail

[ $# -eq 1 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
server=$(realpath "$1")
cd "$(dirname "$0")"

# Everything that the run leaves behind is in here, and the server ends with it.
work=$(mktemp -d)
exec {output}< <(exec "$server" --listen 127.0.0.1:0 --data-dir "$work/data" 2>"$work/log")
server_pid=$!
trap 'kill "$server_pid" 2>/dev/null || true; rm -rf "$work"' EXIT

cp .npmrc package.json package-lock.json older.mjs "$work"
(cd "$work" && npm ci --silent)
read -r -t 20 _ http _ <&"$output" || { cat "$work/log" >&2; exit 1; }

(cd "$work" && node older.mjs "http://${http#http=}") || { cat "$work/log" >&2; exit 1; }
