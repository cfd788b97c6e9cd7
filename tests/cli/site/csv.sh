# A table does for those who write no JSON: owner and expiry are columns.
printf 'text,techniques,owner,expires\nPatch night.,T1059.001;T1021,ops,2099-01-31\n' > site.csv
echo '{"mitre_techniques":["T1059.001"]}' | lofpipe --no-default-index --notes site.csv | sed 's/"index".*//'
