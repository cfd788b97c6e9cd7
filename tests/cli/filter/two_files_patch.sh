# With --emit patch too: one line for each line, though the last of a file has no end.
. "$FIXTURES/own.sh"
printf '{"file":1}\n{"file":1,"end":false}' > a
printf '{"file":2}\n' > b
printf '{"pretty":\n1}' > c
own --emit patch a b c a
echo .
