// gcc: ‘_Generic’ selector of type ‘int’ is not compatible
// clang: controlling expression type 'int'
#include <cantil/session.h>
typedef struct User { int64_t id; const char *name; bool active; } User;
CN_MODEL(User, "users", CN_COLUMN(User, id, .primary_key = true), CN_COLUMN(User, name));
User *f(cn_session *s);
User *f(cn_session *s)
{
	return cn_find(s, User, 42);
}
