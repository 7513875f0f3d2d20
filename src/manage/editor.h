/* editor.h - the user's editor on a file. */
#ifndef CNI_MANAGE_EDITOR_H
#define CNI_MANAGE_EDITOR_H

#include <cantil/command.h>

/* Runs $VISUAL, $EDITOR or vi on the file and waits for its end. Words with blanks or quotes in
 * them
 * ("code --wait") are the shell's to read; otherwise no shell takes part. CN_ENOTFOUND when there
 * is no such program, CN_EIO when it ends with an error. */
cn_status cni_editor_run(cn_call *call, const char *path, cn_error *err) CN_MUST_CHECK;

#endif
