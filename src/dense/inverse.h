/* inverse.h -- the inverse of a symmetric positive definite matrix, where its entries
 * themselves are wanted (leave-one-out formulas read its diagonal). */
#ifndef DENSE_INVERSE_H
#define DENSE_INVERSE_H

#include <surplus/dense.h>

/* a becomes its inverse, both triangles. SUR_ENUMERIC if it is not positive definite or
 * has an entry that is not finite; a is then anything. */
SUR_MUST_USE sur_status dense_invert(sur_mat *a, sur_error *err);

#endif
