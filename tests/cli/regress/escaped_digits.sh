# The digits of a \u escape are a letter's: two events that differ in it have words of their own, cached or not.
printf '%s\n' '{"rule":{"mitre":{"id":["T1021.001"]},"id":"1","firedtimes":1,"description":"\u0071emote desktop"}}' \
    '{"rule":{"mitre":{"id":["T1021.001"]},"id":"1","firedtimes":1,"description":"\u0072emote desktop"}}' |
    lofpipe -n 1 | grep -o '"why":[^]]*]'
