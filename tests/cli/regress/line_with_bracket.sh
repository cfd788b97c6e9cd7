# A line that begins with a bracket is no array: the stream stays one of lines, and a line cut short harms only itself.
{ echo '[notice] agent up'; echo '{"a":{"b":1'; echo '{"technique":"T1059"}'; } | lofpipe --style ids -n 1 | grep -c total
