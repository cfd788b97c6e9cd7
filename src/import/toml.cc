#define TOML_EXCEPTIONS 0
#include "import/toml.h"

#include <sstream>
#include <toml++/toml.h>

static json_t *value_of(const toml::node &node);

static json_t *
array_of(const toml::array &from)
{
	json_t *to = json_array();
	for (const toml::node &item : from)
		json_array_append_new(to, value_of(item));
	return to;
}

static json_t *
table_of(const toml::table &from)
{
	json_t *to = json_object();
	for (const auto &[key, value] : from)
		json_object_setn_new(to, key.str().data(), key.length(), value_of(value));
	return to;
}

// Its depth is bounded: the parser refuses more than TOML_MAX_NESTED_VALUES (256) levels.
static json_t *
value_of(const toml::node &node)
{
	if (const toml::table *t = node.as_table())
		return table_of(*t);
	if (const toml::array *a = node.as_array())
		return array_of(*a);
	if (const auto *s = node.as_string())
		return json_stringn(s->get().data(), s->get().size());
	if (const auto *b = node.as_boolean())
		return json_boolean(b->get());
	if (const auto *i = node.as_integer())
		return json_integer(i->get());
	if (const auto *f = node.as_floating_point())
		return json_real(f->get());
	std::ostringstream text;
	text << toml::default_formatter { node };
	return json_string(text.str().c_str());
}

json_t *
toml_load(const char *text, size_t n, struct toml_mistake *wrong)
{
	toml::parse_result parsed = toml::parse(std::string_view(text, n));
	if (parsed)
		return table_of(parsed.table());
	const toml::parse_error &e = parsed.error();
	wrong->line = e.source().begin.line;
	wrong->col = e.source().begin.column;
	snprintf(wrong->what, sizeof wrong->what, "%.*s", (int)e.description().size(), e.description().data());
	return nullptr;
}
