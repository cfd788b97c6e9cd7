# --style full, text, ids.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1021.001"],"host":"jump-01"}' > a
for style in full text ids; do own --style $style a | show; done
