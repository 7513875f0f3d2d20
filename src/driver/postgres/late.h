/* late.h - libpq is loaded when it is needed, in a program that is linked with late.c. */
#ifndef CNI_DRIVER_POSTGRES_LATE_H
#define CNI_DRIVER_POSTGRES_LATE_H

#include <cantil/error.h>

/* Before anything of libpq is called. CN_EUNSUPPORTED, saying what is missing, when it is not
 * installed. NULL in a program that is linked with libpq itself: it is there. */
cn_status cni_libpq_load(cn_error *err) __attribute__((weak));

#endif
