/* seed.c - `store db seed`: a few thousand rows, the same each time. */
#include <stdio.h>

#include "models.h"
#include "store.h"

enum { PRODUCERS = 40, CONSUMERS = 400, PRODUCTS = 900, PIECES = 2200 };

static const char *const places[] = {
	"Alpine", "Baltic", "Coastal", "Delta", "Eastern", "Forest", "Golden", "Harbour"};
static const char *const trades[] = {"Bakers", "Brewers", "Dairy", "Farms", "Mills"};
static const char *const kinds[] = {"Bread", "Butter", "Cheese", "Coffee", "Flour", "Honey", "Jam",
	"Juice", "Oats", "Oil", "Pasta", "Rice", "Salt", "Soap", "Tea"};
static const char *const sizes[] = {
	"small", "family size", "organic", "smoked", "\"old style\"", "100 g", "500 g"};
static const char *const names[] = {
	"Ada", "Bela", "Chen", "Dora", "Emil", "Fatima", "Grace", "Hugo", "Inês", "Jo", "Kofi"};

/* A small generator of its own, so that every seeded store is the same. */
static unsigned next(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16 & 0x7FFF;
}

#define PICK(list, n) (list)[(n) % (sizeof(list) / sizeof *(list))]

cn_status store_seed(cn_session *s, cn_call *call, cn_error *err)
{
	Producer *producers[PRODUCERS];
	Consumer *consumers[CONSUMERS];
	Product *products[PRODUCTS];
	char name[100];
	unsigned state = 1;

	if (cn_exists(s, Product)) {
		cn_note(call, "there are products already; nothing is added");
		return CN_OK;
	}
	for (unsigned i = 0; i < PRODUCERS; i++) {
		snprintf(name, sizeof name, "%s %s", PICK(places, i), PICK(trades, i / 8));
		producers[i] = cn_new(s, Producer, .name = name);
	}
	for (unsigned i = 0; i < CONSUMERS; i++) {
		snprintf(name, sizeof name, "%s %u", PICK(names, next(&state)), i + 1);
		consumers[i] = cn_new(s, Consumer, .name = name);
	}
	if (cn_flush(s) < 0) /* the keys are known now */
		goto failed;
	for (unsigned i = 0; i < PRODUCTS; i++) {
		snprintf(name, sizeof name, "%s, %s", PICK(kinds, i), PICK(sizes, next(&state)));
		products[i] = cn_new(s, Product, .name = name,
			.id_Producer = producers[next(&state) % PRODUCERS]->id,
			.stock = next(&state) % 50);
		if (i % 20) /* some have no price yet */
			products[i]->price =
				(cn_null_double)cn_some((50 + next(&state) % 2500) / 100.0);
	}
	if (cn_flush(s) < 0)
		goto failed;
	for (unsigned i = 0; i < PIECES; i++)
		(void)cn_new(s, Garbage, .id_Product = products[next(&state) % PRODUCTS]->id,
			.id_Consumer = consumers[next(&state) % CONSUMERS]->id,
			.consumed = {(1767225600LL + (int64_t)next(&state) * 800) * 1000000});
	if (cn_flush(s) == CN_OK) {
		cn_note(call, "%d producers, %d products, %d consumers, %d pieces of garbage",
			PRODUCERS, PRODUCTS, CONSUMERS, PIECES);
		return CN_OK;
	}
failed:
	*err = *cn_session_error(s);
	return err->status;
}
