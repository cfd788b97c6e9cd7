# --technique PATH: where this site keeps its ids, at any depth and through arrays. Repeatable, with --rule-id and the others.
. "$FIXTURES/own.sh"
printf '%s\n' '{"detail":{"found":[{"by":"x","t":"T1021.001"},{"t":"T1021.006"}]},"r":"none"}' '{"detail":{"found":"T1021.001"},"r":"92027"}' > a
own --style ids a
own --style ids --technique 'detail.found[].t' a | show
own --style ids --technique detail.found.t --technique detail.found --rule-id r a | show
