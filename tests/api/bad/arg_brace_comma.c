// gcc: expected ‘}’
// clang: expected '}'
#include <cantil/session.h>
typedef struct User { int64_t id; const char *name; bool active; } User;
CN_MODEL(User, "users", CN_COLUMN(User, id, .primary_key = true), CN_COLUMN(User, name));
User *f(cn_session *s);
User *f(cn_session *s)
{
	return cn_find(s, User, "x = ?", (cn_blob){"xy", 2});
}
