#!/bin/sh
# Everything compiles for aarch64 too, where Debian's cross compiler is installed (gcc-aarch64-linux-gnu).  aarch64.sh BUILD
set -eu
command -v aarch64-linux-gnu-gcc >/dev/null || exit 0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The headers of the libraries alone: the rest of the host's are not this machine's.
for dir in /usr/include /usr/include/x86_64-linux-gnu; do
	for h in jansson jansson_config pcre2 lz4 lz4hc yaml gumbo tag_enum csv zlib zconf zstd zstd_errors; do
		[ ! -e "$dir/$h.h" ] || ln -sf "$dir/$h.h" "$tmp/"
	done
done
for f in src/*/*.c src/*.c; do
	aarch64-linux-gnu-gcc -std=c17 -O1 -D_GNU_SOURCE -DLOF_VERSION='"x"' -Isrc -I"$tmp" -Wall -Wextra -Werror -c -o "$tmp/o" "$f" ||
	    { echo "aarch64.sh: $f does not compile" >&2; exit 1; }
done
