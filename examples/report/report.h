/* report.h - the commands of the program, and how they show what they found. */
#ifndef REPORT_H
#define REPORT_H

#include "models.h"

/* show.c: rows of any model as a table for people, as CSV, or as JSON (--format, --json). */
typedef struct show {
	cn_call *call;
	const cn_model *model;
	enum { AS_TABLE, AS_CSV, AS_JSON } as;
	size_t rows; /* so far */
} show;

show show_begin(cn_call *call, const cn_model *model);
void show_row(show *out, const void *row); /* CSV and JSON: written at once, nothing is kept */
void show_end(show *out);
/* A whole list, in columns that fit; fails if the session has. */
int show_rows(cn_call *call, cn_session *s, const cn_model *model, void *rows, cn_error *err);

/* What a session's error is to a command. */
int failed(const cn_session *s, cn_error *err);

int sales(cn_call *call, cn_error *err);      /* sales.c */
int categories(cn_call *call, cn_error *err); /* sales.c */
int customer(cn_call *call, cn_error *err);   /* customer.c */
int products(cn_call *call, cn_error *err);   /* customer.c */
int funnel(cn_call *call, cn_error *err);     /* funnel.c */
int export(cn_call *call, cn_error *err);     /* export.c */
int look(cn_call *call, cn_error *err);       /* look.c */
int seed(cn_call *call, cn_error *err);       /* seed.c */

extern const char *const groupings[]; /* of sales */
extern const char *const exports[];

#endif
