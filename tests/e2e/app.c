/*
 * app.c - a program whose models move on: built as several programs (-DSTEP=1 …), each a state of
 * one project in time.
 *
 *   1  the first models          2  a column and a table more     3  a member renamed, and said so
 *   4  the same as 3, without saying so                           5  a type changed, an index, a
 * check
 */
#include <cantil/cantil.h>

typedef struct Maker {
	int64_t id;
	const char *name;
} Maker;
CN_MODEL(Maker, "maker",
	CN_COLUMN(Maker, id, .primary_key = true),
	CN_COLUMN(Maker, name, .length = 100, .not_null = true, .unique = true));

typedef struct Item {
	int64_t id, maker_id;
#if STEP < 3
	const char *name;
#else
	const char *title;
#endif
	const char *note;
#if STEP >= 2
	cn_null_double price;
#endif
} Item;
#if STEP < 3
#define NAME CN_COLUMN(Item, name, .length = 100, .not_null = true)
#elif STEP == 4
#define NAME CN_COLUMN(Item, title, .length = 100, .not_null = true)
#else
#define NAME CN_COLUMN(Item, title, .length = 100, .not_null = true, .renamed_from = "name")
#endif
#if STEP >= 5
#define NOTE CN_COLUMN(Item, note, .default_value = CN_TEXT("none"), .collate = "NOCASE")
#else
#define NOTE CN_COLUMN(Item, note)
#endif
#define ID CN_COLUMN(Item, id, .primary_key = true)
#define MAKER \
	CN_COLUMN(Item, maker_id, .references = "maker.id", .on_delete = CN_CASCADE, .index = true)
#define PRICE CN_COLUMN(Item, price, .check_sql = "price >= 0")
#if STEP >= 2
CN_MODEL(Item, "item", ID, MAKER, NAME, PRICE, NOTE);
#else
CN_MODEL(Item, "item", ID, MAKER, NAME, NOTE);
#endif

#if STEP >= 2
typedef struct Sale {
	int64_t id, item_id;
	cn_time sold_at;
} Sale;
CN_MODEL(Sale, "sale",
	CN_COLUMN(Sale, id, .primary_key = true),
	CN_COLUMN(Sale, item_id, .references = "item.id"),
	CN_COLUMN(Sale, sold_at, .default_sql = "CURRENT_TIMESTAMP"));
#define MODELS CN_MODELS(Maker, Item, Sale)
#else
#define MODELS CN_MODELS(Maker, Item)
#endif

int main(int argc, char **argv)
{
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "app",
		.version = "1",
		.database_uri = "sqlite:///app.db",
		.models = MODELS});
	return cn_main(app, argc, argv);
}
