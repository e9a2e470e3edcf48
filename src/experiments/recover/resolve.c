/* resolve.c -- the options that were not given, and what they will cost. */
#include "experiments/recover/problem.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <string.h>

static sur_status resolve_file(sur_recover_trial *o, const void *input, size_t size,
                               sur_error *err)
{
    const recover_input *in;
    sur_status status;
    SUR_TRY(recover_input_view(&in, input, size, err));
    o->problem = RECOVER_FILE;
    if (o->sensing == SUR_UNSET) o->sensing = SENSING_COMPLETION;
    if (!o->data_sha256) SUR_TRY(sur_copy_text(&o->data_sha256, in->checksum, err));
    SUR_FAIL_IF(strcmp(o->data_sha256, in->checksum) != 0, SUR_EINVAL,
                "data_sha256 is %.16s..., that of the data %.16s...", o->data_sha256,
                in->checksum);
    SUR_FAIL_IF((in->entries != 0) != (o->sensing == SENSING_COMPLETION), SUR_EINVAL,
                "sensing cannot vary over one file");
    o->measurements = in->count;
    if (o->sensing != SENSING_GAUSSIAN) {
        o->dimension = in->rows;
        if (o->shape == SHAPE_AUTO)
            o->shape = o->sensing == SENSING_RANK_ONE ||
                               (o->sensing == SENSING_DENSE && in->rows == in->cols)
                           ? SHAPE_PSD
                           : SHAPE_RECTANGULAR;
        SUR_FAIL_IF(o->shape == SHAPE_PSD && in->rows != in->cols, SUR_ESHAPE,
                    "shape = psd, but the matrix is %lld x %lld", (long long)in->rows,
                    (long long)in->cols);
        o->columns = o->shape == SHAPE_PSD ? SUR_UNSET : in->cols;
    }
    SUR_FAIL_IF(o->sensing == SENSING_RANK_ONE && o->shape == SHAPE_RECTANGULAR,
                SUR_EINVAL, "rank-one measurements a' M a are of a psd matrix");
    if (o->center == CENTER_AUTO)
        o->center =
            in->entries && o->shape == SHAPE_RECTANGULAR ? CENTER_DAMPED : CENTER_NONE;
    SUR_FAIL_IF(o->center != CENTER_NONE && !in->entries, SUR_EINVAL,
                "center takes row and column effects off entries only");
    SUR_FAIL_IF(o->observed < 1.0 && in->test_count > 0, SUR_EINVAL,
                "observed = %g sets entries aside, but --test-data gives some already",
                o->observed);
done:
    return status;
}

static sur_status resolve_planted(sur_recover_trial *o, sur_error *err)
{
    const bool symmetric = o->columns == SUR_UNSET;
    const sur_idx n1 = o->dimension, n2 = symmetric ? n1 : o->columns;
    sur_status status = SUR_OK;
    if (o->sensing == SUR_UNSET) o->sensing = SENSING_GAUSSIAN;
    if (o->center == CENTER_AUTO) o->center = CENTER_NONE;
    if (o->shape == SHAPE_AUTO) o->shape = symmetric ? SHAPE_PSD : SHAPE_RECTANGULAR;
    SUR_FAIL_IF((o->shape == SHAPE_PSD) != symmetric, SUR_EINVAL,
                "shape of a planted matrix follows from columns");
    SUR_FAIL_IF(o->true_rank > n1 || o->true_rank > n2, SUR_EINVAL,
                "true_rank = %lld of a %lld x %lld matrix", (long long)o->true_rank,
                (long long)n1, (long long)n2);
    SUR_FAIL_IF(o->sensing == SENSING_COMPLETION &&
                    (double)o->measurements > (double)n1 * (double)n2,
                SUR_EINVAL, "measurements = %lld of the %lld entries of the matrix",
                (long long)o->measurements, (long long)(n1 * n2));
    SUR_FAIL_IF(o->sensing == SENSING_RANK_ONE && !symmetric, SUR_EINVAL,
                "rank-one measurements a' M a are of a symmetric matrix: no columns");
    SUR_FAIL_IF(o->center != CENTER_NONE, SUR_EINVAL,
                "center takes effects off entries of a file");
    if (isnan(o->damping)) o->damping = 1.0 / (o->condition * o->condition);
done:
    return status;
}

sur_status recover_resolve(void *options, const void *input, size_t size,
                           sur_error *err)
{
    enum { WIDEST = 50 };
    sur_recover_trial *o = options;
    sur_status status;

    SUR_TRY(o->data ? resolve_file(o, input, size, err) : resolve_planted(o, err));
    const sur_idx n1 = o->dimension, n2 = o->columns == SUR_UNSET ? n1 : o->columns,
                  least = n1 < n2 ? n1 : n2, most = n1 < n2 ? n2 : n1;
    if (o->rank == SUR_UNSET) o->rank = least < WIDEST ? least : WIDEST;
    if (o->start_seed == SUR_UNSET) o->start_seed = o->seed;
    SUR_FAIL_IF(o->rank > 4 * most, SUR_EINVAL, "rank = %lld for a %lld x %lld matrix",
                (long long)o->rank, (long long)n1, (long long)n2);
    SUR_FAIL_IF(o->uncentred && o->sensing != SENSING_RANK_ONE, SUR_EINVAL,
                "uncentred is for rank-one measurements");
    SUR_FAIL_IF(o->solver == SOLVER_ALS && o->sensing != SENSING_COMPLETION, SUR_EINVAL,
                "als is for completion");
    SUR_FAIL_IF(o->solver == SOLVER_ALS && o->shape == SHAPE_PSD, SUR_EINVAL,
                "als is for rectangular matrices");
    SUR_FAIL_IF(o->solver == SOLVER_NUCLEAR && most > 2000, SUR_EINVAL,
                "nuclear decomposes a %lld x %lld matrix in every iteration; at most "
                "2000",
                (long long)n1, (long long)n2);
done:
    return status;
}

sur_status recover_estimate(const void *const *options, sur_idx count,
                            const void *input, size_t size, double *seconds,
                            double *bytes, sur_error *err)
{
    const sur_recover_trial *o = options[0];
    const double m = (double)o->measurements, n1 = (double)o->dimension,
                 n2 = o->columns == SUR_UNSET ? n1 : (double)o->columns,
                 coordinates =
                     o->columns == SUR_UNSET ? n1 * (n1 + 1.0) / 2.0 : n1 * n2;
    const bool dense = o->sensing == SENSING_GAUSSIAN || o->sensing == SENSING_DENSE,
               formed = n1 * n2 <= 4e6;
    double widest = 0.0, turns = 0.0;
    (void)input;
    (void)size;
    (void)err;
    for (sur_idx k = 0; k < count; k++) {
        const sur_recover_trial *each = options[k];
        widest += (double)each->rank;
        turns = fmax(turns, (double)each->iterations);
    }
    const double scalar = o->storage == STORAGE_BF16 ? 2.0 : 4.0,
                 stored = o->storage == STORAGE_NONE || (o->storage == STORAGE_AUTO &&
                                                         4.0 * m * coordinates > 4e9)
                              ? 0.0
                              : scalar * m * coordinates,
                 batch = count < 16 ? (double)count : 16.0;
    *bytes = 8.0 * 6.0 * widest * (n1 + n2) + 8.0 * m * (6.0 + 2.0 * (double)count) +
             (formed ? 8.0 * 8.0 * n1 * n2 : 0.0);
    if (dense)
        *bytes += stored + 16.0 * 14.0 * batch * coordinates + 8.0 * 32.0 * coordinates;
    else if (o->sensing == SENSING_RANK_ONE)
        *bytes += 8.0 * m * (n1 + widest / (double)count + n1);
    else
        *bytes += 40.0 * m;
    const double flops = dense
                             ? 4.0 * m * coordinates * (double)count
                             : 6.0 * m * widest + (formed ? 4.0 * n1 * n2 * widest : 0);
    *seconds = 0.2 * turns * flops / 1e10;
    return SUR_OK;
}
