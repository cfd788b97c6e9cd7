#!/bin/sh
# The libraries show exactly the functions of lofpipe.h, and nothing else.
#   exports.sh BUILD
set -eu
build=$1
fail() { echo "exports.sh: $*" >&2; exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C
grep -v '^#' src/lofpipe.h | tr '\n' ' ' |
    grep -o 'LOFPIPE_API [^;()]*(' | sed 's/.*[ *]\(lofpipe_[a-z_]*\)($/\1/' | sort > "$tmp/header"
grep -q lofpipe_open "$tmp/header" || fail "no functions found in src/lofpipe.h"
nm -D --defined-only "$build/liblofpipe.so" | awk '{ print $3 }' | sort > "$tmp/so"
nm -g --defined-only "$build/liblofpipe.a" | awk 'NF == 3 { print $3 }' | sort > "$tmp/a"
for kind in so a; do
	diff "$tmp/header" "$tmp/$kind" > "$tmp/diff" ||
	    fail "liblofpipe.$kind differs from lofpipe.h:" $(sed -n 's/^[<>]/&/p' "$tmp/diff")
done
readelf -d "$build/liblofpipe.so" | grep -q 'SONAME.*\[liblofpipe\.so\.0\]' || fail "liblofpipe.so has another soname"
for name in $(cat "$tmp/header"); do
	grep -q "^\.Fn $name\|^\.Fo $name" docs/lofpipe.3 || fail "docs/lofpipe.3 does not describe $name"
done
