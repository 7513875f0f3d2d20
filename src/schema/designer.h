/* designer.h - what the files that read a WWW SQL Designer design share. */
#ifndef CNI_SCHEMA_DESIGNER_H
#define CNI_SCHEMA_DESIGNER_H

#include "schema/schema.h"
#include "schema/xml.h"

typedef struct cni_designer {
	cni_arena *arena;
	cni_notes *notes;
	const cni_xml_node *row; /* the one being read */
	const char *table;       /* its table's name, for notes */
} cni_designer;

/* What a row's <datatype> becomes in SQLite. */
typedef struct cni_designer_type {
	const char *type;   /* declared type; NULL: none */
	const char *values; /* of an ENUM: 'a', 'b'; for a CHECK; else NULL */
	bool integer;       /* a whole number: as a primary key it is the rowid */
	bool serial;        /* numbers itself, like autoincrement="1" */
} cni_designer_type;

/* Notes what cannot be kept; type stays safe to print whatever the file says. */
cni_designer_type cni_designer_type_read(
	cni_designer *designer, const char *column, const char *text);

/* The row's <default> as SQL; NULL for none, which NULL and an empty one are too. */
const char *cni_designer_default_read(cni_designer *designer, const char *column, const char *text);

#endif
