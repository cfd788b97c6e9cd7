# "--" ends the options.
. "$FIXTURES/own.sh"
echo '{"a":1}' > --strict
own -- --strict
