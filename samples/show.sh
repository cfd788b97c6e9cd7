#!/bin/sh
# What lofpipe is for, within a screen: one alert, what it gets, and the count of all samples.  show.sh LOFPIPE
set -eu
lofpipe=$1
here=$(dirname "$0")
line=$(grep -m 1 'Remote Desktop' "$here/wazuh4.ndjson")

echo
echo "An alert (from samples/wazuh4.ndjson):"
printf '%s\n' "$line" | cut -c1-300 | fold -w 78 | sed 's/^/  /'
echo
echo "What lofpipe appends to it (lofpipe -n 2):"
printf '%s\n' "$line" | "$lofpipe" -n 2 | sed 's/.*\("lofp":\)/\1/; s/},{/},\n {/g; s/"notes":\[/"notes":[\n /' | fold -s -w 78 | sed 's/^/  /'
echo
echo "All of samples/, pretty-printed, wrapped and broken ones too:"
"$lofpipe" -v -o /dev/null "$here"/*.json "$here"/*.ndjson 2>&1 | grep -v 'samples/trouble' | sed 's/^lofpipe: /  /'
echo
echo "Try it:  $lofpipe < alerts.ndjson      $lofpipe explain samples/falco.ndjson"
echo "         $lofpipe lookup T1059         $lofpipe -h"
