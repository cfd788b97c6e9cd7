# "-" is standard input, among files.
. "$FIXTURES/own.sh"
echo '{"from":"a file"}' > a
echo '{"from":"standard input"}' | own a - a
