// gcc: ok
// clang: ok
#include <cantil/session.h>
enum color { RED }; enum sign { MINUS = -1 };
_Static_assert(_Generic((true), int: 1, bool: 0), "true is int before C23");
_Static_assert(_Generic(('a'), int: 1, char: 0), "a character literal is int");
_Static_assert(_Generic((NULL), void *: 1, default: 0), "NULL is void * in C");
typedef struct A { int64_t id; enum color color; enum sign sign; char text[8]; char *chars; unsigned char byte; } A;
CN_MODEL(A, "a", CN_COLUMN(A, id, .primary_key = true), CN_COLUMN(A, color), CN_COLUMN(A, sign), CN_COLUMN(A, text),
	CN_COLUMN(A, chars), CN_COLUMN(A, byte));
A **f(cn_session *s, const char *text, char *chars, enum color color, uint8_t byte);
A **f(cn_session *s, const char *text, char *chars, enum color color, uint8_t byte)
{
	return cn_list(s, A, cn_where("a=? b=? c=? d=? e=? f=? g=? h=? i=? j=?", text, chars, color, byte, true, NULL, 'a', 1.5f,
		(size_t)3, cn_int(4)), .limit = 3);
}
