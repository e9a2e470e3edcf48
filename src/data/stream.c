/* stream.c -- data sets whose features stay in their file: scanned once, then read from
 * the first row on, block by block, as often as rows are asked for.
 *
 * A process of its own reads the file (give.c) and is a block ahead of this one. Rows
 * come in the order of the file; who asks for an earlier one makes it begin anew. */
#include "base/memory.h"
#include "base/try.h"
#include "data/apart.h"
#include "data/block.h"
#include "data/columns.h"
#include "data/files.h"
#include "data/give.h"
#include "data/pipe.h"
#include "data/read.h"

#include <stdlib.h>
#include <string.h>

static sur_status broken(const char *path, sur_error *err)
{
    return sur_fail(err, SUR_EPARSE,
                    "%s: the process that reads it died; the file may be damaged",
                    path);
}

/* The last word of the process: its failure, or SUR_OK. */
static sur_status hear_why(sur_pipe *from, const char *path, sur_error *err)
{
    sur_error why;
    if (!sur_pipe_get(from, &why, sizeof why)) return broken(path, err);
    why.message[sizeof why.message - 1] = '\0';
    return why.status == SUR_OK ? SUR_OK : sur_fail(err, why.status, "%s", why.message);
}

/* ---- the first reading ---- */

typedef struct scan {
    double *target, *weight;
    sur_idx rows, room, imputed, dropped;
    sur_give_head head; /* of the first block */
    bool refused;
} scan;

static bool agrees(const sur_give_head *head, const sur_give_head *first)
{
    return head->cols == first->cols && head->scalar == first->scalar &&
           head->weighted == first->weighted;
}

static sur_status take_targets(scan *s, const sur_give_head *head, sur_pipe *from,
                               bool *whole, sur_error *err)
{
    const sur_idx bytes = head->rows * (sur_idx)sizeof(double);
    sur_status status = SUR_OK;
    if (s->rows == 0) s->head = *head;
    *whole = head->rows >= 0 && head->rows <= SUR_BLOCK_BYTES && head->cols > 0 &&
             head->scalar >= SUR_F64 && head->scalar <= SUR_U8 &&
             agrees(head, &s->head);
    if (!*whole) return SUR_OK;
    if (s->rows + head->rows > s->room) {
        const sur_idx more = s->room + s->room / 2 + head->rows;
        SUR_TRY(sur_resize(&s->target, more, sizeof *s->target, err));
        if (head->weighted) SUR_TRY(sur_resize(&s->weight, more, sizeof(double), err));
        s->room = more;
    }
    *whole = sur_pipe_get(from, s->target + s->rows, bytes) &&
             (!head->weighted || sur_pipe_get(from, s->weight + s->rows, bytes));
    s->rows += head->rows;
    s->imputed += head->imputed;
    s->dropped += head->dropped;
done:
    return status;
}

static sur_status hear_scan(scan *s, sur_give_rest *rest, sur_pipe *from,
                            const char *path, sur_error *err)
{
    sur_give_head head;
    bool whole = true;
    sur_status status = SUR_OK;
    for (;;) {
        whole = whole && sur_pipe_get(from, &head, sizeof head);
        if (!whole || head.rows < 0 || (head.rows == 0 && head.dropped == 0)) break;
        SUR_TRY(take_targets(s, &head, from, &whole, err));
    }
    s->refused = whole && head.rows < 0;
    if (s->refused) goto done;
    if (whole) SUR_TRY(hear_why(from, path, err));
    if (whole) SUR_TRY(sur_give_take_rest(rest, from, &whole, err));
    if (!whole) status = broken(path, err);
done:
    return status;
}

static sur_status make_dataset(sur_dataset *out, scan *s, sur_give_rest *rest,
                               const sur_data_options *options, sur_note *note,
                               sur_error *err)
{
    const sur_dataset of = {
        .rows = s->rows,
        .scalar = (sur_scalar)s->head.scalar,
        .file = {rest->table.stamp[0], rest->table.stamp[1], rest->table.stamp[2]}};
    sur_status status;
    if (rest->note) sur_note_add(note, "%s", rest->note);
    rest->table.rows = s->rows;
    SUR_TRY(sur_columns_outline(out, &rest->table, &of, s->target, s->weight,
                                &rest->selection, (sur_task)options->task, note, err));
    SUR_FAIL_IF(out->cols != s->head.cols, SUR_EPARSE,
                "%s: was changed while it was read", rest->table.file);
    sur_block_seal(out, "", s->imputed, s->dropped);
    SUR_TRY(sur_read_seal(out, &rest->table, &rest->selection, rest->sums.at, options,
                          note, err));
done:
    rest->table.rows = 0;
    return status;
}

/* Whether a file of such size and use may stay where it is. */
static sur_status ask_stays(bool *stays, const sur_data_options *o, int64_t most,
                            sur_error *err)
{
    int64_t size;
    *stays = o->data && *o->data && !o->transpose && !(o->test_data && *o->test_data) &&
             !(o->labels && *o->labels);
    if (!*stays) return SUR_OK;
    const sur_status status = sur_files_size(&size, o->data, err);
    *stays = size > most;
    return status;
}

sur_status sur_data_scan(sur_dataset *out, const sur_data_options *options,
                         int64_t most, char *note, size_t size, sur_error *err)
{
    sur_give_order order = {.options = options, .scanning = true};
    sur_note notes = {.text = note, .size = size};
    sur_give_rest rest = {0};
    scan s = {0};
    sur_apart apart;
    sur_status status;
    bool stays;
    *out = (sur_dataset){0};
    status = ask_stays(&stays, options, most, err);
    if (status != SUR_OK) return status;
    if (!stays) return sur_data_read(out, options, note, size, err);
    if (note && size) note[0] = '\0';
    SUR_TRY(sur_apart_start(&apart, sur_give_rows, &order, err));
    status = hear_scan(&s, &rest, &apart.from, options->data, err);
    sur_apart_end(&apart);
    if (status == SUR_OK && !s.refused)
        status = make_dataset(out, &s, &rest, options, &notes, err);
done:
    free(s.target);
    free(s.weight);
    sur_give_rest_free(&rest);
    if (status != SUR_OK) sur_dataset_free(out);
    if (status == SUR_OK && s.refused)
        status = sur_data_read(out, options, note, size, err);
    return status;
}

/* ---- rows ---- */

struct sur_reader {
    sur_dataset data;         /* a view */
    sur_data_options options; /* strings borrowed */
    sur_give_order order;     /* points to both */
    sur_apart apart;
    sur_dataset block; /* rows first .. first + block.rows - 1; x owned */
    char *x;
    sur_idx first, room;
};

sur_status sur_reader_open(sur_reader **out, const sur_dataset *data,
                           const sur_data_options *options, sur_error *err)
{
    const sur_status status = sur_alloc(out, 1, sizeof **out, err);
    if (status != SUR_OK) return status;
    (*out)->data = *data;
    (*out)->options = *options;
    (*out)->order =
        (sur_give_order){.options = &(*out)->options, .stamp = (*out)->data.file};
    (*out)->block = (sur_dataset){.cols = data->cols, .scalar = data->scalar};
    return SUR_OK;
}

void sur_reader_close(sur_reader *r)
{
    if (!r) return;
    sur_apart_end(&r->apart);
    free(r->x);
    free(r);
}

static sur_status begin_anew(sur_reader *r, sur_error *err)
{
    sur_apart_end(&r->apart);
    r->first = r->block.rows = 0;
    return sur_apart_start(&r->apart, sur_give_rows, &r->order, err);
}

/* The next block of rows that the data set has. */
static sur_status next_block(sur_reader *r, sur_error *err)
{
    const char *path = r->options.data;
    const sur_give_head own = {.cols = r->data.cols,
                               .scalar = (sur_idx)r->data.scalar,
                               .weighted = r->data.weight != NULL};
    sur_give_head head;
    sur_status status = SUR_OK;
    r->first += r->block.rows;
    r->block.rows = 0;
    if (!sur_pipe_get(&r->apart.from, &head, sizeof head)) return broken(path, err);
    if (head.rows < 0 || (head.rows == 0 && head.dropped == 0)) {
        SUR_TRY(hear_why(&r->apart.from, path, err));
        return sur_fail(err, SUR_EIO, "%s: has fewer rows than when it was first read",
                        path);
    }
    SUR_FAIL_IF(!agrees(&head, &own) || head.rows > SUR_BLOCK_BYTES, SUR_EIO,
                "%s: has other columns than when it was first read", path);
    const sur_idx bytes =
        head.rows * head.cols * (sur_idx)sur_scalar_size(r->data.scalar);
    if (bytes > r->room) {
        SUR_TRY(sur_resize(&r->x, bytes, 1, err));
        r->room = bytes;
    }
    if (!sur_pipe_get(&r->apart.from, r->x, bytes)) return broken(path, err);
    r->block.rows = head.rows;
    r->block.x = r->x;
done:
    return status;
}

sur_status sur_reader_rows(sur_mat *out, sur_reader *r, const sur_idx *picks,
                           sur_error *err)
{
    sur_status status = SUR_OK;
    if (r->data.x) {
        sur_dataset_rows(out, &r->data, picks, 0);
        return SUR_OK;
    }
    for (sur_idx i = 0; i < out->rows; i++) {
        sur_mat row = sur_mat_part(out, i, 1, 0, out->cols);
        if (!r->apart.child || picks[i] < r->first) SUR_TRY(begin_anew(r, err));
        while (picks[i] >= r->first + r->block.rows) SUR_TRY(next_block(r, err));
        sur_dataset_rows(&row, &r->block, NULL, picks[i] - r->first);
    }
done:
    if (status != SUR_OK) sur_apart_end(&r->apart); /* the next call begins anew */
    return status;
}
