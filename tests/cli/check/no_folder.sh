# No such folder, a file for a folder.
lofpipe check --rules missing
echo "status $?"
: > file
lofpipe check --rules file
echo "status $?"
mkdir empty
lofpipe check -q --rules empty
echo "status $?"
