/* session.c - a request's session: opened by the first who asks, ended with the request. */
#include <cantil/session.h>

#include "web/request.h"

/* A handler must get a session even when the database cannot be opened, so that it can go on in
 * straight line: one on an empty database in memory, that has failed already. What the client is
 * told is the real reason. */
static cn_session *failed_session(cn_request *req)
{
	cn_error ignored;

	if (!req->spare_db && cn_db_open("sqlite://", NULL, &req->spare_db, &ignored) < 0)
		return NULL;
	cn_session *s = cn_session_open(req->spare_db);
	if (s)
		cn_session_execute(
			s, 1, &(const cn_value){.type = CN_TYPE_TEXT, .size = 1, .as.p = "?"});
	return s;
}

cn_session *cn_request_session(cn_request *req)
{
	cn_db *db;

	if (req->session)
		return req->session;
	if (cni_web_db(req->web, &db, &req->session_error) < 0)
		req->session = failed_session(req);
	else
		req->session = cn_session_open(db);
	if (!req->session)
		cn_error_set(&req->session_error, CN_ENOMEM, "out of memory");
	return req->session;
}

void cni_request_end_session(cn_request *req, cn_error *ret_error)
{
	if (req->session_error.status < 0)
		*ret_error = req->session_error;
	else if (req->session && cn_session_error(req->session)->status < 0)
		*ret_error = *cn_session_error(req->session);
	cn_session_close(req->session);
	cn_db_close(req->spare_db);
	req->session = NULL;
	req->spare_db = NULL;
}
