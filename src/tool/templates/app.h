/* app.h - the application, made in one place for main() and for the tests. */
#ifndef APP_H
#define APP_H

#include <cantil/cantil.h>

cn_app *app_new(void);

#endif
