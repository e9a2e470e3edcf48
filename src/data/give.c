/* give.c -- the process that reads a file and gives its rows away. */
#include "data/give.h"

#include "base/memory.h"
#include "base/try.h"
#include "data/block.h"
#include "data/files.h"
#include "data/pipe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE = 4096 };

typedef struct giver {
    sur_pipe *to;
    const sur_give_order *order;
    const sur_codes *codes;
    bool begun, refused;  /* refused: must be read whole */
    bool beside_complete; /* no number of the columns beside the matrix is missing */
    bool run;             /* the features lie side by side in the matrix */
    sur_scalar scalar;    /* of the features */
    sur_selection selection;
    sur_idx *column; /* [features] */
    char note[NOTE];
    char *x; /* [room x features] */
    double *target, *weight;
    sur_idx room;
    sur_outlet outlet; /* of the table that is read */
} giver;

/* Row i of the block at hand; columns beside the matrix have all rows. */
static double cell(const sur_table *table, sur_idx i, sur_idx column)
{
    const double *beside = table->column[column].values;
    return beside ? beside[table->given + i] : sur_table_get(table, i, column);
}

static sur_status refuse(giver *g, sur_error *err)
{
    g->refused = true;
    return sur_fail(err, SUR_EPARSE, "must be read whole");
}

static bool is_empty(const sur_table *table, sur_idx column, sur_idx count)
{
    for (sur_idx i = 0; i < count; i++)
        if (!isnan(cell(table, i, column))) return false;
    return true;
}

/* Columns beside are checked once, the matrix block by block. */
static sur_status check_cells(giver *g, sur_table *table, sur_idx count, bool *complete,
                              sur_error *err)
{
    sur_table part = *table;
    sur_status status = SUR_OK;
    *complete = false;
    if (table->checked) return SUR_OK;
    if (!g->begun) {
        part.column += table->matrix_cols;
        part.cols -= table->matrix_cols;
        part.matrix_cols = part.given = 0;
        SUR_TRY(sur_table_check(&part, g->codes, err));
        g->beside_complete = part.complete;
        part = *table;
    }
    part.rows = count;
    part.cols = part.matrix_cols;
    status = sur_table_check(&part, g->codes, err);
    *complete = part.complete && g->beside_complete;
done:
    return status;
}

/* Which columns are for what, as the first block shows it. */
static sur_status choose(giver *g, sur_table *table, sur_idx count, sur_error *err)
{
    sur_data_options choice = *g->order->options;
    sur_note note = {.text = g->note, .size = sizeof g->note};
    sur_selection *s = &g->selection;
    sur_idx at = 0;
    sur_status status;
    for (sur_idx j = 0; j < table->cols; j++)
        if (is_empty(table, j, count)) return refuse(g, err);
    if (table->target_asked) choice.target = NULL;
    SUR_TRY(sur_selection_make(s, table, &choice, &note, err));
    SUR_TRY(sur_alloc(&g->column, s->features, sizeof *g->column, err));
    g->scalar = table->scalar;
    g->run = true;
    for (sur_idx j = 0; j < table->cols; j++) {
        if (!s->feature[j]) continue;
        if (table->column[j].words) return refuse(g, err);
        if (j >= table->matrix_cols) g->scalar = SUR_F64;
        g->run =
            g->run && j < table->matrix_cols && (at == 0 || j == g->column[0] + at);
        g->column[at++] = j;
    }
    if (s->weight >= 0 && table->column[s->weight].words) return refuse(g, err);
    g->begun = true;
done:
    return status;
}

static sur_status make_room(giver *g, sur_idx count, sur_error *err)
{
    const sur_idx row = g->selection.features * (sur_idx)sur_scalar_size(g->scalar);
    sur_status status = SUR_OK;
    if (count <= g->room) return SUR_OK;
    if (!g->order->scanning) SUR_TRY(sur_resize(&g->x, count * row, 1, err));
    SUR_TRY(sur_resize(&g->target, count, sizeof *g->target, err));
    SUR_TRY(sur_resize(&g->weight, count, sizeof *g->weight, err));
    g->room = count;
done:
    return status;
}

static void put_row(const giver *g, const sur_table *table, sur_idx i, sur_idx to)
{
    const sur_idx size = (sur_idx)sur_scalar_size(g->scalar), d = g->selection.features;
    char *row = g->x + to * d * size;
    if (g->run) {
        const char *cells = sur_table_cells(table);
        memcpy(row, cells + (i * table->matrix_cols + g->column[0]) * size,
               (size_t)(d * size));
        return;
    }
    for (sur_idx j = 0; j < d; j++) {
        const double x = cell(table, i, g->column[j]);
        const float narrow = (float)x;
        if (g->scalar == SUR_F64)
            memcpy(row + j * size, &x, sizeof x);
        else if (g->scalar == SUR_F32)
            memcpy(row + j * size, &narrow, sizeof narrow);
        else
            row[j] = (char)(uint8_t)x;
    }
}

static bool send(const giver *g, const sur_give_head *head)
{
    const sur_idx column = head->rows * (sur_idx)sizeof(double);
    if (!sur_pipe_put(g->to, head, sizeof *head)) return false;
    if (!g->order->scanning)
        return sur_pipe_put(
            g->to, g->x, head->rows * head->cols * (sur_idx)sur_scalar_size(g->scalar));
    return sur_pipe_put(g->to, g->target, column) &&
           (!head->weighted || sur_pipe_put(g->to, g->weight, column));
}

static sur_status give_block(void *payload, sur_table *table, sur_idx count,
                             sur_error *err)
{
    giver *g = payload;
    const sur_selection *s = &g->selection;
    bool complete;
    sur_status status;
    if (!table->checked && g->codes->count && table->scalar == SUR_U8)
        return refuse(g, err); /* bytes have no place for NaN */
    SUR_TRY(check_cells(g, table, count, &complete, err));
    if (!g->begun) SUR_TRY(choose(g, table, count, err));
    SUR_TRY(make_room(g, count, err));
    sur_give_head head = {
        .cols = s->features, .scalar = (sur_idx)g->scalar, .weighted = s->weight >= 0};
    for (sur_idx i = 0; i < count; i++) {
        const double y = cell(table, i, s->target);
        if (isnan(y)) {
            head.dropped++;
            continue;
        }
        g->target[head.rows] = y;
        g->weight[head.rows] = head.weighted ? cell(table, i, s->weight) : 1.0;
        if (isnan(g->weight[head.rows])) return refuse(g, err);
        if (!g->order->scanning) put_row(g, table, i, head.rows);
        for (sur_idx j = 0; j < s->features && !complete && g->order->scanning; j++)
            head.imputed += isnan(cell(table, i, g->column[j]));
        head.rows++;
    }
    if (head.rows + head.dropped > 0 && !send(g, &head))
        status = sur_fail(err, SUR_EIO, "nobody listens");
done:
    return status;
}

/* ---- the whole file ---- */

static sur_status give_all(giver *g, sur_table *table, sur_text *sums, sur_error *err)
{
    const sur_give_order *o = g->order;
    const sur_request request = {.options = o->options,
                                 .codes = g->codes,
                                 .apart = true,
                                 .unsummed = !o->scanning,
                                 .stamp = o->stamp};
    sur_table test = sur_table_empty(NULL);
    sur_status status;
    g->outlet = (sur_outlet){give_block, g};
    table->outlet = &g->outlet;
    SUR_TRY(sur_files_read(table, &test, sums, o->options->data, &request, err));
    if (test.rows > 0) {
        status = refuse(g, err);
        goto done;
    }
    SUR_TRY(sur_table_give(table, table->rows - table->given, err));
done:
    g->refused |= table->whole;
    sur_table_free(&test);
    return status;
}

static bool send_rest(const giver *g, const sur_table *table, const sur_text *sums)
{
    const sur_selection *s = &g->selection;
    sur_table bare = *table;
    bare.rows = bare.given = 0;
    bare.block = NULL;
    return sur_pipe_put_table(g->to, &bare) &&
           sur_pipe_put_part(g->to, table->path, (sur_idx)strlen(table->path)) &&
           sur_pipe_put_part(g->to, s, sizeof *s) &&
           sur_pipe_put_part(g->to, s->feature, table->cols) &&
           sur_pipe_put_part(g->to, sums->at, sums->length) &&
           sur_pipe_put_part(g->to, g->note, (sur_idx)strlen(g->note));
}

bool sur_give_rows(void *order, sur_pipe *to)
{
    sur_codes codes = {0};
    giver g = {.to = to, .order = order, .codes = &codes};
    sur_table table = sur_table_empty(NULL);
    sur_text sums = {0};
    sur_error why = {SUR_OK, ""};
    why.status = sur_codes_make(&codes, g.order->options->missing, &why);
    if (why.status == SUR_OK) why.status = give_all(&g, &table, &sums, &why);
    if (why.status == SUR_OK && !g.begun)
        why.status = sur_fail(&why, SUR_EPARSE, "%s: holds no rows", table.file);
    const sur_give_head last = {.rows = g.refused ? -1 : 0};
    return sur_pipe_put(to, &last, sizeof last) && sur_pipe_put(to, &why, sizeof why) &&
           (why.status != SUR_OK || !g.order->scanning || send_rest(&g, &table, &sums));
}

/* ---- the other side ---- */

sur_status sur_give_take_rest(sur_give_rest *rest, sur_pipe *from, bool *whole,
                              sur_error *err)
{
    sur_selection *chosen = NULL;
    sur_idx count;
    sur_status status;
    rest->table = sur_table_empty(NULL);
    SUR_TRY(sur_pipe_get_table(from, &rest->table, whole, err));
    SUR_TRY(sur_pipe_get_part(from, &rest->table.path, &count, whole, err));
    rest->table.file = rest->table.path ? rest->table.path : "";
    SUR_TRY(sur_pipe_get_part(from, &chosen, &count, whole, err));
    *whole = *whole && count == (sur_idx)sizeof *chosen;
    if (!*whole) goto done;
    rest->selection = *chosen;
    rest->selection.feature = NULL;
    SUR_TRY(sur_pipe_get_part(from, &rest->selection.feature, &count, whole, err));
    const sur_selection *s = &rest->selection;
    *whole = *whole && count == rest->table.cols && s->target >= 0 &&
             s->target < rest->table.cols && s->weight < rest->table.cols;
    SUR_TRY(sur_pipe_get_part(from, &rest->sums.at, &rest->sums.length, whole, err));
    *whole = *whole && rest->sums.at;
    SUR_TRY(sur_pipe_get_part(from, &rest->note, &count, whole, err));
done:
    free(chosen);
    return status;
}

void sur_give_rest_free(sur_give_rest *rest)
{
    sur_table_free(&rest->table);
    sur_selection_free(&rest->selection);
    sur_text_free(&rest->sums);
    free(rest->note);
    *rest = (sur_give_rest){0};
}
