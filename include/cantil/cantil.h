/*
 * cantil.h - everything but the web layer: models, sessions, migrations, the manager.
 *
 * Link with pkg-config `cantil`. The web layer is <cantil/web.h> and pkg-config `cantil-web`.
 */
#ifndef CANTIL_CANTIL_H
#define CANTIL_CANTIL_H

#include <cantil/app.h>
#include <cantil/command.h>
#include <cantil/data_step.h>
#include <cantil/database.h>
#include <cantil/error.h>
#include <cantil/migrate.h>
#include <cantil/model.h>
#include <cantil/session.h>
#include <cantil/types.h>

#endif
