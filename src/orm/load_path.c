/* load_path.c - "producer, products.garbage" as a tree, so that a common beginning is loaded once.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "orm/load_impl.h"
#include "sql/lexer.h"

enum { PATH_DEPTH = 16 };

static cn_status unknown_relation(cn_session *s, const cni_layout *layout, const char *name)
{
	const char **names = cni_alloc(&s->scratch, (layout->link_count + 1) * sizeof *names);

	cn_error_set(
		&s->error, CN_EARG, "\"%s\" has no relation \"%s\" to load", layout->name, name);
	for (size_t i = 0; names && i < layout->link_count; i++)
		names[i] = layout->links[i].relation->member;
	const char *near = names ? cni_nearest(name, names) : NULL;
	if (near)
		cn_error_hint(&s->error, "did you mean \"%s\"?", near);
	else
		cn_error_hint(
			&s->error, "its relations are what CN_BELONGS_TO and CN_HAS_MANY declare");
	return CN_EARG;
}

static cn_status add_path(
	cn_session *s, cni_path **level, const cni_layout *layout, const char *name, cni_path **ret)
{
	for (size_t i = 0; i < layout->link_count; i++) {
		if (strcmp(layout->links[i].relation->member, name) != 0)
			continue;
		while (*level && (*level)->link != &layout->links[i])
			level = &(*level)->next;
		if (!*level) {
			*level = cni_alloc(&s->scratch, sizeof **level);
			if (!*level)
				return cni_session_oom(s);
			(*level)->link = &layout->links[i];
		}
		*ret = *level;
		return CN_OK;
	}
	return unknown_relation(s, layout, name);
}

cn_status cni_path_parse(cn_session *s, const cni_layout *layout, const char *text, cni_path **ret)
{
	const cni_layout *at_layout = layout;
	cni_path *tree = NULL, **level = &tree;
	cni_lexer lexer;
	size_t depth = 0;

	cni_lexer_init(&lexer, text, strlen(text));
	for (;;) {
		cni_token word = cni_lexer_next_solid(&lexer), after = cni_lexer_next_solid(&lexer);
		bool dot = cni_token_is_op(&after, "."), comma = cni_token_is_op(&after, ",");
		cni_path *path = NULL;
		if (word.kind != CNI_TOKEN_WORD ||
			(after.kind != CNI_TOKEN_END && !dot && !comma)) {
			cn_error_set(&s->error, CN_EARG, "\"%s\" is no list of relations", text);
			cn_error_hint(&s->error, "write \"producer, products.garbage\"");
			return CN_EARG;
		}
		if (++depth > PATH_DEPTH)
			return cn_fail(&s->error, CN_EARG,
				"relations are loaded at most %d levels deep", PATH_DEPTH);
		char *name = cni_strndup(&s->scratch, word.text, word.size);
		if (!name)
			return cni_session_oom(s);
		TRY(add_path(s, level, at_layout, name, &path));
		if (after.kind == CNI_TOKEN_END)
			break;
		level = dot ? &path->first : &tree;
		at_layout = dot ? path->link->target : layout;
		depth = dot ? depth : 0;
	}
	*ret = tree;
	return CN_OK;
}

/* The depth is bounded by cni_path_parse. */
static cn_status load_tree(
	cn_session *s, const cni_path *path, const cni_node *owners, size_t count, bool read_only)
{
	for (; path && count; path = path->next) {
		cni_node *found = NULL;
		size_t found_count = 0;
		TRY(cni_load_link(s, path->link, owners, count, read_only,
			path->first ? &found : NULL, &found_count));
		if (path->first)
			TRY(load_tree(s, path->first, found, found_count, read_only));
	}
	return CN_OK;
}

cn_status cni_session_load_path(cn_session *s, const cni_layout *layout, const cni_node *owners,
	size_t count, const char *path, bool read_only)
{
	cni_path *tree;

	TRY(cni_path_parse(s, layout, path, &tree));
	return load_tree(s, tree, owners, count, read_only);
}

static cn_status load(
	cn_session *s, const cn_model *model, void *const *rows, size_t count, const char *path)
{
	cni_arena_reset(&s->scratch);
	const cni_layout *layout = cni_session_layout(s, model);
	if (!layout)
		return s->error.status;
	cni_node *owners = cni_alloc(&s->scratch, (count + 1) * sizeof *owners);
	if (!owners)
		return cni_session_oom(s);
	for (size_t i = 0; i < count; i++) {
		owners[i] = (cni_node){rows[i], cni_session_entry(s, layout, rows[i])};
		if (cni_session_failed(s))
			return s->error.status;
	}
	return cni_session_load_path(s, layout, owners, count, path, false);
}

void cn_session_load(cn_session *s, const cn_model *model, void *list, const char *path)
{
	s = cni_session_for(s, model);
	if (list && cni_session_ready(s)) /* the error is kept */
		(void)!load(s, model, list, cn_len(list), path);
}

void cn_session_load_row(cn_session *s, const cn_model *model, void *row, const char *path)
{
	s = cni_session_for(s, model);
	if (row && cni_session_ready(s))
		(void)!load(s, model, (void *[]){row}, 1, path);
}
