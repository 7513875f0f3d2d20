#include <cantil/cantil.h>

typedef struct Person Person;
typedef struct Passport Passport;
typedef struct Account Account;
typedef struct Locker Locker;
typedef struct Desk Desk;
typedef struct Course Course;
typedef struct PersonCourse PersonCourse;
typedef struct Friendship Friendship;
typedef struct Mark Mark;
typedef struct Topic Topic;
typedef struct Likes Likes;
typedef struct Dislikes Dislikes;
typedef struct Transfer Transfer;

CN_MODEL_DECL(Person);
CN_MODEL_DECL(Passport);
CN_MODEL_DECL(Account);
CN_MODEL_DECL(Locker);
CN_MODEL_DECL(Desk);
CN_MODEL_DECL(Course);
CN_MODEL_DECL(PersonCourse);
CN_MODEL_DECL(Friendship);
CN_MODEL_DECL(Mark);
CN_MODEL_DECL(Topic);
CN_MODEL_DECL(Likes);
CN_MODEL_DECL(Dislikes);
CN_MODEL_DECL(Transfer);

struct Person {
	int64_t id;
	const char *name;
	Passport *passport;
	Account *account;
	Locker *locker;
	Desk **desks;
	Course **courses;
	Person **buddies;
	Mark **marks;
	Likes **likes;
	Dislikes **dislikes;
};
CN_MODEL(Person, "person",
	CN_COLUMN(Person, id, .primary_key = true),
	CN_COLUMN(Person, name, .not_null = true),
	CN_HAS_ONE(Person, Passport, passport, .via = "person_id"),
	CN_HAS_ONE(Person, Account, account, .via = "person_id"),
	CN_HAS_ONE(Person, Locker, locker, .via = "person_id"),
	CN_HAS_MANY(Person, Desk, desks, .via = "person_id"),
	CN_MANY_TO_MANY(Person, Course, courses, .through = "person_course", .via = "person_id",
		.to = "course_code, course_year"),
	CN_MANY_TO_MANY(Person, Person, buddies, .through = "friendship", .via = "person_id",
		.to = "buddy_id"),
	CN_HAS_MANY(Person, Mark, marks, .via = "person_id"),
	CN_HAS_MANY(Person, Likes, likes, .via = "person_id"),
	CN_HAS_MANY(Person, Dislikes, dislikes, .via = "person_id"),
	CN_TABLE_OPTIONS(
		.comment = "Every kind of relation that foreign keys tell, and those that they do not tell."));

struct Passport {
	int64_t id;
	int64_t person_id;
	Person *person;
};
CN_MODEL(Passport, "passport",
	CN_COLUMN(Passport, id, .primary_key = true),
	CN_COLUMN(Passport, person_id, .unique = true, .references = "person.id"),
	CN_BELONGS_TO(Passport, Person, person, .via = "person_id"),
	CN_TABLE_OPTIONS(.unnamed = true, .comment = "one to one: the key is unique"));

struct Account {
	int64_t person_id;
	cn_null_double balance;
	Person *person;
};
CN_MODEL(Account, "account",
	CN_COLUMN(Account, person_id, .primary_key = true, .references = "person"),
	CN_COLUMN(Account, balance, .precision = 12, .scale = 2),
	CN_BELONGS_TO(Account, Person, person, .via = "person_id"),
	CN_TABLE_OPTIONS(.unnamed = true, .comment = "one to one: the key is the primary key"));

struct Locker {
	int64_t number;
	cn_null_int64 person_id;
	Person *person;
};
CN_MODEL(Locker, "locker",
	CN_COLUMN(Locker, number, .primary_key = true),
	CN_COLUMN(Locker, person_id, .references = "person.id"),
	CN_INDEX("person_id", .name = "locker_person", .unique = true),
	CN_BELONGS_TO(Locker, Person, person, .via = "person_id"),
	CN_TABLE_OPTIONS(.unnamed = true, .comment = "one to one by an index"));

struct Desk {
	int64_t number;
	cn_null_int64 person_id;
	Person *person;
};
CN_MODEL(Desk, "desk",
	CN_COLUMN(Desk, number, .primary_key = true),
	CN_COLUMN(Desk, person_id, .references = "person.id"),
	CN_INDEX("person_id", .name = "desk_person", .unique = true, .where_sql = "number > 0"),
	CN_BELONGS_TO(Desk, Person, person, .via = "person_id"),
	CN_TABLE_OPTIONS(.unnamed = true,
		.comment = "several may share one: the index does not cover all rows"));

struct Course {
	const char *code;
	int64_t year;
	Person **persons;
};
CN_MODEL(Course, "course",
	CN_COLUMN(Course, code),
	CN_COLUMN(Course, year),
	CN_PRIMARY_KEY("code, year"),
	CN_MANY_TO_MANY(Course, Person, persons, .through = "person_course",
		.via = "course_code, course_year", .to = "person_id"),
	CN_TABLE_OPTIONS(.unnamed = true));

struct PersonCourse {
	int64_t person_id;
	const char *course_code;
	int64_t course_year;
	Person *person;
	Course *course;
};
CN_MODEL(PersonCourse, "person_course",
	CN_COLUMN(PersonCourse, person_id, .references = "person.id", .on_delete = CN_CASCADE),
	CN_COLUMN(PersonCourse, course_code),
	CN_COLUMN(PersonCourse, course_year),
	CN_PRIMARY_KEY("person_id, course_code, course_year"),
	CN_FOREIGN_KEY("course_code, course_year", "course(code, year)"),
	CN_BELONGS_TO(PersonCourse, Person, person, .via = "person_id"),
	CN_BELONGS_TO(PersonCourse, Course, course, .via = "course_code, course_year"),
	CN_TABLE_OPTIONS(.unnamed = true,
		.comment = "many to many, one of the keys has two columns"));

struct Friendship {
	int64_t person_id;
	int64_t buddy_id;
	Person *person;
	Person *buddy;
};
CN_MODEL(Friendship, "friendship",
	CN_COLUMN(Friendship, person_id, .references = "person.id"),
	CN_COLUMN(Friendship, buddy_id, .references = "person.id"),
	CN_PRIMARY_KEY("person_id, buddy_id"),
	CN_BELONGS_TO(Friendship, Person, person, .via = "person_id"),
	CN_BELONGS_TO(Friendship, Person, buddy, .via = "buddy_id"),
	CN_TABLE_OPTIONS(.without_rowid = true, .unnamed = true,
		.comment = "many to many of one table: the columns say the names"));

struct Mark {
	int64_t person_id;
	int64_t topic_id;
	int64_t value;
	Person *person;
	Topic *topic;
};
CN_MODEL(Mark, "mark",
	CN_COLUMN(Mark, person_id, .references = "person.id"),
	CN_COLUMN(Mark, topic_id, .references = "topic.id"),
	CN_COLUMN(Mark, value),
	CN_PRIMARY_KEY("person_id, topic_id"),
	CN_BELONGS_TO(Mark, Person, person, .via = "person_id"),
	CN_BELONGS_TO(Mark, Topic, topic, .via = "topic_id"),
	CN_TABLE_OPTIONS(.unnamed = true, .comment = "has a column of its own: its rows count"));

struct Topic {
	int64_t id;
	cn_null_int64 parent_id;
	Mark **marks;
	Topic *parent;
	Topic **children;
	Likes **likes;
	Dislikes **dislikes;
};
CN_MODEL(Topic, "topic",
	CN_COLUMN(Topic, id, .primary_key = true),
	CN_COLUMN(Topic, parent_id, .references = "topic.id"),
	CN_HAS_MANY(Topic, Mark, marks, .via = "topic_id"),
	CN_BELONGS_TO(Topic, Topic, parent, .via = "parent_id"),
	CN_HAS_MANY(Topic, Topic, children, .via = "parent_id"),
	CN_HAS_MANY(Topic, Likes, likes, .via = "topic_id"),
	CN_HAS_MANY(Topic, Dislikes, dislikes, .via = "topic_id"),
	CN_TABLE_OPTIONS(.unnamed = true));

struct Likes {
	int64_t person_id;
	int64_t topic_id;
	Person *person;
	Topic *topic;
};
CN_MODEL(Likes, "likes",
	CN_COLUMN(Likes, person_id, .references = "person.id"),
	CN_COLUMN(Likes, topic_id, .references = "topic.id"),
	CN_PRIMARY_KEY("person_id, topic_id"),
	CN_BELONGS_TO(Likes, Person, person, .via = "person_id"),
	CN_BELONGS_TO(Likes, Topic, topic, .via = "topic_id"),
	CN_TABLE_OPTIONS(.unnamed = true,
		.comment = "two ways between the same tables: neither is \"the\" topics"));

struct Dislikes {
	int64_t person_id;
	int64_t topic_id;
	Person *person;
	Topic *topic;
};
CN_MODEL(Dislikes, "dislikes",
	CN_COLUMN(Dislikes, person_id, .references = "person.id"),
	CN_COLUMN(Dislikes, topic_id, .references = "topic.id"),
	CN_PRIMARY_KEY("topic_id, person_id"),
	CN_BELONGS_TO(Dislikes, Person, person, .via = "person_id"),
	CN_BELONGS_TO(Dislikes, Topic, topic, .via = "topic_id"),
	CN_TABLE_OPTIONS(.unnamed = true));

struct Transfer {
	int64_t id;
	int64_t from_person_id;
	int64_t to_person_id;
	Person *from_person;
	Person *to_person;
};
CN_MODEL(Transfer, "transfer",
	CN_COLUMN(Transfer, id, .primary_key = true),
	CN_COLUMN(Transfer, from_person_id, .references = "person.id"),
	CN_COLUMN(Transfer, to_person_id, .references = "person.id"),
	CN_BELONGS_TO(Transfer, Person, from_person, .via = "from_person_id"),
	CN_BELONGS_TO(Transfer, Person, to_person, .via = "to_person_id"),
	CN_TABLE_OPTIONS(.unnamed = true,
		.comment = "two keys to one table: lists there would have no name"));

/* all of them: what cn_app_new and cn_db_open take as .models */
extern const cn_model *const all_models[];
const cn_model *const all_models[] = {
	&Person_model,
	&Passport_model,
	&Account_model,
	&Locker_model,
	&Desk_model,
	&Course_model,
	&PersonCourse_model,
	&Friendship_model,
	&Mark_model,
	&Topic_model,
	&Likes_model,
	&Dislikes_model,
	&Transfer_model,
	NULL,
};
