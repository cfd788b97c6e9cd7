# An event without a technique, known tag or known rule passes byte for byte; one with a technique but no note for it gets an empty list.
# An id that no table knows is believed where a rule says that ids are, and nowhere else.
. "$FIXTURES/own.sh"
printf '%s\n' '{"a" : 1 }' '{"message":"T1059 in running text is no tag"}' '{"mitre_techniques":["T1003"]}' '{"mitre_techniques":["T9999"]}' \
    '{"ids":["T9999"]}' '{"ids":["T1059.999"]}' | own --technique 'ids[]' --style ids | show
