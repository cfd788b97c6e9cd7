# Of no index: nothing.
lofpipe dump --no-default-index
echo "status $?"
