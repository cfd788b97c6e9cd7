# Blank lines stay where they are.
. "$FIXTURES/own.sh"
printf '\n  \n{"a":1}\n\n \t \n{"b":2}\n\n' | own --stats s | cat -A
grep -o '"events":[0-9]*' s
grep -o '"blank":[0-9]*' s
