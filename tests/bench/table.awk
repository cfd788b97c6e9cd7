# table.awk: the figures of bench.sh as a table. Lines in:
#	speed SIZE WAY PROGRAM ROUND BYTES EVENTS WALL CPU RSS_KIB
#	did SIZE PROGRAM EVENTS BYTES ENRICHED BYTES_OUT
#	cold PROGRAM ROUND BYTES EVENTS WALL CPU RSS_KIB
#	value lines|array ROUND MB WALL CPU RSS_KIB
#	wait PROGRAM MEDIAN_US P99_US
#	socket SIZE CONNECTIONS ROUND BYTES WALL
#	start PROGRAM WALL CPU RSS_KIB

function median(list, n,    i, j, v) {
	for (i = 2; i <= n; i++) {
		v = list[i]
		for (j = i - 1; j > 0 && list[j] > v; j--)
			list[j + 1] = list[j]
		list[j + 1] = v
	}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function speed(size, way, name,    r, list) {
	for (r = 1; r <= rounds; r++)
		list[r] = rate[size, way, name, r]
	return median(list, rounds)
}

# How many times NAME's speed A has.
function ratio(size, way, a, name,    r, list) {
	for (r = 1; r <= rounds; r++)
		list[r] = rate[size, way, a, r] / rate[size, way, name, r]
	return median(list, rounds)
}

function human(n) {
	return n >= 1e6 ? sprintf("%.2f M", n / 1e6) : n >= 1e3 ? sprintf("%.1f k", n / 1e3) : sprintf("%.0f", n)
}

function bytes(size) {
	return size < 1000 ? size " B" : size / 1000 " KB"
}

function target(what, wanted, value, unit, ok) {
	value = sprintf(value < 10 ? "%.2f" : "%.1f", value) unit
	printf "  %-46s %-12s %9s  %s\n", what, wanted, value, ok ? "reached" : "MISSED"
}

$1 == "speed" {
	rate[$2, $3, $4, $5] = $6 / $8 / 1e6
	per_event[$2, $4] = $6 / $7
	slice[$2, $4] = $6 / 1e6
	if ($10 > rss[$2, $3, $4])
		rss[$2, $3, $4] = $10
	if (($4 == "lofpipe" || $4 == "portable") && $10 > peak)
		peak = $10
	if ($5 > rounds)
		rounds = $5
	if (!($4 in known)) {
		known[$4] = 1
		names[++n_names] = $4
	}
	if (!($2 in sizes_known)) {
		sizes_known[$2] = 1
		sizes[++n_sizes] = $2
	}
}

$1 == "did" { done[$2, $3] = $6 / $4; growth[$2, $3] = $7 / $5 }

$1 == "value" {
	took[$2, $3] = $5
	value_mb = $4
	if ($7 > value_rss[$2])
		value_rss[$2] = $7
}

$1 == "wait" { wait_50[$2] = $3; wait_99[$2] = $4 }

$1 == "socket" {
	rate[$2, "pipe", $3 " at once", $4] = $5 / $6 / 1e6
	if (!($3 in served)) {
		served[$3] = 1
		crowds[++n_crowds] = $3
	}
}

$1 == "cold" {
	rate["cold", "file", $2, $3] = $4 / $6 / 1e6
	cold_event = $4 / $5
}

$1 == "start" { start[$2] = $3 * 1000; start_names[++n_start] = $2 }

function name_of(program) {
	return program in title ? title[program] : program
}

function speed_row(z, way, p,    v) {
	v = speed(z, way, p)
	printf "%-7s %-5s %-24s %5.0f %9s ", bytes(z), way, name_of(p), slice[z, p],
	    sprintf(v < 100 ? "%.1f" : "%.0f", v)
	printf "%10s %10s ", human(v * 1e6 / per_event[z, p]),
	    p == "lofpipe" ? "" : sprintf("%.2fx", ratio(z, way, "lofpipe", p))
	printf "%9.1f\n", rss[z, way, p] / 1024
}

function speeds(    s, i) {
	printf "\n%-7s %-5s %-24s %5s %9s ", "alerts", "way", "program", "MB", "MB/s"
	printf "%10s %10s %9s\n", "events/s", "lofpipe is", "peak MiB"
	for (s = 1; s <= n_sizes; s++) {
		for (i = 1; i <= n_names; i++)
			speed_row(sizes[s], "file", names[i])
		for (i = 1; i <= n_names; i++)
			speed_row(sizes[s], "pipe", names[i])
	}
}

function what_was_done(    s, i, z, p) {
	print "\nwhat was done, on the slice        enriched    bytes out per byte in"
	for (s = 1; s <= n_sizes; s++)
		for (i = 1; i <= n_names; i++) {
			z = sizes[s]
			p = names[i]
			if ((z, p) in done)
				printf "  %-7s %-24s %7.1f %% %18.2f\n", bytes(z), name_of(p),
				    100 * done[z, p], growth[z, p]
		}
}

function sockets(    s, i, p) {
	print "\nby sockets                          MB/s    of lofpipe through pipes"
	for (s = 1; s <= n_sizes; s++)
		for (i = 1; i <= n_crowds; i++) {
			p = crowds[i] " at once"
			printf "  %-7s %-14s %13.0f %18.2f\n", bytes(sizes[s]), p, speed(sizes[s], "pipe", p),
			    ratio(sizes[s], "pipe", p, "lofpipe")
		}
}

# What an alert costs that is like none before, and what more than one of the 2.4 KB workload, of which most have come before.
function cold_row(name,    v, warm) {
	if (!(("cold", "file", name, 1) in rate))
		return
	v = speed("cold", "file", name)
	warm = speed(2400, "file", name)
	printf "  %-32s %7.0f %9.1f us %9.1f us\n", name_of(name), v, cold_event / v, cold_event / v - per_event[2400, name] / warm
}

function colds() {
	print "\nno two 2.4 KB alerts alike, file      MB/s     an alert    more than warm"
	cold_row("lofpipe")
	cold_row("indexed")
}

function one_value(    r, list) {
	for (r = 1; r <= rounds; r++)
		list[r] = took["lines", r] / took["array", r]
	value_ratio = median(list, rounds)
	printf "\n%d MB of 2.4 KB alerts in one value, file: %.2f of the speed of one a line; peak %.1f MiB, not %.1f\n",
	    value_mb, value_ratio, value_rss["array"] / 1024, value_rss["lines"] / 1024
}

function waits() {
	print "\none 2.4 KB alert at a time through two pipes, there and back   median       p99"
	printf "  %-56s %9.1f us %7.1f us\n", "cat", wait_50["cat"], wait_99["cat"]
	printf "  %-56s %9.1f us %7.1f us\n", "lofpipe", wait_50["lofpipe"], wait_99["lofpipe"]
}

function start_ups(    i) {
	print "\nstart-up, one 2.4 KB alert in"
	for (i = 1; i <= n_start; i++)
		printf "  %-32s %7.2f ms\n", name_of(start_names[i]), start[start_names[i]]
}

function targets(    s, v) {
	print "\ntargets"
	v = ratio(2400, "file", "lofpipe", "usual")
	target("2.4 KB, file, against usual/jansson", ">= 25x", v, "x", v >= 25)
	v = ratio(300, "file", "lofpipe", "usual")
	target("300 B, file, against usual/jansson", ">= 20x", v, "x", v >= 20)
	for (s = 1; s <= n_sizes; s++) {
		v = ratio(sizes[s], "pipe", "lofpipe", "cat")
		target(bytes(sizes[s]) ", pipe, bytes in, of cat in its place", ">= 0.5x", v, "x", v >= 0.5)
		v *= growth[sizes[s], "lofpipe"]
		target(bytes(sizes[s]) ", pipe, bytes out, of cat in its place", ">= 0.5x", v, "x", v >= 0.5)
	}
	target(value_mb " MB in one value, against one a line", ">= 0.9x", value_ratio, "x", value_ratio >= 0.9)
	target("peak memory", "< 16 MiB", peak / 1024, " MiB", peak < 16 * 1024)
	target("start-up", "< 5 ms", start["lofpipe"], " ms", start["lofpipe"] < 5)
	if (!("indexed" in known))
		return
	for (s = 1; s <= n_sizes; s++) {
		v = ratio(sizes[s], "file", "indexed", "lofpipe")
		target(bytes(sizes[s]) ", file, of the speed without the index", ">= 0.9x", v, "x", v >= 0.9)
	}
	v = start["indexed"] - start["lofpipe"]
	target("start-up, what the index adds", "< 5 ms", v, " ms", v < 5)
}

END {
	title["indexed"] = "lofpipe --index"
	title["portable"] = "lofpipe --simd portable"
	title["usual"] = "usual/jansson"
	title["jq"] = "jq -c '. + {lofp: ...}'"
	speeds()
	sockets()
	what_was_done()
	colds()
	one_value()
	waits()
	start_ups()
	targets()
}
