#!/bin/sh
# The table of options, -h, --help and lofpipe(1) tell the same; -h fits a terminal.
#   options.sh BUILD
set -eu
build=$1
fail() { echo "options.sh: $*" >&2; exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C
"$build/lofpipe" -h > "$tmp/short"
"$build/lofpipe" --help > "$tmp/long"
awk 'length > 79 { print; bad = 1 } END { exit bad }' "$tmp/short" >&2 || fail "-h has lines of more than 79 columns"

# The table's lines as: short long filter, with - for what is not there.
sed -n "s/^OPTION(0,/OPTION(-,/; s/^OPTION('*\([^',]*\)'*, \"*\([^\",]*\)\"*, [^,]*, \([A-Z |]*\), .*/\1 \2 \3/p" src/cli/options.def |
    awk '{ f = 0; for (i = 3; i <= NF; i++) f += $i == "FILTER" || $i == "ALL"
	print $1, $2 == "NULL" ? "-" : $2, f ? "yes" : "no" }' > "$tmp/table"
[ "$(grep -c '^OPTION(' src/cli/options.def)" = "$(wc -l < "$tmp/table")" ] ||
    fail "a line of options.def is not understood"
while read -r short long filter; do
	head= man=
	if [ "$short" != - ]; then head="-$short" man="Fl $short"; fi
	if [ "$long" != - ]; then head="$head${head:+, }--$long" man="$man${man:+ , }Fl \\-$long"; fi
	grep -qE "^  $head( |\$)" "$tmp/long" || fail "--help lacks $head"
	grep -qF ".It $man" "$build/lofpipe.1" || fail "lofpipe(1) lacks $head"
	if grep -qE "^  $head( |\$)" "$tmp/short"; then
		[ "$filter" = yes ] || fail "-h has $head, which the filter does not take"
	fi
done < "$tmp/table"
n=$(grep -c '^  -' "$tmp/long") want=$(wc -l < "$tmp/table")
[ "$n" = "$want" ] || fail "--help has $n options, the table $want"
[ "$(wc -l < "$tmp/short")" -le 24 ] || fail "-h is longer than a screen"
awk 'length > 79 { print; bad = 1 } END { exit bad }' "$tmp/long" >&2 || fail "--help has lines of more than 79 columns"
for command in $(sed -n 's/^       lofpipe \([a-z][a-z]*\).*/\1/p' "$tmp/short"); do
	grep -q "^\.Cm $command\$" "$build/lofpipe.1" || fail "the SYNOPSIS of lofpipe(1) lacks $command"
done
