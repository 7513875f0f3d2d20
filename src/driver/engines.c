/*
 * engines.c - the engines of this program: the one thing that the layer knows of them.
 *
 * SQLite is part of the core. PostgreSQL is a library of its own (libcantil-postgres), which a
 * program has or has not: a weak reference finds it without anything being registered, so there is
 * no state to keep and no order of calls to mind (docs/adr/0046).
 */
#include "base/text.h"
#include "base/try.h"
#include "driver/driver.h"

extern const cni_driver cni_sqlite_driver;
extern const cni_driver cni_postgres_driver __attribute__((weak));

enum { ENGINES = 2 };

/* NULL: the program was linked without it. */
static const cni_driver *engine(size_t i)
{
	const cni_driver *const all[ENGINES] = {&cni_sqlite_driver, &cni_postgres_driver};

	return all[i];
}

const cni_driver *cni_driver_find(const char *name)
{
	for (size_t i = 0; i < ENGINES; i++)
		if (engine(i) && cni_same(engine(i)->name, name))
			return engine(i);
	return NULL;
}

const cni_driver *cni_driver_default(void) { return engine(0); }

static cn_status find(const char *name, const cni_driver **ret, cn_error *err)
{
	*ret = cni_driver_find(name);
	if (*ret)
		return CN_OK;
	cn_error_set(
		err, CN_EUNSUPPORTED, "this program has no driver for \"%s\"", name ? name : "");
	if (cni_same(name, "postgresql"))
		cn_error_hint(err,
			"link it with libcantil-postgres: pkg-config --libs cantil-postgres (built "
			"where libpq is, -Dpostgres=enabled)");
	else
		cn_error_hint(err, "it has sqlite%s", engine(1) ? " and postgresql" : "");
	return CN_EUNSUPPORTED;
}

void cni_drivers_own_process(void)
{
	for (size_t i = 0; i < ENGINES; i++)
		if (engine(i) && engine(i)->own_process)
			engine(i)->own_process();
}

cn_status cni_conn_open(
	const cni_uri *uri, const cni_open_options *options, cni_conn **ret, cn_error *err)
{
	static const cni_open_options usual = {.mode = CNI_OPEN_READ};
	const cni_driver *driver;

	if (!uri || !ret)
		return cn_fail(err, CN_EARG, "cni_conn_open: no URI");
	TRY(find(uri->engine, &driver, err));
	return driver->open(uri, options ? options : &usual, ret, err);
}

cn_status cni_conn_scratch(const char *engine_name, cni_conn **ret, cn_error *err)
{
	const cni_driver *driver;

	TRY(find(engine_name, &driver, err));
	return driver->scratch(NULL, ret, err);
}

cn_status cni_conn_scratch_at(const cni_uri *home, cni_conn **ret, cn_error *err)
{
	const cni_driver *driver;

	TRY(find(home->engine, &driver, err));
	return driver->scratch(home, ret, err);
}

cn_status cni_schema_scratch(const cni_schema *schema, cni_conn **ret, cn_error *err)
{
	return schema->home ? cni_conn_scratch_at(schema->home, ret, err)
			    : cni_conn_scratch(schema->engine, ret, err);
}
