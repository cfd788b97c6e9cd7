# What --technique and its like find.
. "$FIXTURES/own.sh"
echo '{"x":{"ids":["T1021.001"]},"nr":"92027"}' | lofpipe explain --no-default-index --index n.idx --technique 'x.ids[]' --rule-id nr | sed 's/^    [0-9.]* /    S /'
