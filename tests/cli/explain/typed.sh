# An event that a format rule knows: which rule, what was found where, which notes and why.
. "$FIXTURES/own.sh"
head -n 1 "$SAMPLES/wazuh4.ndjson" > a
lofpipe explain --no-default-index --index n.idx a | sed 's/^    [0-9.]* /    S /; s/^  words .*/  words .../' | grep -v '^  context'
