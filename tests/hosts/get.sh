#!/bin/sh
# Fetches the programs that the host tests run and this machine lacks, as packages that are unpacked below the build
# and never installed: two syslog daemons exclude one another, and neither is to be started on the machine that tests.
# Neither root nor a network is needed: without, the tests of what is not here are skipped and say so.
#   get.sh DIR
set -u
dir=$1
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 0
mkdir -p "$dir/root"
apt="apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=10"

# Of the daemons the packaged file is wanted even where one is installed: distributions confine the one in /usr/sbin.
wanted() {
	[ -e "$dir/$1.got" ] && return 1
	[ "$1" = rsyslog ] || [ "$1" = syslog-ng-core ] || ! command -v "$2" >/dev/null
}

# The package, and what it needs that is not installed. GNU parallel is content with the perl that is always there.
closure() {
	echo "$1"
	$apt -s install --no-install-recommends "$1" 2>/dev/null | awk '$1 == "Inst" && $2 !~ /^(perl|sysstat|procps)/ { print $2 }'
}

fetch() {
	rm -rf "$dir/new" && mkdir "$dir/new"
	(cd "$dir/new" && $apt download $(closure "$1" | sort -u)) >/dev/null 2>&1 || return 1
	for deb in "$dir"/new/*.deb; do
		dpkg-deb -x "$deb" "$dir/root" || return 1
	done
	touch "$dir/$1.got"
}

updated=
for pair in rsyslog:rsyslogd syslog-ng-core:syslog-ng kcat:kcat parallel:parallel jq:jq miller:mlr; do
	package=${pair%:*}
	wanted "$package" "${pair#*:}" || continue
	fetch "$package" && continue
	# On a bare machine nothing is known of any package yet.
	if [ -z "$updated" ]; then
		updated=yes
		if [ "$(id -u)" = 0 ]; then $apt update; else sudo -n $apt update; fi >/dev/null 2>&1
		fetch "$package" && continue
	fi
	echo "$package cannot be fetched: its test will be skipped" >&2
done
rm -rf "$dir/new"
exit 0
