// gcc: pointer type mismatch
// clang: pointer type mismatch ('Team *'
#include <cantil/session.h>
typedef struct User { int64_t id; const char *name; bool active; } User;
CN_MODEL(User, "users", CN_COLUMN(User, id, .primary_key = true), CN_COLUMN(User, name));
typedef struct Team { int64_t id; } Team;
void f(cn_session *s, Team *team);
void f(cn_session *s, Team *team)
{
	cn_add(s, User, team);
}
