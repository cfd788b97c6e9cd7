# Nor does anything planted stay when there is nothing to say.
. "$FIXTURES/own.sh"
printf '%s\n' '{"lofp":"planted"}' '{"a":1,"lofp":{"notes":["planted"]}}' '{"lofp":1,"a":[],"lofp":2}' '{"a":{"lofp":"not ours"}}' > a
own a
