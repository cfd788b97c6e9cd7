#!/bin/sh
# A room uses the rooms before it, never those behind; what allocates or parses with a tree stays off the event's path.
#   layers.sh BUILD
set -eu
fail() { echo "layers.sh: $*" >&2; exit 1; }

rooms='base json rules notes stream import report cli'
number() { # of a room, from 1
	n=0
	for r in $rooms; do
		n=$((n + 1))
		[ "$r" = "$1" ] && echo $n && return
	done
	echo 0
}

for dir in src/*/; do
	room=$(basename "$dir") own=$(number "$(basename "$dir")")
	[ "$own" != 0 ] || fail "src/$room is not in the list of rooms"
	for used in $(cat "$dir"*.[ch] "$dir"*.def 2>/dev/null | sed -n 's/^#include "\([^"]*\)".*/\1/p' | sort -u); do
		case $used in
		*/*) ;;
		*) fail "src/$room includes \"$used\" without its room" ;;
		esac
		at=$(number "${used%%/*}")
		[ "$at" != 0 ] || fail "src/$room includes \"$used\", which is in no room"
		[ "$at" -le "$own" ] || fail "src/$room includes \"$used\", of a room behind it"
	done
done
for used in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' src/lofpipe.[ch] | sort -u); do
	case $used in
	lofpipe.h | base/* | json/* | rules/* | notes/* | stream/*) ;;
	*) fail "src/lofpipe.c includes \"$used\"" ;;
	esac
done
grep -q '#include "' src/lofpipe.h && fail "src/lofpipe.h shows an inner header"

for file in $(grep -l '#include <jansson.h>' src/*.[ch] src/*/*.[ch]); do
	case $file in
	src/rules/* | src/import/* | src/report/*) ;;
	*) fail "$file includes jansson.h" ;;
	esac
done
for file in src/stream/emit.c src/stream/frame.c src/stream/sink.c; do
	! grep -n '\<\(malloc\|calloc\|realloc\|free\|strdup\)(' "$file" >&2 || fail "$file allocates"
done
