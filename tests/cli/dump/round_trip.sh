# dump, then index --notes, gives the same notes, and the same again.
lofpipe dump > pack
lofpipe index -o n.idx --notes pack
lofpipe dump --no-default-index --index n.idx > again
cmp pack again && echo same pack
lofpipe index -o m.idx --notes again
cmp n.idx m.idx && echo same index
