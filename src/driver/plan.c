/* plan.c - asking an engine's driver for a plan. */
#include "driver/plan.h"

cn_status cni_plan_make(const char *engine, const cni_plan_request *request, cni_arena *arena,
	cni_plan *ret, cn_error *err)
{
	const cni_driver *driver = cni_driver_find(engine);
	if (!driver || !driver->plan)
		return cn_fail(err, CN_EUNSUPPORTED,
			"no migrations for engine \"%s\" in this build", engine);
	return driver->plan(request, arena, ret, err);
}
