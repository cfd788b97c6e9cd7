# Saved LoFP pages: a file, or a folder of them.
lofpipe index -v -o one.idx --lofp "$DATA/lofp/t1021.txt" 2> err
sed 's/ *[0-9.]* s$/ TIME/' err
lofpipe index -o all.idx --lofp "$DATA/lofp"
lofpipe lookup --no-default-index --index one.idx T1021.001 | grep -c '^- '
lofpipe lookup --no-default-index --index one.idx T1059
