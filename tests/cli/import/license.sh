# --license takes rules and notes under one of the licenses named, or under none of those behind '!'; case does not matter.
. "$FIXTURES/import.sh"
copy sigma elastic splunk
cat > own.ndjson <<'END'
{"id":"own","text":"of our own"}
{"id":"cc0","text":"given away","license":"CC0-1.0"}
{"id":"both","text":"of two rules","license":"MIT","rules":[{"id":"1","license":"Elastic-2.0"},{"id":"2","license":"DRL-1.1"},{"id":"3"}]}
END
with() {
	lofpipe index -o n.idx --sigma sigma --elastic elastic --splunk splunk --notes own.ndjson "$@" || return
	echo "$*: $(dump n.idx | wc -l) notes: $(dump n.idx | grep -o '"license":"[^"]*"' | sort | uniq -c | tr -s ' \n' ' ')"
}
with
with --license DRL-1.1
with --license drl-1.1 --license CC0-1.0
with --license '!Elastic-2.0'
with --license '!Elastic-2.0' --license '!DRL-1.1'
with --license DRL-1.1 --license '!DRL-1.1'
with --license '!'
with --license Nobody-1.0
lofpipe index -o n.idx --notes own.ndjson --license '!Elastic-2.0'
dump n.idx
told -o n.idx --elastic elastic --license '!Elastic-2.0'
lofpipe index -o n.idx --notes own.ndjson --license ''
echo "status $?"
