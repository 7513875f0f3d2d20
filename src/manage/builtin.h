/* builtin.h - the commands that every app has, and what is written about commands. */
#ifndef CNI_MANAGE_BUILTIN_H
#define CNI_MANAGE_BUILTIN_H

#include "base/buffer.h"
#include "manage/app.h"

extern const cn_command_desc cni_builtin_commands[]; /* builtin.c; all but `db`, ended by {0} */
extern const cn_command_desc cni_db_command;         /* db.c: the parent of db.h's tables */

int cni_shell_run(cn_call *call, cn_error *err); /* shell.c */
extern const cn_option cni_shell_options[];
int cni_clean_run(cn_call *call, cn_error *err); /* clean.c */
extern const cn_option cni_clean_options[];

/* All of these follow from the tables. `program`: how the program is typed. */
void cni_help_write(cni_buffer *out, const cn_app *app, const cni_node *node, const char *program,
	bool bold);                                         /* help.c */
void cni_man_write(cni_buffer *out, const cn_app *app);     /* man.c: a page in roff */
void cni_complete_bash(cni_buffer *out, const cn_app *app); /* complete.c */
void cni_complete_zsh(cni_buffer *out, const cn_app *app);
void cni_complete_fish(cni_buffer *out, const cn_app *app);

#endif
