/* table.h -- the heads and cells that every form of the table is made of. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "report/view.h"

typedef enum sur_cell {
    SUR_CELL_VALUE,
    SUR_CELL_LOW,
    SUR_CELL_HIGH,
    SUR_CELL_INTERVAL, /* "0.312 [0.300, 0.325]" in one cell, for people */
    SUR_CELL_STATUS,   /* ok or failed */
    SUR_CELL_MESSAGE
} sur_cell;

typedef struct sur_head {
    const sur_field *field;   /* an option, or NULL */
    const sur_column *column; /* a metric, or NULL */
    sur_cell part;
} sur_head;

typedef struct sur_heads {
    sur_head *at; /* [count] */
    sur_idx count;
    bool exact; /* for machines: all digits, low and high in columns of their own */
} sur_heads;

typedef enum sur_precision { SUR_ALL_DIGITS, SUR_FEW_DIGITS } sur_precision;

/* The columns: options that vary (for people, not those that follow from others),
 * metrics, and the status if any trial failed. The view must outlive them. Free `at`.
 */
SUR_MUST_USE sur_status sur_heads_new(sur_heads *out, const sur_view *view,
                                      sur_precision precision, sur_error *err);

void sur_put_head(FILE *out, const sur_head *head, sur_escape escape);
const char *sur_head_unit(const sur_head *head); /* NULL: none */
bool sur_head_is_number(const sur_head *head);
void sur_put_cell(FILE *out, const sur_heads *heads, sur_idx h,
                  const sur_record *record, sur_escape escape);

/* The table for machines: TSV or CSV, all digits. */
void sur_put_table(FILE *out, const sur_heads *heads, const sur_records *records,
                   sur_escape escape);

#endif
