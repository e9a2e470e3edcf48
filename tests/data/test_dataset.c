#include "files.h"

#include "data/block.h"

static sur_dataset make(void)
{
    static const char names[] = "a\0b\0y\0w\0no\0yes";
    const sur_dataset of = {.rows = 3, .cols = 2, .scalar = SUR_F32, .classes = 2};
    static const float x[] = {1, 2, 3, 4, 5, 6};
    static const double target[] = {0, 1, 1}, weight[] = {0.5, 1, -2};
    sur_dataset data;
    CHECK_OK(sur_block_new(&data, &of, true, names, sizeof names, NULL));
    memcpy(sur_block_x(&data), x, sizeof x);
    memcpy(sur_block_target(&data), target, sizeof target);
    memcpy(sur_block_weight(&data), weight, sizeof weight);
    char sum[65];
    memset(sum, 'a', 64);
    sum[64] = '\0';
    sur_block_seal(&data, sum, 0, 0);
    return data;
}

static void a_block_shows_what_was_put_in(void **state)
{
    (void)state;
    sur_dataset data = make();
    CHECK(at(&data, 2, 1) == 6 && data.target[1] == 1 && data.weight[2] == -2);
    CHECK_TEXT(sur_dataset_name(&data, 3), "w");
    CHECK_TEXT(sur_dataset_name(&data, 5), "yes");
    check_whole(&data);
    sur_dataset_free(&data);
    CHECK(!data.x && !data.block && data.rows == 0);
    sur_dataset_free(&data);
}

static void rows_widen_to_doubles_in_any_order_and_stride(void **state)
{
    (void)state;
    sur_dataset data = make();
    const sur_idx picks[] = {2, 0};
    double numbers[6] = {9, 9, 9, 9, 9, 9};
    sur_mat m = {.data = numbers, .rows = 2, .cols = 2, .stride = 3};
    sur_dataset_rows(&m, &data, picks, 0);
    const double want[] = {5, 6, 9, 1, 2, 9};
    CHECK(memcmp(numbers, want, sizeof want) == 0);
    sur_dataset_rows(&m, &data, NULL, 1);
    CHECK(numbers[0] == 3 && numbers[4] == 6);
    sur_dataset_free(&data);
}

/* The block of an owner and a copy of it elsewhere are the same data set. */
static void a_view_of_copied_bytes_is_the_same_data_set(void **state)
{
    (void)state;
    sur_dataset data = make(), view;
    size_t size, again;
    const void *bytes = sur_dataset_bytes(&data, &size);
    double *copy = malloc(size);
    memcpy(copy, bytes, size);
    CHECK_OK(sur_dataset_view(&view, copy, size, NULL));
    check_same(&data, &view);
    CHECK(sur_dataset_bytes(&view, &again) == copy && again == size && !view.block);
    sur_dataset_free(&view); /* frees nothing */
    sur_dataset_free(&data);
    free(copy);
}

/* Whatever bytes are changed, a view is refused or every part of it can be read. */
static void damaged_bytes_are_refused_or_harmless(void **state)
{
    (void)state;
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    sur_dataset data = make(), view;
    size_t size;
    const void *bytes = sur_dataset_bytes(&data, &size);
    unsigned char *copy = malloc(size);
    int refused = 0;
    for (size_t i = 0; i < size; i++) {
        for (size_t v = 0; v < sizeof values; v++) {
            memcpy(copy, bytes, size);
            copy[i] = values[v];
            if (sur_dataset_view(&view, copy, size, NULL) != SUR_OK) {
                CHECK(!view.x && view.rows == 0);
                refused++;
                continue;
            }
            double sum = 0.0;
            for (sur_idx r = 0; r < view.rows; r++)
                for (sur_idx j = 0; j < view.cols; j++) sum += at(&view, r, j);
            for (sur_idx k = 0; k < view.cols + 2 + view.classes; k++)
                sum += (double)strlen(sur_dataset_name(&view, k));
            for (sur_idx r = 0; r < view.rows; r++)
                CHECK(!view.classes || view.target[r] < (double)view.classes);
            CHECK(!isnan(sum) || isnan(sum));
        }
    }
    CHECK(refused > 300);
    for (size_t n = 0; n < size; n++) {
        unsigned char *part = malloc(n + 1);
        memcpy(part, bytes, n);
        CHECK_STATUS(sur_dataset_view(&view, part, n, NULL), SUR_EPARSE);
        free(part);
    }
    memcpy(copy + 1, bytes, size - 1);
    CHECK_STATUS(sur_dataset_view(&view, copy + 1, size - 1, NULL), SUR_EPARSE);
    free(copy);
    sur_dataset_free(&data);
}

static void sizes_beyond_memory_are_refused(void **state)
{
    (void)state;
    sur_dataset data;
    sur_dataset of = {.rows = (sur_idx)1 << 40, .cols = (sur_idx)1 << 40};
    CHECK_STATUS(sur_block_new(&data, &of, false, "", 1, NULL), SUR_EINVAL);
    of.rows = -1;
    CHECK_STATUS(sur_block_new(&data, &of, false, "", 1, NULL), SUR_EINVAL);
    CHECK(!data.block);
}

static sur_status make_and_free(void)
{
    const sur_dataset of = {.rows = 3, .cols = 2};
    sur_dataset data;
    const sur_status status = sur_block_new(&data, &of, false, "a\0b\0y\0", 7, NULL);
    sur_dataset_free(&data);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    CHECK_EVERY_ALLOCATION(make_and_free(), 1, (void)0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_shows_what_was_put_in),
        cmocka_unit_test(rows_widen_to_doubles_in_any_order_and_stride),
        cmocka_unit_test(a_view_of_copied_bytes_is_the_same_data_set),
        cmocka_unit_test(damaged_bytes_are_refused_or_harmless),
        cmocka_unit_test(sizes_beyond_memory_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return RUN(tests);
}
