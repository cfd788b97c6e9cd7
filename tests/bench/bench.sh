#!/bin/sh
# bench.sh LOFPIPE USUAL GEN MEASURE CLIENTS: one table of speed, memory and start-up, all figures from this one run.
#
# Every round runs all programs one after the other on the same file, so that what else the machine does falls on all
# of them; MB/s and ratios are medians over the rounds, a ratio is taken within its round. Settings from outside:
# ROUNDS (5), MB a workload (600), SLICE in MB for the slow programs (16), ARRAY in MB for the alerts in one value (512),
# STARTS (200), TMPDIR; INDEX, an index of notes with which lofpipe is measured once more.
set -eu
export LC_ALL=C

[ $# -eq 5 ] || { echo "usage: bench.sh LOFPIPE USUAL GEN MEASURE CLIENTS" >&2; exit 2; }
lofpipe=$1 usual=$2 gen=$3 measure=$4 clients=$5
rounds=${ROUNDS:-5} mb=${MB:-600} slice=${SLICE:-16} array=${ARRAY:-512} starts=${STARTS:-200}

tmp=$(mktemp -d "${TMPDIR:-/tmp}/lofpipe-bench.XXXXXX")
"$lofpipe" --listen "unix:$tmp/socket" &
server=$!
trap 'kill $server; rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

jq=$(command -v jq || true)

# run NAME WAY INPUT: one measurement, as "wall cpu rss".
run() {
	program=$1
	case $1 in
	cat) set -- "$2" "$3" cat ;;
	lofpipe) set -- "$2" "$3" "$lofpipe" ;;
	portable) set -- "$2" "$3" "$lofpipe" --simd portable ;;
	indexed) set -- "$2" "$3" "$lofpipe" --index "$INDEX" ;;
	usual) set -- "$2" "$3" "$usual" "$tmp/notes" ;;
	jq) set -- "$2" "$3" "$jq" -c --argjson lofp "$constant" '. + {lofp: $lofp}' ;;
	esac
	way=$1 input=$2
	shift 2
	case $way in
	file) "$measure" -i "$input" "$@" ;;
	pipe) "$measure" cat "$input" :: "$@" :: cat ;;
	start) "$measure" -r "$starts" -i "$input" "$@" ;;
	esac 2> "$tmp/err" || { cat "$tmp/err" >&2; echo "bench: $program failed" >&2; exit 1; }
}

machine() {
	cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
	load=$(cut -d' ' -f1 /proc/loadavg)
	echo "machine   ${cpu:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) processors, load $load"
	echo "system    $(uname -sr), $(cat --version | head -n 1), $("${CC:-cc}" --version | head -n 1)"
	echo "method    medians of $rounds round(s), programs in turn; usual/jansson${jq:+ and jq} on the first"
	echo "          $slice MB of each workload, the others on all of it. MB/s and events/s of input."
	echo "          file: FILE -> /dev/null; pipe: cat FILE | program | cat -> /dev/null, as a whole."
	echo "          sockets: N connections at once, each with its share of FILE, to one lofpipe --listen"
	echo "          usual is the same job with jansson (tests/bench/usual.c)${jq:+; jq only adds a constant member}"
}

# workload SIZE: make it, then measure everybody on it.
workload() {
	"$gen" "$1" $((mb * 1000000 / $1)) > "$tmp/whole"
	"$gen" "$1" $((slice * 1000000 / $1)) > "$tmp/slice"
	set -- "$1" "$(wc -c < "$tmp/whole")" "$(wc -l < "$tmp/whole")" \
	    "$(wc -c < "$tmp/slice")" "$(wc -l < "$tmp/slice")"
	did "$1" lofpipe "$5" "$4" "$lofpipe"
	did "$1" usual "$5" "$4" "$usual" "$tmp/notes"
	for way in file pipe; do
		round=1
		while [ "$round" -le "$rounds" ]; do
			for name in cat lofpipe portable ${INDEX:+indexed}; do
				cost=$(run $name $way "$tmp/whole")
				echo "speed $1 $way $name $round $2 $3 $cost"
			done
			for name in usual ${jq:+jq}; do
				cost=$(run $name $way "$tmp/slice")
				echo "speed $1 $way $name $round $4 $5 $cost"
			done
			for n in 1 100; do
				[ $way = file ] || echo "socket $1 $n $round $2 $("$clients" "$tmp/socket" $n "$tmp/whole")"
			done
			round=$((round + 1))
		done
	done >> "$tmp/figures"
	rm "$tmp/whole" "$tmp/slice"
}

# did SIZE NAME EVENTS BYTES COMMAND...: what the program makes of the slice, for the reader to see like for like.
did() {
	size=$1 name=$2 events=$3 bytes=$4
	shift 4
	"$@" < "$tmp/slice" > "$tmp/out"
	enriched=$(grep -c '"lofp":{' "$tmp/out" || true)
	echo "did $size $name $events $bytes $enriched $(wc -c < "$tmp/out")" >> "$tmp/figures"
	rm "$tmp/out"
}

# Alerts of which no two are alike: every answer is made anew, and none of those kept is of use.
cold() {
	"$gen" 2400 $((slice * 4000000 / 2400)) cold > "$tmp/cold"
	round=1
	while [ "$round" -le "$rounds" ]; do
		for name in lofpipe ${INDEX:+indexed}; do
			cost=$(run $name file "$tmp/cold")
			echo "cold $name $round $(wc -c < "$tmp/cold") $(wc -l < "$tmp/cold") $cost"
		done
		round=$((round + 1))
	done >> "$tmp/figures"
	rm "$tmp/cold"
}

# The same alerts one a line, and as the hits of one search answer that is far over --max-event.
one_value() {
	"$gen" 2400 $((array * 1000000 / 2400)) > "$tmp/lines"
	{
		printf '{"took":9,"timed_out":false,"hits":{"total":{"value":10000,"relation":"gte"},"hits":['
		tr '\n' , < "$tmp/lines"
		printf '{}]}}\n'
	} > "$tmp/array"
	round=1
	while [ "$round" -le "$rounds" ]; do
		for name in lines array; do
			cost=$(run lofpipe file "$tmp/$name")
			echo "value $name $round $array $cost"
		done
		round=$((round + 1))
	done >> "$tmp/figures"
	rm "$tmp/lines" "$tmp/array"
}

"$lofpipe" dump > "$tmp/notes" && [ -s "$tmp/notes" ] || { echo "bench: '$lofpipe dump' gave no notes" >&2; exit 1; }
if [ -n "$jq" ]; then
	constant=$("$jq" -nc --slurpfile n "$tmp/notes" '{techniques: ["T1059.001"], total: ($n | length), notes:
	    [$n[:5][] | {text, source, url, author, license} | with_entries(select(.value != null))]}')
fi

machine
for size in 300 2400 20000; do
	workload $size
done
cold
one_value
"$gen" 2400 2000 > "$tmp/some"
for name in cat lofpipe; do
	program=$name
	[ $name = cat ] || program=$lofpipe
	echo "wait $name $("$measure" -l 10000 -i "$tmp/some" "$program")" >> "$tmp/figures"
done
"$gen" 2400 1 > "$tmp/one"
for name in cat lofpipe ${INDEX:+indexed} usual ${jq:+jq}; do
	cost=$(run $name start "$tmp/one")
	echo "start $name $cost" >> "$tmp/figures"
done
awk -f "$(dirname "$0")/table.awk" "$tmp/figures"
