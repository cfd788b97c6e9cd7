# -o FILE: nothing on standard output.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1059.001"]}' > a
own a -o out --style ids
echo "status $?"
show < out
own --output=- a --style ids | show
