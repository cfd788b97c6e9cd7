// Where a checkout is from: its commit, its address on the web, its license. Reads what git leaves in .git, runs nothing.
#ifndef LOF_IMPORT_ORIGIN_H
#define LOF_IMPORT_ORIGIN_H

#include "base/arena.h"
#include "base/buf.h"

// A project that can be told by its folders when git cannot be asked (an unpacked archive).
struct project {
	const char *folder; // a folder that its root has
	const char *blob;   // what a file's path goes behind: "https://github.com/OWNER/NAME/blob/main/"
};

struct origin {
	struct lof_str below;    // path of what was named, below the root; "" or ends in "/"
	struct lof_str blob;     // what the path of a file below the root goes behind to be its address; or empty
	struct lof_str revision; // commit, 12 digits; or empty
	struct lof_str license;  // SPDX identifier; or empty
};

// Of the folder or file at `path`: looks in it and above it for .git, else for the project's folder. `project` may be
// NULL. What cannot be read is left empty. Everything lives in the arena.
struct origin origin_of(const char *path, const struct project *project, struct lof_arena *a);

// The SPDX identifier of a license's text or of a name for it ("Elastic License v2"), or empty.
struct lof_str license_of(struct lof_str text);

#endif
