# All, unless --max-notes says how many.
lofpipe lookup -n 2 T1059 | wc -l
[ "$(lofpipe lookup -n 0 T1059 | wc -l)" -gt 100 ] && echo all
