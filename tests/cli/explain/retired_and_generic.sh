# A retired id, in a shape that no rule knows.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1086"]}' | lofpipe explain --no-default-index --index n.idx -n 1 | sed 's/^    [0-9.]* /    S /'
