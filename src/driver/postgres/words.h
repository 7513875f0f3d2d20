/* words.h - inside the PostgreSQL driver: the words that have files of their own. */
#ifndef CNI_DRIVER_POSTGRES_WORDS_H
#define CNI_DRIVER_POSTGRES_WORDS_H

#include "driver/words.h"

extern const cni_words cni_postgres_words;

/* misfit.c */
bool cni_pg_converts(const cni_copy *copy, size_t column);
bool cni_pg_may_misfit(const cni_copy *copy, size_t column);
void cni_pg_misfit(cni_buffer *out, const cni_schema *to, const cni_copy *copy, size_t column,
	cni_misfit_kind misfit);
bool cni_pg_is_new_type(const cni_schema *from, const cni_schema *to, const char *type);
const char *cni_pg_zero(const cni_ddl_table *table, size_t column);
const char *cni_pg_distinct_value(cni_arena *arena, const cni_copy *copy, size_t column);

/* steps.c */
void cni_pg_step_rule(const cni_token *tokens, size_t count, cni_step_rule *ret);
cn_status cni_pg_step_again(
	cni_conn *conn, const cni_step *step, bool *ret_done, cn_error *err) CN_MUST_CHECK;
bool cni_pg_step_sets(const cni_step *step);
cn_status cni_pg_hold_migrations(cni_conn *conn, bool session, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_release_migrations(cni_conn *conn, cn_error *err) CN_MUST_CHECK;
bool cni_pg_try_again(const cn_error *err);

#endif
