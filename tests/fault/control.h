/*
 * control.h - the real executor with one of its protections taken away, by the linker: to see that
 * the tests would notice.
 */
#ifndef TESTS_FAULT_CONTROL_H
#define TESTS_FAULT_CONTROL_H

#include <stdbool.h>

/* "no-sync": synchronous is OFF from where a migration wants it safest. "no-transaction": every
 * statement is on its own. false: no such control. */
bool control_choose(const char *what);
/* It works between these. Without a choice it never does. */
void control_arm(bool on);

#endif
