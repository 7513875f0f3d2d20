// gcc: initialized field overwritten
// clang: initializer overrides prior initialization
#include <cantil/session.h>
typedef struct A { int id; } A;
CN_MODEL(A, "a", CN_COLUMN(A, id, .length = 3, .length = 4));
