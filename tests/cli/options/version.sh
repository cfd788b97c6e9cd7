# --version: the program's, and that of the notes inside it.
lofpipe --version | sed 's/[0-9.]*, notes [0-9.]*+[0-9a-f]*, scanner [a-z0-9]*/X, notes Y, scanner Z/'
