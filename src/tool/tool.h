/*
 * tool.h - the stand-alone program `cantil`: its commands, one file each.
 *
 * It is an app like any other (cantil/app.h) whose project is the one around the working folder, so
 * that `cantil db …` works for a cantil.ini; what it adds are commands on any two things that have
 * a schema.
 */
#ifndef CNI_TOOL_TOOL_H
#define CNI_TOOL_TOOL_H

#include <cantil/app.h>

extern const cn_command_desc cni_tool_adopt;
extern const cn_command_desc cni_tool_inspect;
extern const cn_command_desc cni_tool_diff;
extern const cn_command_desc cni_tool_apply;
extern const cn_command_desc cni_tool_new;
extern const cn_command_desc cni_tool_embed;

#endif
