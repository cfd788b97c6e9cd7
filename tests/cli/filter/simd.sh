# --simd: the same answers whichever.
lofpipe --simd portable "$SAMPLES"/*.ndjson > portable
lofpipe --simd auto "$SAMPLES"/*.ndjson > auto
cmp portable auto && echo same
