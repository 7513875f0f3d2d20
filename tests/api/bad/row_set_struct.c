// gcc: cn_UNSUPPORTED_ARGUMENT_TYPE_box_it_with_cn_int_cn_text_or_cn_bytes
// clang: cn_UNSUPPORTED_ARGUMENT_TYPE_box_it_with_cn_int_cn_text_or_cn_bytes
#include <cantil/session.h>
typedef struct User { int64_t id; } User;
void f(cn_session *s, const cn_model *model, void *row);
void f(cn_session *s, const cn_model *model, void *row)
{
	User u = {0};
	cn_row_set(s, model, row, "name", u);
}
