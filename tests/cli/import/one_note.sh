# One text is one note, whoever says it, and has all their rules; the bytes do not depend on the order of the sources.
. "$FIXTURES/import.sh"
copy sigma elastic splunk splunk_app
a='--sigma sigma' b='--elastic elastic' c='--splunk splunk' d='--splunk splunk_app'
lofpipe index -o n.idx $a $b $c $d
for order in "$d $c $b $a" "$b $d $a $c" "$a $a $b $c $d $b"; do
	lofpipe index -o m.idx $order
	cmp n.idx m.idx && echo same
done
dump n.idx | grep '"Inventory' | grep -o '"name":"[^"]*","source":"[^"]*"'
dump n.idx | grep -c '"Administrators"'
# The rule that an event names is the rule that it is told of.
for member in uuid:0f0f0001-1111-4222-8333-000000000001 kibana.alert.rule.rule_id:e0e00001-1111-4222-8333-000000000001 \
	'search_name:ESCU - Odd Lister Observed - Rule' 'kibana.alert.rule.name:Odd Lister VIA wmi'; do
	printf '{"%s":"%s"}\n' "${member%%:*}" "${member#*:}"
done | lofpipe --no-default-index --index n.idx --rule-id uuid | sed 's/"index":"[^"]*"/"index":"V"/; s/"score":[0-9.]*/"score":S/g'
for key in 0f0f0001-1111-4222-8333-000000000001 E0E00001-1111-4222-8333-000000000001 'odd lister observed' 'Odd Lister Via WMI'; do
	lofpipe lookup --no-default-index --index n.idx "$key"
done
