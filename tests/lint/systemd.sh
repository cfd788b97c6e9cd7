#!/bin/sh
# The units in docs/systemd/ are what systemd understands, they let the program in, and little else.  systemd.sh BUILD
set -eu
build=$(cd "$1" && pwd)
fail() { echo "systemd.sh: $*" >&2; exit 1; }

command -v systemd-analyze >/dev/null || { echo '  (systemd is not installed: units not looked at)'; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp docs/systemd/* "$tmp"
# The program is not installed where the unit has it.
sed -i "s#=/usr/local/bin/lofpipe#=$build/lofpipe#" "$tmp/lofpipe.service"
grep -q "^ExecStart=$build/lofpipe " "$tmp/lofpipe.service" || fail "lofpipe.service does not start lofpipe"
systemd-analyze verify --man=no "$tmp/lofpipe.socket" "$tmp/lofpipe.service" > "$tmp/log" 2>&1 || fail "$(cat "$tmp/log")"
! grep -F "$tmp" "$tmp/log" >&2 || fail "systemd is not content"

# Its options are options: with them, and no socket, it says just that.
words=$(sed -n "s#^ExecStart=$build/lofpipe ##p" "$tmp/lofpipe.service")
status=0
"$build/lofpipe" $words < /dev/null > /dev/null 2> "$tmp/log" || status=$?
[ $status = 4 ] && grep -q LISTEN_FDS "$tmp/log" || fail "lofpipe $words: status $status: $(cat "$tmp/log")"

# "Exposure" from 0 to 100; what is written without any of this has 96.
if systemd-analyze security --help | grep -q -e --offline; then
	systemd-analyze security --offline=yes --no-pager --threshold=12 "$tmp/lofpipe.service" > "$tmp/log" ||
	    fail "$(tail -1 "$tmp/log")"
fi
