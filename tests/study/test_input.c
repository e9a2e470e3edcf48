/* test_input.c -- the shared input: there once, whole, and not to be changed. */
#define _GNU_SOURCE /* F_GET_SEALS */
#include "study/internal.h"
#include "support/check.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned char byte_of(size_t i)
{
    return (unsigned char)(i * 2654435761u >> 13);
}

static void *make_block(size_t size)
{
    unsigned char *block = malloc(size);
    CHECK(block);
    for (size_t i = 0; i < size; i++) block[i] = byte_of(i);
    return block;
}

static void what_is_placed_is_what_is_mapped(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 100, 4095, 4096, 4097, 100000, 40000000};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        sur_input input, other;
        CHECK_OK(sur_input_place(&input, make_block(sizes[k]), sizes[k], NULL));
        CHECK(input.size == sizes[k]);
        const unsigned char *at = input.at;
        for (size_t i = 0; i < sizes[k]; i += k < 6 ? 1 : 1013)
            CHECK(at[i] == byte_of(i));
        CHECK_OK(sur_input_map(&other, dup(input.fd), NULL)); /* as a worker does */
        CHECK(memcmp(other.at, input.at, sizes[k]) == 0);
        sur_input_free(&other);
        sur_input_free(&input);
    }
}

static void nobody_can_change_or_shrink_it(void **state)
{
    (void)state;
    sur_input input;
    CHECK_OK(sur_input_place(&input, make_block(10000), 10000, NULL));
    CHECK(write(input.fd, "x", 1) < 0);
    CHECK(ftruncate(input.fd, 10) != 0);
    CHECK(mmap(NULL, 10000, PROT_WRITE, MAP_SHARED, input.fd, 0) == MAP_FAILED);
    CHECK(fcntl(input.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0);
    sur_input_free(&input);
}

static void a_file_that_is_empty_or_not_there_is_refused(void **state)
{
    (void)state;
    sur_input input;
    sur_error err;
    CHECK_STATUS(sur_input_map(&input, -1, &err), SUR_EBACKEND);
    CHECK(!input.at && input.fd == -1);
    sur_input_free(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_placed_is_what_is_mapped),
        cmocka_unit_test(nobody_can_change_or_shrink_it),
        cmocka_unit_test(a_file_that_is_empty_or_not_there_is_refused),
    };
    return RUN(tests);
}
