/* resolve.c -- reads the input once, and computes the options that were not given. */
#include "experiments/distribute/distribute.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 40, TEST = 1000, DIMENSION = 100, EVENT_COLUMNS = 28 };
enum { NODES = 4, FEATURES = 4096, WIDE = 512, LINEAR_WIDTH = 4000 };

sur_status sur_distribute_load(const void *options, void **input, size_t *size,
                               char *note, size_t note_size, sur_error *err)
{
    const sur_distribute_options *o = options;
    sur_dataset data = {0};

    *input = NULL;
    *size = 0;
    if (note_size > 0) note[0] = '\0';
    if (!o->data.data)
        return sur_fail(err, SUR_EINVAL,
                        "no data: --data FILE or --data synthetic:linear");
    if (sur_data_is_synthetic(&o->data)) return SUR_OK;
    sur_status status = sur_data_read(&data, &o->data, note, note_size, err);
    if (status != SUR_OK) return status;
    *input = sur_dataset_release(&data, size);
    return SUR_OK;
}

sur_status distribute_counts(sur_distribute_options *o, sur_idx rows, sur_idx test_rows,
                             sur_error *err)
{
    sur_data_options *data = &o->data;
    const sur_idx own = rows - test_rows;

    if (rows == 0) {
        const bool closed = strcmp(data->data, "synthetic:linear") == 0 &&
                            o->family == DISTRIBUTE_LINEAR;
        if (data->samples == SUR_UNSET) data->samples = SAMPLES;
        if (data->test_samples == SUR_UNSET) data->test_samples = closed ? 1 : TEST;
        return SUR_OK;
    }
    if (data->samples == SUR_UNSET) data->samples = test_rows ? own : (7 * own) / 10;
    const sur_idx least = test_rows ? 0 : 1;
    if (data->samples < 1 || data->samples + least > own)
        return sur_fail(err, SUR_EINVAL,
                        "%lld samples%s need more rows than the %lld there are",
                        (long long)data->samples, test_rows ? "" : " and a test part",
                        (long long)own);
    if (data->test_samples == SUR_UNSET)
        data->test_samples = test_rows ? test_rows : own - data->samples;
    if (data->test_samples > (test_rows ? test_rows : own - data->samples))
        return sur_fail(err, SUR_EINVAL,
                        "test_samples = %lld, but %lld rows are left for it",
                        (long long)data->test_samples,
                        (long long)(test_rows ? test_rows : own - data->samples));
    return SUR_OK;
}

static void default_width(sur_distribute_options *o, sur_idx columns)
{
    if (o->width != SUR_UNSET) return;
    o->width = o->family == DISTRIBUTE_LINEAR     ? columns
               : o->family == DISTRIBUTE_WIDE_MLP ? WIDE
                                                  : FEATURES;
}

static sur_status resolve_synthetic(sur_distribute_options *o, sur_error *err)
{
    sur_data_options *data = &o->data;
    const bool events = strcmp(data->data, "synthetic:events") == 0;

    if (data->dimension == SUR_UNSET)
        data->dimension = events                           ? EVENT_COLUMNS
                          : o->family != DISTRIBUTE_LINEAR ? DIMENSION
                          : o->width != SUR_UNSET          ? o->width
                                                           : LINEAR_WIDTH;
    default_width(o, data->dimension);
    if (!events) data->standardize = false;
    data->task = events ? SUR_CLASSIFICATION : SUR_REGRESSION;
    if (data->label_noise > 0 && !events)
        return sur_fail(err, SUR_EINVAL,
                        "label_noise = %g, but the targets are no classes",
                        data->label_noise);
    const sur_status status = distribute_counts(o, 0, 0, err);
    return status == SUR_OK ? sur_data_generate_check(data, data->dimension, err)
                            : status;
}

static sur_status resolve_file(sur_distribute_options *o, const sur_dataset *data,
                               sur_error *err)
{
    if (o->data.data_sha256 && *o->data.data_sha256 &&
        strcmp(o->data.data_sha256, data->checksum) != 0)
        return sur_fail(err, SUR_EPARSE,
                        "the data's checksum is %s, not %.64s as given", data->checksum,
                        o->data.data_sha256);
    free(o->data.data_sha256);
    o->data.data_sha256 = NULL;
    sur_status status = sur_copy_text(&o->data.data_sha256, data->checksum, err);
    if (status != SUR_OK) return status;
    o->data.task = data->classes > 0 ? SUR_CLASSIFICATION : SUR_REGRESSION;
    if (o->data.label_noise > 0 && data->classes == 0)
        return sur_fail(err, SUR_EINVAL,
                        "label_noise = %g, but the targets are no classes",
                        o->data.label_noise);
    default_width(o, data->cols);
    return distribute_counts(o, data->rows, data->test_rows, err);
}

static sur_status check_linear(const sur_distribute_options *o, sur_idx columns,
                               sur_error *err)
{
    if (o->family != DISTRIBUTE_LINEAR || o->width <= columns) return SUR_OK;
    return sur_fail(err, SUR_EINVAL, "width %lld: the linear family has %lld columns",
                    (long long)o->width, (long long)columns);
}

/* Under mpirun the ranks are the nodes. */
static sur_status resolve_nodes(sur_distribute_options *o, sur_error *err)
{
    const sur_idx ranks = sur_world_size();
    if (o->nodes == SUR_UNSET) o->nodes = ranks > 0 ? ranks : NODES;
    if (ranks > 0 && o->nodes != ranks)
        return sur_fail(err, SUR_EINVAL,
                        "nodes = %lld, but there are %lld ranks: leave --nodes out or "
                        "start that many",
                        (long long)o->nodes, (long long)ranks);
    if (o->topology == SUR_EDGES && !o->edges)
        return sur_fail(err, SUR_EINVAL, "topology file needs --edges FILE");
    if (o->topology != SUR_EDGES && o->edges)
        return sur_fail(err, SUR_EINVAL, "--edges needs --topology file");
    if (o->resume && !o->checkpoint)
        return sur_fail(err, SUR_EINVAL, "--resume needs --checkpoint NAME");
    sur_graph graph; /* a graph that cannot be made is refused before anything runs */
    const sur_status status =
        sur_graph_make(&graph, (sur_topology)o->topology, o->nodes, o->density,
                       (uint64_t)o->data.seed, o->edges, err);
    sur_graph_free(&graph);
    return status;
}

/* An option for another method would be ignored; so it is refused. */
static sur_status resolve_method(sur_distribute_options *o, sur_error *err)
{
    const bool sized = o->sketch_size != SUR_UNSET;
    const bool quantized =
        o->compress <= DISTRIBUTE_PRECOND || o->compress == DISTRIBUTE_CHOCO;
    if (o->bits != SUR_UNSET && !quantized)
        return sur_fail(err, SUR_EINVAL,
                        "--bits is for sketch, precond, auto and choco");
    if (o->data_bits != SUR_UNSET &&
        (o->bits == SUR_UNSET || o->compress > DISTRIBUTE_PRECOND))
        return sur_fail(err, SUR_EINVAL,
                        "--data-bits is for precond, together with --bits");
    if (o->levels != SUR_UNSET && o->compress != DISTRIBUTE_QSGD)
        return sur_fail(err, SUR_EINVAL, "--levels is for qsgd");
    if (o->keep != SUR_UNSET && o->compress != DISTRIBUTE_TOPK &&
        o->compress != DISTRIBUTE_EF21)
        return sur_fail(err, SUR_EINVAL, "--keep is for topk and ef21");
    if (o->compress == DISTRIBUTE_PRECOND && o->family == DISTRIBUTE_WIDE_MLP)
        return sur_fail(err, SUR_EINVAL, "precond is for least squares, not wide-mlp");
    if (o->momentum == MOMENTUM_ON &&
        (o->compress == DISTRIBUTE_PRECOND || o->compress >= DISTRIBUTE_CHOCO))
        return sur_fail(err, SUR_EINVAL, "%s has no momentum",
                        o->compress == DISTRIBUTE_PRECOND ? "precond" : "gossip");
    if (o->family == DISTRIBUTE_WIDE_MLP) return SUR_OK;
    const sur_idx needed = o->data.samples < o->width ? o->data.samples : o->width;
    if (sized && o->compress <= DISTRIBUTE_PRECOND && o->sketch_size < needed)
        return sur_fail(err, SUR_EINVAL,
                        "sketch_size = %lld cannot fit %lld samples: it takes at least "
                        "%lld",
                        (long long)o->sketch_size, (long long)o->data.samples,
                        (long long)needed);
    return SUR_OK;
}

sur_status sur_distribute_resolve(void *options, const void *input, size_t size,
                                  sur_error *err)
{
    sur_distribute_options *o = options;
    sur_dataset data = {0};
    sur_status status;

    if (o->data.split_seed == SUR_UNSET) o->data.split_seed = o->data.seed;
    if (!o->data.data)
        return sur_fail(err, SUR_EINVAL,
                        "no data: --data FILE or --data synthetic:linear");
    SUR_TRY(resolve_nodes(o, err));
    if (sur_data_is_synthetic(&o->data)) {
        SUR_TRY(resolve_synthetic(o, err));
        SUR_TRY(check_linear(o, o->data.dimension, err));
    } else {
        SUR_TRY(sur_dataset_view(&data, input, size, err));
        SUR_TRY(resolve_file(o, &data, err));
        SUR_TRY(check_linear(o, data.cols, err));
    }
    SUR_TRY(resolve_method(o, err));

done:
    return status;
}
