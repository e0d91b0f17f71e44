#!/bin/sh
# A PostgreSQL server for as long as stdin is open, in a directory of its own, which goes with it. Says on stdout where
# its socket is once it takes connections; user `chat`, no password, no network. Told `kill` on stdin, the server ends as by
# a crash; told `start`, it comes back. Told `pause`, it stands still with all its connections, until it is told `continue`.
set -eu
# PostgreSQL does not run as root, and whom it runs as may not be able to read this file.
if [ "$(id -u)" -eq 0 ]; then
  cd /
  exec runuser -u postgres -- env TMPDIR=/tmp sh -c "$(cat "$0")"
fi

PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)"
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -CONT "$server"; kill -INT "$server"; wait "$server" || true; }; rm -rf "$dir"' EXIT
initdb -D "$dir/data" -U chat --auth=trust --no-sync -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
start() {
  postgres -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c max_connections=400 \
    -c shared_buffers=32MB >"$dir/log" 2>&1 &
  server=$!
  until pg_isready -q -h "$dir" -U chat; do
    kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; server=; exit 1; }
    sleep 0.05
  done
  echo "$dir"
}

# Processes that serve connections end by themselves when the one that started them is gone, and hold its memory until then.
end_all() {
  children=$(pgrep -P "$server" || true)
  kill -KILL "$server" $children
  wait "$server" || true
  for child in $children; do
    while kill -0 "$child" 2>/dev/null; do sleep 0.01; done
  done
  server=
  echo killed
}

# No more processes come once the one that starts them stands still.
signal_all() {
  kill "-$1" "$server"
  for child in $(pgrep -P "$server"); do kill "-$1" "$child" 2>/dev/null || true; done
  echo "$2"
}

start
while read -r command; do
  case "$command" in
    kill) end_all ;;
    start) start ;;
    pause) signal_all STOP paused ;;
    continue) signal_all CONT continued ;;
  esac
done
