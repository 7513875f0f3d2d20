/* ways.h - the ways in which a scenario can be run: world.c. */
#ifndef TESTS_FAULT_WAYS_H
#define TESTS_FAULT_WAYS_H

#include "scenario.h"

cn_status run_up(world *w, size_t *ret_reported, cn_error *err);   /* cni_run_revision */
cn_status run_down(world *w, size_t *ret_reported, cn_error *err); /* the same, backwards */
cn_status run_apply(world *w, size_t *ret_reported, cn_error *err);
cn_status run_upgrade(world *w, size_t *ret_reported, cn_error *err); /* cn_migrator_upgrade */
cn_status run_downgrade(world *w, size_t *ret_reported, cn_error *err);
cn_status run_stamp(world *w, size_t *ret_reported, cn_error *err);

#endif
