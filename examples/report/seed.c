/*
 * seed.c - `report seed --rows N`: a shop of any size, the same each time.
 *
 * The few rows that are related in many ways are objects; the many are plain structs, written in
 * bulk, so that a million lines take no more memory than a hundred.
 */
#include <stdio.h>

#include "report.h"

enum { BATCH = 500, PRODUCTS = 240, LINES = 3, PER_CUSTOMER = 12, VISITS_PER_SALE = 4 };
enum { FIRST_DAY = 20089 /* 2025-01-01 */, DAYS = 540 };

static const char *const branches[][4] = {{"Kitchen", "Pots", "Knives", "Glasses"},
	{"Garden", "Seeds", "Tools", "Furniture"}, {"Office", "Paper", "Pens", "Lamps"},
	{"Toys", "Puzzles", "Kites", "Books"}};
static const char *const makes[] = {
	"Alpine", "Baltic", "Copper", "Delta", "Ember", "Fjord", "Grove", "Harbour"};
static const char *const kinds[] = {"small", "large", "double", "folding", "blue"};
static const char *const tags[] = {"new", "sale", "organic", "local", "heavy"};
static const char *const countries[] = {"AT", "CH", "DE", "FR", "IT", "NL", "PT", "SE"};
static const char *const names[] = {
	"Ada", "Bela", "Chen", "Dora", "Emil", "Fatima", "Grace", "Hugo", "Inês", "Jo"};
static const char *const pages[] = {"/", "/search", "/product", "/basket", "/help"};

#define PICK(list, n) (list)[(n) % (sizeof(list) / sizeof *(list))]

static unsigned next(unsigned *state) /* a generator of its own: every seeded shop is the same */
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16 & 0x7FFF;
}

static void make_catalogue(cn_session *s, unsigned *state)
{
	Category *leaves[12];
	Tag *tag[5];
	char name[80];
	size_t count = 0;

	for (size_t i = 0; i < 4; i++) {
		Category *branch = cn_new(s, Category, .name = branches[i][0]);
		for (size_t k = 1; k < 4; k++)
			leaves[count++] =
				cn_new(s, Category, .name = branches[i][k], .parent = branch);
	}
	for (size_t i = 0; i < 5; i++)
		tag[i] = cn_new(s, Tag, .name = tags[i]);
	for (unsigned i = 0; i < PRODUCTS && !cn_session_error(s)->status; i++) {
		snprintf(name, sizeof name, "%s %s no. %u", PICK(makes, i), PICK(kinds, i / 8),
			i + 1);
		Product *p = cn_new(s, Product, .name = name, .category = leaves[i % 12],
			.price = cn_decimal_of(99 + next(state) % 20000, 2));
		if (p && i % 3)
			cn_append(s, p->tags, PICK(tag, i));
		if (p && i % 7 == 0)
			cn_append(s, p->tags, PICK(tag, i + 2));
	}
}

static void make_customers(cn_session *s, unsigned *state, int64_t count)
{
	for (int64_t at = 0; at < count; at += BATCH) {
		Customer rows[BATCH] = {0};
		char room[BATCH][40];
		size_t n = 0;
		for (; n < BATCH && at + (int64_t)n < count; n++) {
			snprintf(room[n], sizeof room[n], "%s %lld", PICK(names, next(state)),
				(long long)at + (long long)n);
			rows[n] = (Customer){.id = at + (int64_t)n + 1,
				.name = room[n],
				.segment = (segment)(next(state) % 3),
				.joined = {FIRST_DAY - (int)(next(state) % 1000)}};
			snprintf(rows[n].country, sizeof rows[n].country, "%s",
				PICK(countries, next(state)));
		}
		(void)cn_insert_many(s, Customer, rows, n);
	}
}

static cn_time some_time(unsigned *state)
{
	int64_t seconds =
		(FIRST_DAY + next(state) % DAYS) * INT64_C(86400) + next(state) % 32768 * 2;

	return (cn_time){seconds * 1000000};
}

/* One batch of sales with their lines and the visits that led to them. */
static void make_sales(
	cn_session *s, unsigned *state, int64_t first, size_t count, int64_t customers)
{
	Sale sales[BATCH];
	SaleLine lines[BATCH * LINES];
	Visit visits[BATCH * VISITS_PER_SALE];

	for (size_t i = 0; i < count; i++) {
		int64_t id = first + (int64_t)i,
			customer = 1 + (next(state) * INT64_C(32768) + next(state)) % customers;
		unsigned product = next(state);
		sales[i] = (Sale){.id = id,
			.customer_id = customer,
			.at = some_time(state),
			.state = next(state) % 20 ? PAID : (sale_state)(next(state) % 3)};
		for (unsigned k = 0; k < LINES; k++)
			lines[i * LINES + k] = (SaleLine){.sale_id = id,
				.product_id = 1 + (product + k * 7) % PRODUCTS,
				.quantity = 1 + (int)(next(state) % 4),
				.price = cn_decimal_of(99 + next(state) % 20000, 2)};
		for (unsigned k = 0; k < VISITS_PER_SALE; k++)
			visits[i * VISITS_PER_SALE + k] = (Visit){.customer_id = cn_some(customer),
				.at = sales[i].at,
				.page = PICK(pages, next(state))};
	}
	(void)cn_insert_many(s, Sale, sales, count);
	(void)cn_insert_many(s, SaleLine, lines, count * LINES);
	(void)cn_insert_many(s, Visit, visits, count * VISITS_PER_SALE); /* into its own database */
}

int seed(cn_call *call, cn_error *err)
{
	int64_t sales = cn_call_int(call, "rows") / LINES, customers = sales / PER_CUSTOMER + 1,
		at = 0;
	unsigned state = 1;
	cn_session *s;

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	if (cn_exists(s, Product))
		return cn_fail(err, CN_ECONFLICT, "there are rows already");
	make_catalogue(s, &state);
	(void)cn_flush(s);
	make_customers(s, &state, customers);
	for (; at < sales && !cn_session_error(s)->status; at += BATCH) {
		make_sales(s, &state, at + 1, sales - at < BATCH ? (size_t)(sales - at) : BATCH,
			customers);
		cn_progress(call, "making up sales", at, sales);
	}
	if (cn_commit(s) < 0)
		return failed(s, err);
	cn_note(call, "%lld sales of %d products to %lld customers", (long long)sales, PRODUCTS,
		(long long)customers);
	return CN_OK;
}
