# What is refused, and with what status.
lofpipe explain missing
echo "status $?"
lofpipe explain .
echo "status $?"
lofpipe explain a b
echo "status $?"
lofpipe explain --key x
echo "status $?"
lofpipe explain --index missing
echo "status $?"
