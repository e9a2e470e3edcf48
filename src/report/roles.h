/* roles.h -- one trial alone, turned: a row for each metric, a column for each role of
 * a model (or part), so that they can be compared. */
#ifndef REPORT_ROLES_H
#define REPORT_ROLES_H

#include "report/view.h"

enum { SUR_ROLE_COLUMNS = 6 };

typedef struct sur_role_table {
    const sur_view *view;
    const sur_record *record;
    const char *role[SUR_ROLE_COLUMNS]; /* names; "" is the plain one */
    int roles;
} sur_role_table;

/* False unless there is one trial, finished, of two roles or more that fit. */
bool sur_role_table_of(sur_role_table *out, const sur_view *view);

/* Aligned for reading. */
void sur_put_roles(FILE *out, const sur_role_table *table);

/* As an HTML table. */
void sur_page_roles(FILE *out, const sur_role_table *table);

#endif
