// gcc: did you mean ‘id’?
// clang: did you mean 'id'?
#include <cantil/session.h>
typedef struct A { int id; } A;
CN_MODEL(A, "a", CN_COLUMN(A, idd));
