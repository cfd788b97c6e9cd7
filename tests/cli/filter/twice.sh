# Enriching twice gives the same bytes as once.
. "$FIXTURES/own.sh"
own "$SAMPLES"/*.ndjson > once
own once > twice
cmp once twice && echo same
lofpipe "$SAMPLES"/*.ndjson > once
lofpipe once > twice
cmp once twice && echo same
