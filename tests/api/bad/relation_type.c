// gcc: ‘_Generic’ selector of type ‘Team **’ is not compatible
// clang: controlling expression type 'Team **'
#include <cantil/session.h>
typedef struct Team { int64_t id; } Team;
typedef struct A { int64_t id, team_id; Team *team; } A;
typedef struct B { int64_t id; } B;
CN_MODEL(A, "a", CN_COLUMN(A, id), CN_BELONGS_TO(A, B, team));
