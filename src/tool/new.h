/* new.h - the files of a new project, embedded at build time from templates/. */
#ifndef CNI_TOOL_NEW_H
#define CNI_TOOL_NEW_H

#include <stddef.h>

typedef struct cni_template {
	const char *path; /* in the project; @NAME@ stands for its name, here and in the text */
	const char *text;
} cni_template;

extern const cni_template cni_templates[]; /* ended by {0} */

#endif
