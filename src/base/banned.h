/*
 * banned.h - what must not be called in src/: each has a way to be wrong that nobody sees. Included
 * in front of every file by the build; using one of these does not compile.
 *
 *   strcpy strcat sprintf vsprintf   no bound            cni_buffer, snprintf
 *   strncpy strncat                  no NUL, or slow     cni_strndup
 *   strtok                           hidden state        cni_lexer, strchr
 *   gmtime localtime ctime asctime   a shared buffer     cni_time_text
 *   atoi atol atoll atof             errors look like 0  strtoll, strtod
 *   gets tmpnam mktemp               races               cni_file_write, mkdtemp
 *   system                           a shell             posix_spawn
 */
#ifndef CNI_BASE_BANNED_H
#define CNI_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison atoi atol atoll atof
#pragma GCC poison tmpnam mktemp system

#endif
