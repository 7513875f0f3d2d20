/* inspect.c - `cantil inspect SOURCE --format sql|c|json|dot`. */
#include <string.h>

#include "base/try.h"
#include "manage/call.h"
#include "tool/source.h"
#include "tool/tool.h"

typedef struct format {
	const char *name;
	void (*write)(cni_buffer *out, const cni_schema *schema);
} format;

static const format formats[] = {
	{"sql", cni_schema_write_sql},
	{"c", cni_schema_write_c},
	{"json", cni_schema_write_json},
	{"dot", cni_schema_write_dot},
};
static const char *const format_names[] = {"sql", "c", "json", "dot", NULL};

static const format *find_format(const char *name)
{
	for (size_t i = 0; i < CNI_COUNT(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return &formats[0];
}

static int inspect(cn_call *call, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	CLEANUP(cni_buffer_done) cni_buffer notes = {0};
	cni_source source;
	cni_schema *schema;

	TRY(cni_source_find(arena, cn_call_text(call, "source"), &source, err));
	TRY(cni_source_schema(&source, NULL, arena, &schema, &notes, err));
	find_format(cn_call_json(call) ? "json" : cn_call_text(call, "format"))
		->write(&out, schema);
	if (out.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_source_warn(call, &source, &notes);
	cn_write(call, cni_buffer_text(&out), out.size);
	return CN_OK;
}

static const cn_option inspect_options[] = {
	CN_ARG("source", "a database, a .sql file, a designer's .xml file or a migrations folder",
		.complete = CN_COMPLETE_FILE),
	CN_OPT_CHOICE('f', "format", format_names, "what to write", .default_value = "sql"),
	{0},
};

const cn_command_desc cni_tool_inspect = {
	.name = "inspect",
	.help = "print a schema as SQL, C models, JSON or Graphviz",
	.description =
		"Reads the schema of anything that has one and writes it to standard output. The source is\n"
		"only read: a database is byte for byte the same afterwards.",
	.example = "cantil inspect app.db\n"
		   "cantil inspect design.xml --format c > models.c\n"
		   "cantil inspect app.db --format dot | dot -Tsvg > app.svg",
	.options = inspect_options,
	.run = inspect,
	.json = true,
};
