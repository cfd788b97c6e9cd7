# The sample of troubles, whole.
. "$FIXTURES/own.sh"
own --style ids "$SAMPLES/trouble.ndjson" | show
