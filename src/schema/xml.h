/*
 * xml.h - a small, tolerant reader of XML for files that programs write badly.
 *
 * The whole file becomes a tree in the arena. What has one obvious meaning is mended and noted: a
 * bare
 * `&`, a bare `<`, an attribute without quotes, a closing tag too many or too few, bytes that are
 * not UTF-8 (read as ISO 8859-1). Entities are the five of XML and numbers: nothing is ever
 * defined, so nothing can explode. A file that stops in the middle is refused: something is
 * missing.
 *
 * Bounds: 16 MiB, 64 levels, 500,000 elements and attributes, 64 attributes an element.
 */
#ifndef CNI_SCHEMA_XML_H
#define CNI_SCHEMA_XML_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"

enum { CNI_XML_BYTES = 16 << 20, CNI_XML_DEPTH = 64, CNI_XML_NODES = 500000 };

typedef struct cni_xml_attribute {
	const char *name, *value;
	struct cni_xml_attribute *next;
} cni_xml_attribute;

typedef struct cni_xml_node {
	const char *name;
	const char
		*text; /* all text directly inside, white space around it taken off; never NULL */
	size_t line;   /* where its tag begins, from 1 */
	cni_xml_attribute *attributes;
	struct cni_xml_node *children, *last_child, *next;
} cni_xml_node;

/* Who is told what was mended; stops counting lines after a bound of its own. */
typedef struct cni_notes {
	cni_buffer *out; /* may be NULL */
	size_t count;
} cni_notes;

/* Adds "line 3: …"; control characters become `?`, since notes end up on terminals. */
void cni_note(cni_notes *notes, size_t line, const char *fmt, ...) CN_PRINTF(3, 4);

/* CN_EARG with the line in the detail for what cannot be read; CN_ENOMEM. */
cn_status cni_xml_read(cni_arena *arena, const char *xml, size_t size, cni_notes *notes,
	cni_xml_node **ret_root, cn_error *err) CN_MUST_CHECK;

/* The value of an attribute; NULL if it is not there. */
const char *cni_xml_get(const cni_xml_node *node, const char *name);

/* The first child of that name from `from` on (a child, or NULL); NULL if there is none.
 *     for (n = cni_xml_find(table->children, "row"); n; n = cni_xml_find(n->next, "row")) … */
const cni_xml_node *cni_xml_find(const cni_xml_node *from, const char *name);

#endif
