# What is inside the program is good.
lofpipe check | sed 's/+[0-9a-f]*/+V/; s/[0-9]\{2,\}/N/g; s/N\.N/V/'
lofpipe check -q
echo "status $?"
