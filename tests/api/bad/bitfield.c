// gcc: bit-field structure member ‘on’
// clang: bit-field 'on'
#include <cantil/session.h>
typedef struct A { unsigned on : 1; } A;
CN_MODEL(A, "a", CN_COLUMN(A, on));
