#!/bin/sh
# The script of docs/hosts/cron.md over a folder: each file becomes one of its name or is put aside, and a second run, or
# one at the same time, does nothing twice.
. tests/hosts/host.inc
command -v flock >/dev/null || skip "flock is not installed"
mkdir "$tmp/bin" "$tmp/in"
ln -s "$lofpipe" "$tmp/bin/lofpipe"
recipe cron.md sh 1 > "$tmp/script"
alerts 500 > "$tmp/in/with a blank.ndjson"
gzip -c samples/elastic-hits.json > "$tmp/in/hits.json.gz"
gzip -c samples/wazuh4.ndjson | head -c 300 > "$tmp/in/damaged.ndjson.gz"
touch -d '2 minutes ago' "$tmp"/in/*
echo '{"unfinished":' > "$tmp/in/still-coming.ndjson"
"$lofpipe" "$tmp/in/with a blank.ndjson" > "$tmp/expected.ndjson"
"$lofpipe" samples/elastic-hits.json > "$tmp/expected.json"

status=0
PATH=$tmp/bin:$PATH sh "$tmp/script" "$tmp" > "$tmp/said.log" 2>&1 || status=$?
[ $status != 0 ] || fail "a damaged file is no failure"
[ "$(lines "$tmp/said.log")" = 1 ] && grep -q 'damaged.ndjson.gz' "$tmp/said.log" || fail "it says other than which file failed"
(cd "$tmp" && find in out done failed -type f | sort) > "$tmp/found"
cat > "$tmp/wanted" <<-END
	done/hits.json.gz
	done/with a blank.ndjson
	failed/damaged.ndjson.gz
	in/still-coming.ndjson
	out/hits.json
	out/with a blank.ndjson
END
cmp -s "$tmp/wanted" "$tmp/found" || fail "files are elsewhere: $(diff "$tmp/wanted" "$tmp/found" | tr '\n' ' ')"
cmp -s "$tmp/expected.ndjson" "$tmp/out/with a blank.ndjson" && cmp -s "$tmp/expected.json" "$tmp/out/hits.json" ||
    fail "what is in out is not what the filter makes"

PATH=$tmp/bin:$PATH sh "$tmp/script" "$tmp" > "$tmp/said.log" 2>&1 || fail "with nothing to do it ends with $?"
touch -d '2 minutes ago' "$tmp/in/still-coming.ndjson"
(
	flock 9
	PATH=$tmp/bin:$PATH sh "$tmp/script" "$tmp" 9>&- || exit 1
	[ -e "$tmp/in/still-coming.ndjson" ]
) 9> "$tmp/.lock" || fail "two run at the same time"
ok "$(lines "$tmp/wanted") files, $(($(date +%s) - started)) s"
