#!/bin/sh
# Writes assembler that carries files inside the binary.
#   embed.sh blob SYMBOL [FILE]     SYMBOL .. SYMBOL_end are the file's bytes (none without FILE)
#   embed.sh list SYMBOL FILE...    SYMBOL is an array of { name, bytes, end } pointers, ended by three NULLs
set -eu
kind=$1 symbol=$2
shift 2
echo '	.section .note.GNU-stack,"",%progbits'
case $kind in
blob)
	printf '\t.section .rodata\n\t.balign 64\n\t.globl %s, %s_end\n\t.hidden %s, %s_end\n%s:\n' \
	    "$symbol" "$symbol" "$symbol" "$symbol" "$symbol"
	for f; do printf '\t.incbin "%s"\n' "$f"; done
	printf '%s_end:\n\t.byte 0\n' "$symbol"
	;;
list)
	n=0
	printf '\t.section .rodata\n'
	for f; do
		printf 'name%d:\t.asciz "%s"\nfile%d:\t.incbin "%s"\nend%d:\t.byte 0\n' $n "${f##*/}" $n "$f" $n
		n=$((n + 1))
	done
	printf '\t.section .data.rel.ro,"aw"\n\t.balign 8\n\t.globl %s\n\t.hidden %s\n%s:\n' "$symbol" "$symbol" "$symbol"
	i=0
	while [ $i -lt $n ]; do
		printf '\t.quad name%d, file%d, end%d\n' $i $i $i
		i=$((i + 1))
	done
	printf '\t.quad 0, 0, 0\n'
	;;
esac
