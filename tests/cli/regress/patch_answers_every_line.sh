# Who asks for patches waits for one line a line: no value is looked for over lines, no array taken apart.
printf '%s\n' '{"a":1,' '[notice] x' '[{"technique":"T1059"},{"technique":"T1021"}]' '[' '{' '{"technique":"T1059"}' |
    lofpipe --emit patch --style ids -n 1 | cut -c1-30
