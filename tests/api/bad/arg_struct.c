// gcc: cn_UNSUPPORTED_ARGUMENT_TYPE_box_it_with_cn_int_cn_text_or_cn_bytes
// clang: cn_UNSUPPORTED_ARGUMENT_TYPE_box_it_with_cn_int_cn_text_or_cn_bytes
#include <cantil/session.h>
typedef struct User { int64_t id; const char *name; bool active; } User;
CN_MODEL(User, "users", CN_COLUMN(User, id, .primary_key = true), CN_COLUMN(User, name));
User *f(cn_session *s);
User *f(cn_session *s)
{
	User u = {0};
	return cn_find(s, User, "id = ?", u);
}
