// gcc: ‘_Generic’ selector of type ‘struct tm *’ is not compatible
// clang: controlling expression type 'struct tm *'
#include <cantil/session.h>
#include <time.h>
typedef struct A { struct tm when; } A;
CN_MODEL(A, "a", CN_COLUMN(A, when));
