# A site's own rules and index.
. "$FIXTURES/own.sh"
lofpipe check --rules "$FIXTURES/rules" --no-default-index --index n.idx | sed 's/^index [^:]*/index V/; s/^[0-9]* format rules, [0-9]* paths, [0-9]* /N format rules, N paths, N /'
