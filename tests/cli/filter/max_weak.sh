# Where the event speaks for some notes only they are shown; where it speaks for none, --max-weak of them, the usual
# causes first; an event with nothing to go by gets as many as there may be. --max-notes alone asks for all kinds.
cat > pack.ndjson <<'P'
{"id":"s-1","text":"The backup agent bkagent runs scripts before each job.","techniques":["T1059"],"terms":["bkagent"]}
{"id":"s-2","text":"Phones ask mdmclient for their inventory.","techniques":["T1059"],"terms":["mdmclient"]}
{"id":"s-3","text":"Printers call prnsetup when a driver is new.","techniques":["T1059"],"terms":["prnsetup"]}
{"id":"s-4","text":"Everybody does it at the end of the month.","techniques":["T1059"],"terms":["ledger"],"usual":1}
{"id":"s-5","text":"Half of them do it again in the first week.","techniques":["T1059"],"terms":["ledger"],"usual":2}
P
for word in alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra; do
	echo '{"id":"o-'$word'","text":"Another cause, '$word', of what is seen.","techniques":["T1110"]}'
done >> pack.ndjson # a word tells more the more notes are without it
lofpipe index -q -o pack.idx --notes pack.ndjson
printf '%s\n' '{"mitre_techniques":["T1059"],"command_line":"bkagent backup agent --scripts before each job"}' \
	'{"mitre_techniques":["T1059"],"command_line":"phones printers backup"}' '{"mitre_techniques":["T1059"]}' > alerts
for with in '' '--max-weak 1' '--max-weak 0' '-n 3' '-n 4 --max-weak 2' '-n 0'; do
	echo "# $with"
	lofpipe --no-default-index --index pack.idx --style ids $with alerts | grep -o '"notes":[^]]*]'
done
