// gcc: ‘Team_model’ undeclared
// clang: undeclared identifier 'Team_model'
#include <cantil/session.h>
typedef struct User { int64_t id; const char *name; bool active; } User;
CN_MODEL(User, "users", CN_COLUMN(User, id, .primary_key = true), CN_COLUMN(User, name));
typedef struct Team { int64_t id; } Team;
Team *f(cn_session *s);
Team *f(cn_session *s)
{
	return cn_find(s, Team, "id = ?", 3);
}
