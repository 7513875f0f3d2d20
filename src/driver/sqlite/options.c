/* options.c - what stands behind the ? of a SQLite URI. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/option.h"
#include "driver/sqlite/sqlite.h"

static const char *const names[] = {"mode", "cache_size", "busy_timeout_ms", "journal_mode",
	"synchronous", "foreign_keys", "mmap_size", "secure_delete", NULL};
static const char *const modes[] = {"ro", "rw", "rwc", NULL}; /* in the order of cni_open_mode */
/* not off: a rollback would leave the file damaged, and SQLite refuses it to who is on the
 * defensive */
static const char *const journals[] = {"wal", "delete", "truncate", "persist", "memory", NULL};
static const char *const levels[] = {"off", "normal", "full", "extra", NULL};
static const char *const switches[] = {"off", "on", "0", "1", "false", "true", "no", "yes", NULL};

static cn_status read_one(const cni_uri_option *option, cni_sqlite_options *out, cn_error *err)
{
	const char *name = option->name;
	int at = 0;

	if (cni_same(name, "mode"))
		return cni_option_one_of(option, modes, "ro, rw or rwc", &out->mode, err);
	if (cni_same(name, "synchronous"))
		return cni_option_one_of(
			option, levels, "off, normal, full or extra", &out->synchronous, err);
	if (cni_same(name, "cache_size"))
		return cni_option_number(option, -(INT64_C(1) << 24), INT64_C(1) << 24,
			"a number of pages, or of KiB when it is negative: -65536 is 64 MB",
			&out->cache_size, err);
	if (cni_same(name, "mmap_size"))
		return cni_option_number(
			option, 0, INT64_C(1) << 40, "a number of bytes", &out->mmap_size, err);
	if (cni_same(name, "busy_timeout_ms"))
		return cni_option_number(option, 0, 3600000,
			"a number of milliseconds, at most 3600000", &out->busy_timeout_ms, err);
	if (cni_same(name, "foreign_keys")) {
		TRY(cni_option_one_of(option, switches, "on or off", &at, err));
		out->foreign_keys = at & 1;
		return CN_OK;
	}
	if (cni_same(name, "secure_delete")) {
		TRY(cni_option_one_of(option, switches, "on or off", &at, err));
		out->secure_delete = at & 1;
		return CN_OK;
	}
	if (cni_same(name, "journal_mode")) {
		TRY(cni_option_one_of(
			option, journals, "wal, delete, truncate, persist or memory", &at, err));
		out->journal_mode = journals[at];
		return CN_OK;
	}
	cn_error_set(err, CN_EARG, "database URI: unknown option \"%s\"", name);
	const char *meant = cni_nearest(name, names);
	if (meant)
		cn_error_hint(err, "did you mean %s?", meant);
	else
		cn_error_hint(err,
			"the options are mode, cache_size, busy_timeout_ms, journal_mode, "
			"synchronous, foreign_keys, mmap_size, secure_delete");
	return CN_EARG;
}

cn_status cni_sqlite_options_read(const cni_uri *uri, cni_sqlite_options *ret, cn_error *err)
{
	cni_sqlite_options out = {.mode = -1,
		.busy_timeout_ms = -1,
		.cache_size = INT64_MIN,
		.mmap_size = -1,
		.foreign_keys = -1,
		.secure_delete = -1,
		.synchronous = -1};

	for (size_t i = 0; i < uri->option_count; i++)
		TRY(read_one(&uri->options[i], &out, err));
	*ret = out;
	return CN_OK;
}
