#!/bin/sh
# The catalogue's words are English or in tests/catalogue/words.txt (names of programs and products).  spelling.sh BUILD
# Only words of lower-case letters are asked: what has capitals, digits or dots is a name.
set -eu
export LC_ALL=C
command -v aspell >/dev/null || { echo '  (aspell is not installed: spelling not looked at)'; exit 0; }
bad=$(cat data/catalogue/*.ndjson |
    sed -e 's/.*"text":"\(.*\)","techniques":.*"check":"\(.*\)","source":.*/\1 \2/' | tr -s ' ' '\n' |
    sed -e "s/^[(\"']*//" -e "s/[\"').,;:]*\$//" -e "s/'s\$//" | grep -E '^[a-z]{4,}$' | sort -u |
    aspell --lang=en_US list | aspell --lang=en_GB list | sort -u | comm -23 - tests/catalogue/words.txt)
[ -z "$bad" ] || { echo 'spelling.sh: neither English nor in tests/catalogue/words.txt:' $bad >&2; exit 1; }
