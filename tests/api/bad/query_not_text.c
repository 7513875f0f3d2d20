// gcc: ‘_Generic’ selector of type ‘int’ is not compatible
// clang: controlling expression type 'int' not compatible with any generic association type
#include <cantil/session.h>
void **f(cn_session *s, const cn_model **columns);
void **f(cn_session *s, const cn_model **columns) { return cn_query(s, columns, 7); }
