# Nothing in, nothing out.
. "$FIXTURES/own.sh"
own < /dev/null
echo "status $?"
own --emit patch < /dev/null
: > empty
own empty /dev/null empty
printf '\n' | own
own --stats s < /dev/null
grep -o '"events":[0-9]*' s
