# What the project began with.
for key in T1059 T1021 _deprecated; do
	lofpipe lookup $key > out
	echo "status $?"
	head -n 1 out | sed 's/[0-9][0-9]* note/N note/; s/and [0-9][0-9]*/and N/'
	[ "$(grep -c '^- ' out)" -gt 5 ] && echo "many notes"
done
