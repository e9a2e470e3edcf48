#include "files.h"

#include <signal.h>
#include <unistd.h>

#include "data/guard.h"

/* How gcc and clang say that a sanitizer has memory of its own. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

/* Formats that do what damaged files make libraries do. */
static sur_status crash(sur_table *table, sur_table *test, sur_source *source,
                        const sur_request *request, sur_error *err)
{
    (void)table, (void)test, (void)source, (void)request, (void)err;
    raise(SIGKILL);
    return SUR_OK;
}

static sur_status leave(sur_table *table, sur_table *test, sur_source *source,
                        const sur_request *request, sur_error *err)
{
    (void)table, (void)test, (void)source, (void)request, (void)err;
    _exit(0);
}

static sur_status refuse(sur_table *table, sur_table *test, sur_source *source,
                         const sur_request *request, sur_error *err)
{
    (void)table, (void)test, (void)request;
    return sur_fail(err, SUR_EINVAL, "%s: no", source->name);
}

static sur_status make(sur_table *table, sur_table *test, sur_source *source,
                       const sur_request *request, sur_error *err)
{
    sur_status status = SUR_OK;
    (void)test, (void)source, (void)request;
    for (int j = 0; j < 2 && status == SUR_OK; j++)
        status = sur_table_add_column(table, j ? "b" : NULL, err);
    table->matrix_cols = 2;
    if (status == SUR_OK) status = sur_table_reserve(table, 3, err);
    table->rows = 3;
    if (status == SUR_OK) status = sur_table_add_column(table, "word", err);
    if (status != SUR_OK) return status;
    for (int i = 0; i < 6; i++) ((double *)sur_table_cells(table))[i] = i;
    sur_column *column = &table->column[2];
    status = sur_alloc(&column->values, 3, sizeof(double), err);
    if (status == SUR_OK) status = sur_alloc(&column->words, 1, sizeof(sur_words), err);
    for (int i = 0; i < 3 && status == SUR_OK; i++)
        status = sur_words_add(column->words, i == 1 ? "y" : "x", 1, &column->values[i],
                               err);
    table->target = 2;
    return status;
}

/* A table that does not hold together. */
static sur_status lie(sur_table *table, sur_table *test, sur_source *source,
                      const sur_request *request, sur_error *err)
{
    const sur_status status = make(table, test, source, request, err);
    if (status == SUR_OK) table->column[2].words->order[0] = 1000;
    return status;
}

/* Blocks of many bytes, of which some do not fit into the boards of the shelf, and a
 * column beside. */
enum { ROWS = 20000, COLS = 13, STEP = 7001 };

static double number(sur_idx i, sur_idx j) { return (double)(i * COLS + j) / 7.0; }

static sur_status make_much(sur_table *table, sur_table *test, sur_source *source,
                            const sur_request *request, sur_error *err)
{
    sur_status status = sur_table_add_matrix(table, COLS, source, err);
    (void)test, (void)request;
    if (status == SUR_OK) status = sur_table_add_column(table, "y", err);
    if (status != SUR_OK) return status;
    double **values = &table->column[COLS].values;
    status = sur_alloc(values, ROWS, sizeof(double), err);
    for (sur_idx i = 0; i < ROWS && status == SUR_OK; i++)
        (*values)[i] = number(i, COLS);
    table->rows = ROWS;
    for (sur_idx i = 0; i < ROWS && status == SUR_OK; i += STEP) {
        const sur_idx count = ROWS - i < STEP ? ROWS - i : STEP;
        status = sur_table_reserve(table, STEP, err);
        if (status != SUR_OK) break;
        double *cells = sur_table_cells(table);
        for (sur_idx k = 0; k < count * COLS; k++)
            cells[k] = number(i + k / COLS, k % COLS);
        status = sur_table_give(table, count, err);
    }
    return status;
}

/* Dies between two blocks. */
static sur_status make_half(sur_table *table, sur_table *test, sur_source *source,
                            const sur_request *request, sur_error *err)
{
    const sur_status status = make_much(table, test, source, request, err);
    raise(SIGKILL);
    return status;
}

#ifndef SANITIZED
/* A library that believes a size in a small file. */
static sur_status grab(sur_table *table, sur_table *test, sur_source *source,
                       const sur_request *request, sur_error *err)
{
    volatile size_t claimed = (size_t)3 << 30;
    char *volatile block = malloc(claimed);
    if (!block) return sur_fail(err, SUR_ENOMEM, "no %zu bytes", claimed);
    free(block);
    return make(table, test, source, request, err);
}
#endif

static sur_status guarded(sur_table *table,
                          sur_status (*read)(sur_table *, sur_table *, sur_source *,
                                             const sur_request *, sur_error *),
                          sur_error *err)
{
    const sur_format format = {.name = "test", .read = read};
    const sur_data_options options = {0};
    const sur_request request = {.options = &options};
    sur_table test = sur_table_empty("t");
    sur_source source;
    *table = sur_table_empty("t");
    sur_status status = sur_source_open(&source, put_text("a.x", "anything"), err);
    if (status == SUR_OK)
        status = sur_guarded_read(table, &test, &format, &source, &request, err);
    sur_source_close(&source);
    sur_table_free(&test);
    return status;
}

static void a_crash_of_a_library_is_a_damaged_file(void **state)
{
    sur_table table;
    sur_error err;
    (void)state;
    CHECK_STATUS(guarded(&table, crash, &err), SUR_EPARSE);
    CHECK_CONTAINS(err.message, "crashed");
    sur_table_free(&table);
    CHECK_STATUS(guarded(&table, leave, &err), SUR_EPARSE);
    sur_table_free(&table);
    CHECK_STATUS(guarded(&table, lie, &err), SUR_EPARSE);
    sur_table_free(&table);
    CHECK_STATUS(guarded(&table, refuse, &err), SUR_EINVAL);
    CHECK_CONTAINS(err.message, "a.x: no");
    sur_table_free(&table);
}

static void a_small_file_gets_little_memory(void **state)
{
    sur_table table;
    sur_error err;
    (void)state;
#ifdef SANITIZED
    fprintf(stderr, "skipped: the sanitizer's own memory would be limited\n");
    (void)table, (void)err;
#else
    CHECK_STATUS(guarded(&table, grab, &err), SUR_ENOMEM);
    sur_table_free(&table);
#endif
}

static void tables_arrive_as_they_were_sent(void **state)
{
    sur_table table;
    sur_error err;
    (void)state;
    CHECK_OK(guarded(&table, make, &err));
    CHECK(table.rows == 3 && table.cols == 3 && table.target == 2);
    CHECK(sur_table_get(&table, 2, 1) == 5);
    CHECK_TEXT(table.column[1].name, "b");
    CHECK(table.column[0].name == NULL);
    CHECK_TEXT(sur_words_at(table.column[2].words, 1), "y");
    CHECK(sur_table_get(&table, 1, 2) == 1);
    sur_table_free(&table);
    CHECK_EVERY_ALLOCATION((sur_table_free(&table), guarded(&table, make, &err)), 8,
                           sur_table_free(&table));
}

static void many_bytes_arrive_as_they_were_sent(void **state)
{
    sur_table table;
    sur_error err;
    (void)state;
    CHECK_OK(guarded(&table, make_much, &err));
    CHECK(table.rows == ROWS && table.cols == COLS + 1 && table.matrix_cols == COLS);
    for (sur_idx i = 0; i < ROWS; i++)
        for (sur_idx j = 0; j <= COLS; j++)
            if (sur_table_get(&table, i, j) != number(i, j))
                fail_msg("row %lld, column %lld", (long long)i, (long long)j);
    sur_table_free(&table);
    CHECK_STATUS(guarded(&table, make_half, &err), SUR_EPARSE);
    CHECK_CONTAINS(err.message, "crashed");
    sur_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_of_a_library_is_a_damaged_file),
        cmocka_unit_test(a_small_file_gets_little_memory),
        cmocka_unit_test(tables_arrive_as_they_were_sent),
        cmocka_unit_test(many_bytes_arrive_as_they_were_sent),
    };
    return RUN_WITH_FILES(tests);
}
