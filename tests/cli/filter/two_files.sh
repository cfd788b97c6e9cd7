# Files in order, as if they were one; a last line without an end does not run into the next file.
. "$FIXTURES/own.sh"
printf '{"file":1}\n{"file":1,"end":false}' > a
printf '{"file":2}\n' > b
own a b a
