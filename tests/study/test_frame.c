/* test_frame.c -- what study and workers say to each other survives the way, and
 * nothing else is believed. */
#include "study/frame.h"
#include "support/toy.h"

static void packed_options_come_out_as_they_went_in(void **state)
{
    (void)state;
    sur_bytes bytes = {0};
    toy_options from;
    void *to = NULL;
    char *a = NULL, *b = NULL;
    CHECK_OK(sur_fields_preset(&toy_fields, &from, NULL));
    CHECK_OK(sur_fields_set(&toy_fields, &from, "data", "/a/long/path.csv", NULL));
    CHECK_OK(sur_fields_set(&toy_fields, &from, "ridge", "0.1", NULL));
    CHECK_OK(sur_fields_set(&toy_fields, &from, "wait", "0.25", NULL)); /* hidden */
    sur_pack_options(&bytes, &toy_fields, &from);
    sur_taker taker = {bytes.at, bytes.size, false};
    CHECK_OK(sur_unpack_options(&to, &toy_fields, &taker, NULL));
    CHECK(taker.left == 0 && !taker.bad);
    const toy_options *got = to;
    CHECK_TEXT(got->data, "/a/long/path.csv");
    CHECK(!got->columns && got->ridge == 0.1 && got->wait == 0.25);
    CHECK_OK(sur_fields_to_json(&toy_fields, &from, &a, NULL));
    CHECK_OK(sur_fields_to_json(&toy_fields, to, &b, NULL));
    CHECK_TEXT(a, b);
    free(a);
    free(b);
    sur_fields_free(&toy_fields, &from);
    sur_fields_free(&toy_fields, to);
    free(to);
    sur_bytes_free(&bytes);
}

static void packed_options_cut_short_are_refused(void **state)
{
    (void)state;
    sur_bytes bytes = {0};
    toy_options from;
    CHECK_OK(sur_fields_preset(&toy_fields, &from, NULL));
    sur_pack_options(&bytes, &toy_fields, &from);
    for (size_t size = 0; size < bytes.size; size++) {
        void *to = NULL;
        sur_taker taker = {bytes.at, size, false};
        CHECK_STATUS(sur_unpack_options(&to, &toy_fields, &taker, NULL), SUR_EBACKEND);
        CHECK(!to);
    }
    sur_fields_free(&toy_fields, &from);
    sur_bytes_free(&bytes);
}

static void a_frame_arrives_whole_or_not_yet(void **state)
{
    (void)state;
    sur_bytes from = {0}, to = {0};
    uint32_t type = 0;
    sur_taker payload;
    for (uint32_t i = 0; i < 3; i++) {
        const size_t frame = sur_frame_begin(&from, SUR_FRAME_FIND);
        sur_put_u32(&from, i);
        sur_put_text(&from, i == 1 ? NULL : "key");
        sur_put_f64(&from, 0.5);
        sur_put_i64(&from, -7);
        sur_frame_end(&from, frame);
    }
    uint32_t seen = 0;
    for (size_t i = 0; i < from.size; i++) { /* byte by byte */
        sur_put(&to, from.at + i, 1);
        if (sur_frame_peek(&to, &type, &payload) == 0) continue;
        const size_t whole = SUR_FRAME_HEAD + payload.left;
        CHECK(type == SUR_FRAME_FIND && sur_take_u32(&payload) == seen);
        const char *key = sur_take_text(&payload);
        CHECK(seen == 1 ? !key : strcmp(key, "key") == 0);
        CHECK(sur_take_f64(&payload) == 0.5 && sur_take_i64(&payload) == -7);
        CHECK(payload.left == 0 && !payload.bad);
        CHECK(sur_take_i64(&payload) == 0 && payload.bad); /* nothing behind the end */
        sur_bytes_drop(&to, whole);
        seen++;
    }
    CHECK(seen == 3);
    sur_bytes_free(&from);
    sur_bytes_free(&to);
}

static void what_is_no_frame_is_not_taken_for_one(void **state)
{
    (void)state;
    uint32_t type = 0;
    sur_taker payload;
    sur_bytes bytes = {0};
    sur_put(&bytes, "this is printed text", 20);
    CHECK(sur_frame_peek(&bytes, &type, &payload) == -1);
    sur_bytes_clear(&bytes);
    const size_t frame = sur_frame_begin(&bytes, SUR_FRAME_DONE);
    sur_frame_end(&bytes, frame);
    const uint32_t huge = SUR_FRAME_MOST + 1;
    memcpy(bytes.at + 4, &huge, sizeof huge);
    CHECK(sur_frame_peek(&bytes, &type, &payload) == -1);
    sur_bytes_free(&bytes);
}

static void a_text_with_a_wrong_length_is_refused(void **state)
{
    (void)state;
    const uint32_t lengths[] = {0, 2, 4, 5, 1000000, UINT32_MAX - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char bytes[8];
        memcpy(bytes, &lengths[i], 4);
        memcpy(bytes + 4, "abc", 4); /* its length is 3 */
        sur_taker taker = {bytes, sizeof bytes, false};
        CHECK(!sur_take_text(&taker) && taker.bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_options_come_out_as_they_went_in),
        cmocka_unit_test(packed_options_cut_short_are_refused),
        cmocka_unit_test(a_frame_arrives_whole_or_not_yet),
        cmocka_unit_test(what_is_no_frame_is_not_taken_for_one),
        cmocka_unit_test(a_text_with_a_wrong_length_is_refused),
    };
    return RUN(tests);
}
