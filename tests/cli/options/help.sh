# -h is short, --help says everything; both are asked for, so they go to standard output. Neither is wider than a terminal.
lofpipe -h > h
echo "status $?"
lofpipe --help > help
echo "status $?"
awk 'length > 79 { print FILENAME ": too wide: " $0 }' h help
head -n 1 h
# every option that -h names is in --help
grep -o ' --[a-z-]*' h | sort -u > a
grep -o '^  \(-., \)\?--[a-z-]*' help | grep -o ' --[a-z-]*' | sort -u > b
comm -23 a b
lofpipe lookup -h | cmp - h && echo same
lofpipe --nonsense -h > out
echo "status $?"
cat out
