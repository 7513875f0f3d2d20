// gcc: is not compatible with any association
// clang: not compatible with any generic association type
#include <cantil/session.h>
typedef struct Tag Tag;
typedef struct Post { int64_t id; Tag *tags; } Post;
CN_MODEL(Post, "post", CN_COLUMN(Post, id, .primary_key = true),
	CN_MANY_TO_MANY(Post, Tag, tags, .through = "post_tag"));
