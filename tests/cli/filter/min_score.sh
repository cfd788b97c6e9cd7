# --min-score leaves out what fits less; 1 is more than anything here reaches.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1059.001"]}' > a
own --style ids --min-score 0 a | show
own --style ids --min-score 1 a | show
