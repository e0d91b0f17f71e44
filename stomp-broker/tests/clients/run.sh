#!/usr/bin/env bash
# Talks to a broker through client libraries of other languages, and from a page in Chromium. Those of Perl, Ruby and
# PHP are Debian's packages libnet-stomp-perl, ruby-stomp and php-stomp (with php-cli).
# usage: run.sh BROKER_BINARY
set -euo pipefail

[ $# -eq 1 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
broker=$(realpath "$1")
cd "$(dirname "$0")"
login=somebody passcode=secret

# Everything that the run leaves behind is in here, and the broker ends with it.
work=$(mktemp -d)
broker_pid=
clean_up() {
  [ -z "$broker_pid" ] || kill "$broker_pid" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

cp package.json package-lock.json stompjs.mjs browser.mjs browser.html "$work"
(cd "$work" && npm ci --silent --no-audit --no-fund)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt

cat >"$work/broker.toml" <<TOML
[tcp]
listen = "127.0.0.1:0"
[http]
listen = "127.0.0.1:0"
deflate = true
# The page is a file, which has no origin.
allowed_origins = ["null"]
[[user]]
login = "$login"
password_hash = "$("$broker" --hash-password <<<"$passcode")"
TOML
"$broker" --config "$work/broker.toml" >"$work/ready" 2>"$work/log" &
broker_pid=$!
for _ in $(seq 100); do
  grep -q '^ready ' "$work/ready" && break
  kill -0 "$broker_pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
read -r _ tcp ws <"$work/ready"
tcp=${tcp#tcp=} ws=${ws#ws=}

status=0
for script in stompjs.mjs browser.mjs; do
  (cd "$work" && node "$script" "$ws" "$login" "$passcode") || status=1
done
for client in "$work/venv/bin/python stomp_py.py" "perl net_stomp.pl" "ruby stomp_gem.rb" "php pecl_stomp.php"; do
  # A program and its script.
  timeout 60 $client "${tcp%:*}" "${tcp##*:}" "$login" "$passcode" || status=1
done
[ $status -eq 0 ] || cat "$work/log" >&2
exit $status
