# With no options at all: the notes inside the program.
head -n 1 "$SAMPLES/wazuh4.ndjson" | lofpipe > out
echo "status $?"
grep -c '"lofp":{"techniques":\["T1059.001"\],"total":[1-9]' out
grep -c '"index":"[0-9.]*+[0-9a-f]*"}}$' out
