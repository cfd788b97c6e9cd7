# An envelope over --max-event is opened: its alerts are enriched where they stand, one line stays one line.
. "$FIXTURES/own.sh"
alert='{"id":"a","providerAlertId":"1","mitreTechniques":["T1021.001"]}'
head='{"@odata.context":"x","value":['
{
	echo "$head$alert,$alert ,$alert],\"lofp\":\"planted\",\"next\":1}"
	echo '{"mitre_techniques":["T1021.001"]}'
	echo "$head$alert,{\"id\":\"b\",\"text\":\"$(printf '%0300d' 0)\"},$alert]}"
} > a
own --max-event 150 --style ids --stats s a | show
head -n 1 s | grep -o '"enriched":[0-9]*\|"no_key":[0-9]*\|"too_long":[0-9]*\|"lines":[0-9]*'
own --max-event 150 a > opened
own a | cmp - opened
echo "the same but for what is too long itself: $?"
own --max-event 150 --input json a | cmp - opened && echo same as values
own --max-event 150 --style ids --emit patch a | show # a patch is for a whole line
