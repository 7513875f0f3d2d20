// gcc: incompatible pointer type
// clang: incompatible pointer types
#include <cantil/session.h>
typedef struct User { int64_t id; } User;
CN_MODEL(User, "users", CN_COLUMN(User, id, .primary_key = true));
User **f(cn_session *s, const char **names);
User **f(cn_session *s, const char **names) { return cn_get_many(s, User, names, 3); }
