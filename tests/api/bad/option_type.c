// gcc: from ‘int’ makes pointer from integer
// clang: incompatible integer to pointer conversion
#include <cantil/session.h>
typedef struct A { int id; } A;
CN_MODEL(A, "a", CN_COLUMN(A, id, .references = 3));
