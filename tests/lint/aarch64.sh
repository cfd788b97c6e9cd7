#!/bin/sh
# Everything compiles for aarch64 too, where Debian's cross compiler is installed (gcc-aarch64-linux-gnu).  aarch64.sh BUILD
set -eu
command -v aarch64-linux-gnu-gcc >/dev/null || exit 0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The headers of the libraries alone: the rest of the host's are not this machine's.
for lib in jansson libpcre2-8; do
	for dir in $(pkg-config --variable=includedir $lib) /usr/include/x86_64-linux-gnu; do
		for h in "$dir"/jansson*.h "$dir"/pcre2.h; do [ -e "$h" ] && ln -sf "$h" "$tmp/"; done
	done
done || true
for f in src/*/*.c src/*.c; do
	aarch64-linux-gnu-gcc -std=c17 -O1 -D_GNU_SOURCE -DLOF_VERSION='"x"' -Isrc -I"$tmp" -Wall -Wextra -Werror -c -o "$tmp/o" "$f" ||
	    { echo "aarch64.sh: $f does not compile" >&2; exit 1; }
done
