// gcc: has no member named ‘orderby’
// clang: does not refer to any field
#include <cantil/session.h>
void **f(cn_session *s, const cn_model *model);
void **f(cn_session *s, const cn_model *model) { return cn_rows(s, model, .orderby = "name"); }
