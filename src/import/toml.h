// TOML to the JSON tree that the Elastic importer reads all its forms in. The one file of C++ here is behind it.
#ifndef LOF_IMPORT_TOML_H
#define LOF_IMPORT_TOML_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct toml_mistake {
	uint32_t line, col; // from 1
	char what[160];
};

// A new reference, or NULL and *wrong. Dates and times become strings. No exception leaves it.
json_t *toml_load(const char *text, size_t n, struct toml_mistake *wrong);

#ifdef __cplusplus
}
#endif
#endif
