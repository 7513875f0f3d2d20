/* words.h - inside the SQLite driver: the words that have a file of their own (steps.c). */
#ifndef CNI_DRIVER_SQLITE_WORDS_H
#define CNI_DRIVER_SQLITE_WORDS_H

#include "driver/words.h"

extern const cni_words cni_sqlite_words;

void cni_sqlite_step_rule(const cni_token *tokens, size_t count, cni_step_rule *ret);
cn_status cni_sqlite_steps_done(cni_conn *conn, const cni_plan *plan, cn_error *err) CN_MUST_CHECK;
bool cni_sqlite_step_sets(const cni_step *step);

#endif
