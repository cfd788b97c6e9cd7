# What holds no Sigma rule is refused, by name.
. "$FIXTURES/import.sh"
copy sigma_forms
mkdir none
for p in sigma_forms/not_a_rule.yml sigma_forms/empty.yml sigma_forms/comment.yml missing none; do
	lofpipe index -o n.idx --sigma "$p"
	echo "$p: status $?"
done
ls
