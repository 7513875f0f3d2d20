/* db_drift.c - `db drift`: the database against what its applied revisions make. */
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/try.h"
#include "manage/call.h"
#include "manage/db_migrator.h"
#include "manage/db_operations.h"
#include "manage/decide.h"
#include "migrate/migrator/operations.h"

static cn_status print_json(cn_call *call, const cn_differences *found, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	cni_json_object(&json, NULL);
	cni_json_bool(&json, "drift", found->line_count > 0);
	cni_json_array(&json, "changes");
	for (size_t i = 0; i < found->line_count; i++)
		cni_json_text(&json, NULL, found->lines[i]);
	cni_json_end(&json);
	cni_json_end(&json);
	if (out.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_print(call, "%s", cni_buffer_text(&out));
	return CN_OK;
}

static cn_status write_script(cn_call *call, cn_migrator *migrator, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_answers answers = {.arena = &arena};
	const char *sql;
	cn_status status = cni_call_answers(call, &answers, err);
	if (status < 0)
		return status == CN_EARG ? cn_usage_mark(call, err) : status;
	if (cn_call_flag(call, "yes"))
		cni_migrator_set_ask(migrator, NULL, NULL);
	TRY(cni_migrator_mend(migrator, &answers, &sql, err));
	if (!*sql)
		sql = "-- nothing to do: the database is what its revisions make\n";
	cn_write(call, sql, strlen(sql));
	return CN_OK;
}

int cni_db_drift(cn_call *call, cn_error *err)
{
	CLEANUP(cni_migrator_freep) cn_migrator *migrator = NULL;
	cn_differences found;
	TRY(cni_call_migrator(call, true, &migrator, err));
	if (cn_call_flag(call, "sql"))
		return write_script(call, migrator, err);
	TRY(cn_migrator_differences(migrator, &found, err));
	if (cn_call_json(call)) {
		TRY(print_json(call, &found, err));
		return found.line_count ? 1 : CN_OK;
	}
	if (!found.line_count) {
		cn_note(call, "the database is what its revisions make");
		return CN_OK;
	}
	for (size_t i = 0; i < found.line_count; i++)
		cn_print(call, "%s", found.lines[i]);
	cn_note(call, "(+ only the database has it, - only the revisions make it, ~ both, but "
		      "not alike)");
	cn_error_set(err, CN_ESCHEMA, "the database is not what its revisions make");
	cn_error_hint(err,
		"\"%s db drift --sql\" writes the way back; to keep the change, put it into the models, run "
		"\"db migrate\" and \"db stamp\"",
		cni_call_program(call));
	return CN_ESCHEMA;
}
