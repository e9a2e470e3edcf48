/* columns.h -- from the columns of a file to a data set: targets, classes, one-hot. */
#ifndef DATA_COLUMNS_H
#define DATA_COLUMNS_H

#include "data/select.h"

/* Text columns with more different words than this are no features. */
enum { SUR_MOST_INDICATORS = 32 };
/* Whole numbers with at most so many different values are classes (task auto). */
enum { SUR_MOST_AUTO_CLASSES = 20 };

/* The classes of a target, in ascending order of number or text. count 0: regression.
 */
typedef struct sur_classes {
    sur_idx count;
    double *number;         /* [count] the values, of a numeric target; NULL of text */
    const sur_words *words; /* of a text target, borrowed; NULL of numbers */
} sur_classes;

/* Decides what the task is, and replaces target values [rows] (NaN: missing) by class
 * indices if it is classification. SUR_EPARSE (numbers and words mixed), SUR_EINVAL
 * (text for a regression, too many classes), SUR_ENOMEM. */
SUR_MUST_USE sur_status sur_classes_make(sur_classes *classes, double *target,
                                         const sur_table *table, sur_idx column,
                                         sur_task task, sur_error *err);
void sur_classes_free(sur_classes *classes);

/* Makes the data set, using up the table's memory for it: the block is taken over and
 * the cells move inside it. The last test_rows rows are the test part. The checksum is
 * left empty. SUR_EPARSE, SUR_EINVAL, SUR_ENOMEM; on failure *out is empty. */
SUR_MUST_USE sur_status sur_columns_build(sur_dataset *out, sur_table *table,
                                          sur_idx test_rows,
                                          const sur_selection *selection, sur_task task,
                                          sur_note *note, sur_error *err);

/* The same without x, for features that stay in their file: rows, scalar and file of
 * `of`, targets and weights (NULL: none) of its rows. table has the names and words. */
SUR_MUST_USE sur_status sur_columns_outline(sur_dataset *out, const sur_table *table,
                                            const sur_dataset *of, double *target,
                                            const double *weight,
                                            const sur_selection *selection,
                                            sur_task task, sur_note *note,
                                            sur_error *err);

#endif
