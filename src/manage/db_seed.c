/* db_seed.c - `db seed`: the program's own sample data, in one transaction. */
#include "manage/db.h"

#include "base/try.h"
#include "manage/call.h"

static int seed(cn_call *call, cn_error *err)
{
	cn_session *session;
	cn_status status;

	TRY(cn_call_session(call, &session, err));
	status = call->app->desc.seed(session, call, err);
	if (status == CN_OK)
		status = cn_commit(session);
	/* a seed function may leave the session's error for the commit to report */
	if (status < 0 && err->status == CN_OK)
		*err = *cn_session_error(session);
	if (status < 0) {
		cn_rollback(session);
		return status;
	}
	cn_note(call, "the sample data is in %s", cn_db_uri(cn_session_db(session)));
	return CN_OK;
}

const cn_command_desc cni_db_seed_command = {
	.name = "seed",
	.help = "load the program's sample data",
	.description = "Everything or, when something fails, nothing.",
	.example = "APP db seed",
	.run = seed,
};
