// gcc: did you mean ‘primary_key’?
// clang: did you mean 'primary_key'?
#include <cantil/session.h>
typedef struct A { int id; } A;
CN_MODEL(A, "a", CN_COLUMN(A, id, .primry_key = true));
