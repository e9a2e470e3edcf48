#include "files.h"

#include <fcntl.h>

#include "data/source.h"

/* A file that is large enough to be summed aside: 3 MB and a bit. */
enum { SIZE = (3 << 20) + 77 };

static char *put_large(char **bytes)
{
    *bytes = malloc(SIZE);
    if (!*bytes) abort();
    for (int i = 0; i < SIZE; i++)
        (*bytes)[i] = (char)((unsigned)i * 2654435761u >> 13);
    return put_bytes("large.bin", *bytes, SIZE);
}

static void the_sum_made_aside_is_that_of_what_is_read(void **state)
{
    char *bytes, expected[65], sum[65], *copy = malloc(SIZE + 1);
    sur_source source;
    sur_error err;
    sur_idx got;
    (void)state;
    char *path = put_large(&bytes);
    CHECK_OK(sur_sha256_of(expected, bytes, SIZE, &err));
    for (int way = 0; way < 4; way++) { /* aside or not; read to the end or not */
        CHECK_OK(sur_source_open(&source, path, &err));
        if (way & 1) CHECK_OK(sur_source_sum_aside(&source, &err));
        CHECK(!source.aside == !(way & 1));
        if (way & 2) {
            CHECK_OK(sur_source_read(&source, copy, SIZE + 1, &got, &err));
            CHECK(got == SIZE && memcmp(copy, bytes, SIZE) == 0);
        }
        CHECK_OK(sur_source_checksum(&source, sum, &err));
        CHECK_TEXT(sum, expected);
        sur_source_close(&source);
    }
    free(bytes);
    free(copy);
}

static void further_bytes_are_summed_after_the_file(void **state)
{
    char *bytes, expected[65], sum[65];
    sur_source source;
    sur_error err;
    (void)state;
    char *path = put_large(&bytes);
    bytes = realloc(bytes, SIZE + 4);
    if (!bytes) abort();
    memcpy(bytes + SIZE, "more", 4);
    CHECK_OK(sur_sha256_of(expected, bytes, SIZE + 4, &err));
    for (int aside = 0; aside < 2; aside++) {
        CHECK_OK(sur_source_open(&source, path, &err));
        if (aside) CHECK_OK(sur_source_sum_aside(&source, &err));
        CHECK_OK(sur_source_sum_also(&source, "more", 4, &err));
        CHECK_OK(sur_source_checksum(&source, sum, &err));
        CHECK_TEXT(sum, expected);
        sur_source_close(&source);
    }
    free(bytes);
}

static void a_sum_that_nobody_asks_for_ends_with_the_source(void **state)
{
    char *bytes;
    sur_source source;
    sur_error err;
    (void)state;
    char *path = put_large(&bytes);
    CHECK_OK(sur_source_open(&source, path, &err));
    CHECK_OK(sur_source_sum_aside(&source, &err));
    sur_source_close(&source);
    CHECK(source.aside == NULL && source.fd == -1);
    CHECK_OK(sur_source_open(&source, path, &err));
    source.unsummed = true;
    CHECK_OK(sur_source_sum_aside(&source, &err));
    CHECK(source.aside == NULL);
    sur_source_close(&source);
    free(bytes);
}

/* A pipe and a small file can be read once, or are read faster than a thread begins. */
static void small_files_are_summed_as_they_are_read(void **state)
{
    sur_source source;
    sur_error err;
    (void)state;
    CHECK_OK(sur_source_open(&source, put_text("small.csv", "1,2\n"), &err));
    CHECK_OK(sur_source_sum_aside(&source, &err));
    CHECK(source.aside == NULL);
    sur_source_close(&source);
}

/* A library may open it again by its path; of one that others have begun to read, only
 * the rest is ours. */
static void standard_input_may_be_a_file(void **state)
{
    const char *bytes;
    char word[4];
    sur_source source;
    sur_error err;
    sur_idx count;
    (void)state;
    const int before = dup(0);
    const int file = open(put_text("in.csv", "1,2\n3,4\n"), O_RDONLY);
    CHECK(before >= 0 && file >= 0 && dup2(file, 0) == 0);
    CHECK_OK(sur_source_open(&source, "-", &err));
    CHECK(source.size == 8);
    CHECK_TEXT(source.path, "/dev/stdin");
    CHECK_TEXT(source.name, "standard input");
    CHECK_OK(sur_source_look(&source, &bytes, &count, &err));
    CHECK(count == 8 && memcmp(bytes, "1,2\n3,4\n", 8) == 0);
    sur_source_close(&source);
    CHECK(read(0, word, 4) == 4);
    CHECK_OK(sur_source_open(&source, "-", &err));
    CHECK(source.size == -1);
    CHECK_OK(sur_source_look(&source, &bytes, &count, &err));
    CHECK(count == 4 && memcmp(bytes, "3,4\n", 4) == 0);
    sur_source_close(&source);
    CHECK(dup2(before, 0) == 0);
    close(before);
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_made_aside_is_that_of_what_is_read),
        cmocka_unit_test(further_bytes_are_summed_after_the_file),
        cmocka_unit_test(a_sum_that_nobody_asks_for_ends_with_the_source),
        cmocka_unit_test(small_files_are_summed_as_they_are_read),
        cmocka_unit_test(standard_input_may_be_a_file),
    };
    return RUN_WITH_FILES(tests);
}
