/* tap.h - what every cmocka program of ours includes: the headers in the order cmocka wants, TAP
 * output. */
#ifndef CANTIL_TESTS_TAP_H
#define CANTIL_TESTS_TAP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* `return RUN(tests);` at the end of main. */
#define RUN(tests) \
	(cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests((tests), NULL, NULL))

/* Fails the test with the error's three parts when a call did not succeed. */
#define assert_ok(call, err)                                                         \
	do {                                                                         \
		cn_status got_ = (call);                                             \
		if (got_ < 0)                                                        \
			fail_msg("%s: %d %s | %s | %s", #call, got_, (err)->message, \
				(err)->detail, (err)->hint);                         \
	} while (0)

#endif
