# Retired ids are followed, and "via" says so.
. "$FIXTURES/own.sh"
echo '{"mitre_techniques":["T1086","T1562.001"]}' | own --style ids | show
