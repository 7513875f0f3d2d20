/*
 * command.h - a program's commands as tables: parsing, --help, shell completion and the man page
 * all follow from the same table.
 *
 *     static const cn_option restock_options[] = {
 *             CN_OPT_FLAG('n', "dry-run", "only say what would be ordered"),
 *             CN_OPT_INT('c', "count", "N", "pieces of each product", .default_value = "10", .min =
 * 1), CN_ARG_REST("product", "names of the products; none: all"), {0},
 *     };
 *
 *     static int restock(cn_call *call, cn_error *err)
 *     {
 *             cn_session *s;
 *             if (cn_call_session(call, &s, err) < 0)
 *                     return err->status;
 *             …
 *             cn_note(call, "%d products ordered", n);
 *             return CN_OK;
 *     }
 *
 *     cn_command(app, &(cn_command_desc){.name = "restock", .help = "fill the shelves",
 *             .example = "store restock -c 5 tea", .options = restock_options, .run = restock});
 *
 * Zero is the usual everywhere. Tables are borrowed: they must live as long as the app (make them
 * static const). Everything that a call hands out lives in the call and dies with it.
 *
 * Source: src/manage/ (parse.c, call.c, print.c, prompt.c, progress.c)
 */
#ifndef CANTIL_COMMAND_H
#define CANTIL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cantil/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cn_app cn_app;
typedef struct cn_call cn_call; /* one run of one command: its options, its arguments, its output */
typedef struct cn_db cn_db;
typedef struct cn_session cn_session;
typedef struct cn_command_desc cn_command_desc;

typedef enum cn_option_kind {
	CN_OPTION_FLAG = 1, /* given or not; counted when .repeated */
	CN_OPTION_TEXT,
	CN_OPTION_INT,    /* decimal, between .min and .max */
	CN_OPTION_CHOICE, /* one of .choices */
} cn_option_kind;

/* What a shell offers for a value, besides .choices. */
typedef enum cn_completion {
	CN_COMPLETE_NONE = 0,
	CN_COMPLETE_FILE,
	CN_COMPLETE_FOLDER
} cn_completion;

/* One option (-c, --count) or one argument (told by its place). An argument's name is what
 * cn_call_text() and friends are asked for; help shows it in capitals. Arguments are filled in the
 * order of the table: required ones first, then optional ones, at last one that takes the rest. */
typedef struct cn_option {
	cn_option_kind kind; /* 0 ends the table */
	bool argument;       /* told by its place, not by its name */
	char letter;         /* of the short form; 0: none */
	const char *name;    /* of the long form, without the dashes */
	const char *value;   /* the value's name in help: "FILE"; NULL: the name in capitals */
	const char *help;    /* one line, lower case, no full stop */

	const char *default_value;  /* as it would be typed; NULL: none */
	const char *const *choices; /* NULL-terminated, of CN_OPTION_CHOICE */
	int64_t min, max;           /* of CN_OPTION_INT; both 0: any */
	bool required;
	bool repeated;     /* may be given many times; an argument: takes all that are left */
	bool hidden;       /* not in help or completion */
	int exclusive;     /* options with the same number (> 0) exclude one another */
	const char *group; /* its heading in help; NULL: "options" */
	cn_completion complete;
} cn_option;

#ifndef __cplusplus
/* The rows of a table; further members follow by name: CN_OPT_TEXT('o', "out", "FILE", "…",
 * .required = true) */
#define CN_OPT_FLAG(short_, long_, ...)                                                          \
	{                                                                                        \
		.kind = CN_OPTION_FLAG, .letter = (short_), .name = (long_), .help = __VA_ARGS__ \
	}
#define CN_OPT_TEXT(short_, long_, value_, ...)                                                 \
	{                                                                                       \
		.kind = CN_OPTION_TEXT, .letter = (short_), .name = (long_), .value = (value_), \
		.help = __VA_ARGS__                                                             \
	}
#define CN_OPT_INT(short_, long_, value_, ...)                                                 \
	{                                                                                      \
		.kind = CN_OPTION_INT, .letter = (short_), .name = (long_), .value = (value_), \
		.help = __VA_ARGS__                                                            \
	}
#define CN_OPT_CHOICE(short_, long_, choices_, ...)                            \
	{                                                                      \
		.kind = CN_OPTION_CHOICE, .letter = (short_), .name = (long_), \
		.choices = (choices_), .help = __VA_ARGS__                     \
	}
#define CN_ARG(name_, ...)                                                                   \
	{                                                                                    \
		.kind = CN_OPTION_TEXT, .argument = true, .required = true, .name = (name_), \
		.help = __VA_ARGS__                                                          \
	}
#define CN_ARG_OPTIONAL(name_, ...)                                                            \
	{                                                                                      \
		.kind = CN_OPTION_TEXT, .argument = true, .name = (name_), .help = __VA_ARGS__ \
	}
#define CN_ARG_REST(name_, ...)                                                              \
	{                                                                                    \
		.kind = CN_OPTION_TEXT, .argument = true, .repeated = true, .name = (name_), \
		.help = __VA_ARGS__                                                          \
	}
#endif

/*
 * The command itself. Returns 0 when done; a cn_status (< 0) with err filled when not: cn_main
 * prints the error and exits 1 (3 for CN_EDECISION, 130 for CN_ECANCELED, 2 after cn_usage); a
 * number > 0 is the exit code itself, and nothing is printed. It never prints its error and never
 * calls exit.
 */
typedef int (*cn_run_fn)(cn_call *call, cn_error *err);

struct cn_command_desc {
	const char *name;         /* NULL ends a table; "restock": small letters, digits, dashes */
	const char *help;         /* one line, lower case, no full stop */
	const char *description;  /* a paragraph or two for --help; NULL: none */
	const char *example;      /* lines that could be typed, shown as they stand; NULL: none */
	const cn_option *options; /* options and arguments, ended by {0}; NULL: none */
	const cn_command_desc *commands; /* nested commands, ended by {0}; NULL: none */
	cn_run_fn run; /* NULL: a parent only; without a nested command it shows its help */
	bool json;     /* knows --json (cn_call_json) */
	bool hidden;   /* not in help or completion */
	/* with several databases (cn_app_database) and no --database: runs once for each */
	bool every_database;
};

/* ---- what was typed; `name` is the long name or the argument's, and must be in the table ---- */

CN_API bool cn_call_flag(const cn_call *call, const char *name);
CN_API unsigned cn_call_count(const cn_call *call, const char *name); /* how often it was given */
CN_API bool cn_call_given(
	const cn_call *call, const char *name); /* or is there only its default? */
CN_API const char *cn_call_text(
	const cn_call *call, const char *name);                    /* NULL: not given, no default */
CN_API int64_t cn_call_int(const cn_call *call, const char *name); /* 0: not given, no default */
/* Every value given of a repeated option or argument, NULL-terminated, never NULL. ret_count may be
 * NULL. */
CN_API const char *const *cn_call_list(const cn_call *call, const char *name, size_t *ret_count);

/* ---- what it works on ---- */

CN_API cn_app *cn_call_app(const cn_call *call);
CN_API void *cn_call_context(const cn_call *call); /* .context of the app */

/* The app's database, opened at the first call and closed after the command. It is never created by
 * opening it: CN_ENOTFOUND with a hint when it is not there. */
CN_API cn_status cn_call_db(cn_call *call, cn_db **ret_db, cn_error *err) CN_MUST_CHECK;
/* One session on it, made at the first call. The command commits; what is not committed is rolled
 * back. */
CN_API cn_status cn_call_session(
	cn_call *call, cn_session **ret_session, cn_error *err) CN_MUST_CHECK;

/* ---- errors ---- */

/* Wrong usage: the error is printed with "hint: see APP COMMAND --help", exit code 2. Returns
 * CN_EARG. */
CN_API cn_status cn_usage(cn_call *call, cn_error *err, const char *fmt, ...) CN_PRINTF(3, 4);
/* The error that is set already is one of usage (a wrong value that something below found). Returns
 * its status. */
CN_API cn_status cn_usage_mark(cn_call *call, cn_error *err);

/* ---- output; the text comes without the line's end ---- */

CN_API bool cn_call_json(
	const cn_call *call); /* --json was given: write one JSON document with cn_print */
CN_API bool cn_call_quiet(const cn_call *call);    /* -q */
CN_API bool cn_call_verbose(const cn_call *call);  /* -v */
CN_API bool cn_call_terminal(const cn_call *call); /* somebody sits there: questions can be asked */

CN_API void cn_print(cn_call *call, const char *fmt, ...)
	CN_PRINTF(2, 3); /* the result: a line on stdout */
CN_API void cn_write(cn_call *call, const char *text, size_t size); /* the same, as it stands */
CN_API void cn_note(cn_call *call, const char *fmt, ...)
	CN_PRINTF(2, 3); /* a line on stdout, not with -q or --json */
CN_API void cn_detail(cn_call *call, const char *fmt, ...)
	CN_PRINTF(2, 3); /* a line on stderr, with -v only */
CN_API void cn_warn(cn_call *call, const char *fmt, ...)
	CN_PRINTF(2, 3); /* "APP: warning: …" on stderr */

typedef enum cn_style {
	CN_STYLE_NONE = 0,
	CN_STYLE_BOLD,
	CN_STYLE_DIM,
	CN_STYLE_RED,
	CN_STYLE_GREEN,
	CN_STYLE_YELLOW
} cn_style;
/* What starts a style on stdout (CN_STYLE_NONE ends it); "" where there is no colour (not a
 * terminal, NO_COLOR, --no-color, TERM=dumb). */
CN_API const char *cn_color(const cn_call *call, cn_style style);

/* A bar on stderr, on a terminal only, for what takes longer than a second. `what` is one line
 * ("copying product"); call it as often as you like. total 0: unknown. It goes away when the
 * command ends. */
CN_API void cn_progress(cn_call *call, const char *what, int64_t done, int64_t total);

/* ---- questions; without a terminal each fails with CN_EDECISION (exit 3) and says so ---- */

/* A line of text. default_text (may be NULL) is taken for an empty one; without it the question is
 * asked again. */
CN_API cn_status cn_ask_text(cn_call *call, const char *question, const char *default_text,
	const char **ret_text, cn_error *err) CN_MUST_CHECK;
/* The same without showing what is typed. Wiped from memory when the command ends. */
CN_API cn_status cn_ask_password(
	cn_call *call, const char *question, const char **ret_text, cn_error *err) CN_MUST_CHECK;
CN_API cn_status cn_ask_yes(cn_call *call, const char *question, bool default_yes, bool *ret_yes,
	cn_error *err) CN_MUST_CHECK;
/* One of a NULL-terminated list, by its number or its text. default_choice: an index, or -1 for
 * none. */
CN_API cn_status cn_ask_choice(cn_call *call, const char *question, const char *const *choices,
	int default_choice, size_t *ret_choice, cn_error *err) CN_MUST_CHECK;

/* Did the user press Ctrl-C? For long loops without SQL: return cn_fail(err, CN_ECANCELED,
 * "interrupted"). A statement that runs is interrupted by itself; a second Ctrl-C ends the program
 * at once. */
CN_API bool cn_call_interrupted(const cn_call *call);

#ifdef __cplusplus
}
#endif
#endif
