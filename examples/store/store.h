/* store.h - the parts of the store, put together in app.c. */
#ifndef STORE_H
#define STORE_H

#include <cantil/cantil.h>
#include <cantil/web.h>

cn_app *store_new(void); /* app.c */

/* api.c: the JSON endpoints, mounted under /api */
extern const cn_route_entry store_api[];

void store_index(cn_request *req, cn_reply *reply); /* page.c: the page at / */

extern const cn_command_desc store_commands[];                           /* commands.c */
cn_status store_seed(cn_session *session, cn_call *call, cn_error *err); /* seed.c */

#endif
