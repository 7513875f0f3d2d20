/*
 * control.h - between the real executor and the driver, by the linker: one of its protections taken
 * away, to see that the tests would notice; and where it commits.
 */
#ifndef TESTS_FAULT_CONTROL_H
#define TESTS_FAULT_CONTROL_H

#include <stdbool.h>

/* `fn` is called (NULL: no more) when a transaction was committed, and when a statement has been
 * run outside of one: whatever can be seen in the database then may be seen after a power loss. */
void control_watch(void (*fn)(void *ctx), void *ctx);

/* "no-sync": synchronous is OFF from where a migration wants it safest. "no-transaction": every
 * statement is on its own. false: no such control. */
bool control_choose(const char *what);
/* It works between these. Without a choice it never does. */
void control_arm(bool on);

#endif
