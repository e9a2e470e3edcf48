/* status.h -- statuses as the store writes them: "ok", "enumeric". */
#ifndef STORE_STATUS_H
#define STORE_STATUS_H

#include <surplus/base.h>

typedef struct sur_status_name {
    char text[16];
} sur_status_name;
sur_status_name sur_status_name_of(sur_status status);

/* false: no status has that name. */
bool sur_status_of_name(const char *name, sur_status *status);

#endif
