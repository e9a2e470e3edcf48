/* frame.c -- bytes, frames and packed options; see frame.h. */
#include "study/frame.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

#define MARK 0x53555200u /* in the upper three bytes of a frame's first word */
#define NO_TEXT UINT32_MAX

void sur_bytes_free(sur_bytes *bytes)
{
    free(bytes->at);
    *bytes = (sur_bytes){0};
}

void sur_bytes_clear(sur_bytes *bytes)
{
    bytes->start = bytes->size = 0;
    bytes->failed = false;
}

sur_status sur_bytes_check(const sur_bytes *bytes, sur_error *err)
{
    if (!bytes->failed) return SUR_OK;
    return sur_fail(err, SUR_ENOMEM, "no memory for a message of %zu bytes",
                    bytes->size);
}

char *sur_bytes_reserve(sur_bytes *bytes, size_t size)
{
    if (bytes->failed) return NULL;
    if (bytes->start > 0 && bytes->size + size > bytes->room) {
        memmove(bytes->at, bytes->at + bytes->start, bytes->size - bytes->start);
        bytes->size -= bytes->start;
        bytes->start = 0;
    }
    if (bytes->size + size > bytes->room) {
        const size_t room = 2 * (bytes->size + size) + 1024;
        if (sur_resize(&bytes->at, (sur_idx)room, 1, NULL) != SUR_OK) {
            bytes->failed = true;
            return NULL;
        }
        bytes->room = room;
    }
    return bytes->at + bytes->size;
}

void sur_bytes_drop(sur_bytes *bytes, size_t size)
{
    bytes->start += size;
    if (bytes->start >= bytes->size) bytes->start = bytes->size = 0;
}

void sur_put(sur_bytes *bytes, const void *data, size_t size)
{
    char *to = sur_bytes_reserve(bytes, size);
    if (!to || size == 0) return;
    memcpy(to, data, size);
    bytes->size += size;
}

void sur_put_u32(sur_bytes *bytes, uint32_t value)
{
    sur_put(bytes, &value, sizeof value);
}

void sur_put_i64(sur_bytes *bytes, int64_t value)
{
    sur_put(bytes, &value, sizeof value);
}

void sur_put_f64(sur_bytes *bytes, double value)
{
    sur_put(bytes, &value, sizeof value);
}

void sur_put_text(sur_bytes *bytes, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    sur_put_u32(bytes, text ? (uint32_t)length : NO_TEXT);
    if (text) sur_put(bytes, text, length + 1);
}

size_t sur_frame_begin(sur_bytes *bytes, enum sur_frame_type type)
{
    sur_put_u32(bytes, MARK | (uint32_t)type);
    sur_put_u32(bytes, 0);
    return bytes->size - bytes->start;
}

void sur_frame_end(sur_bytes *bytes, size_t place)
{
    if (bytes->failed) return;
    uint32_t length = (uint32_t)(bytes->size - bytes->start - place);
    memcpy(bytes->at + bytes->start + place - sizeof length, &length, sizeof length);
}

const void *sur_take(sur_taker *taker, size_t size)
{
    if (taker->bad || size > taker->left) {
        taker->bad = true;
        return NULL;
    }
    const void *found = taker->at;
    taker->at += size;
    taker->left -= size;
    return found;
}

uint32_t sur_take_u32(sur_taker *taker)
{
    uint32_t value = 0;
    const void *from = sur_take(taker, sizeof value);
    if (from) memcpy(&value, from, sizeof value);
    return value;
}

int64_t sur_take_i64(sur_taker *taker)
{
    int64_t value = 0;
    const void *from = sur_take(taker, sizeof value);
    if (from) memcpy(&value, from, sizeof value);
    return value;
}

double sur_take_f64(sur_taker *taker)
{
    double value = 0;
    const void *from = sur_take(taker, sizeof value);
    if (from) memcpy(&value, from, sizeof value);
    return value;
}

const char *sur_take_text(sur_taker *taker)
{
    uint32_t length = sur_take_u32(taker);
    if (length == NO_TEXT) return NULL;
    const char *text = sur_take(taker, (size_t)length + 1);
    if (text && strnlen(text, (size_t)length + 1) != length) taker->bad = true;
    return taker->bad ? NULL : text;
}

int sur_frame_peek(const sur_bytes *bytes, uint32_t *type, sur_taker *payload)
{
    uint32_t head[2];
    size_t have = bytes->size - bytes->start;
    if (have < SUR_FRAME_HEAD) return 0;
    memcpy(head, bytes->at + bytes->start, sizeof head);
    if ((head[0] & 0xffffff00u) != MARK || head[1] > SUR_FRAME_MOST) return -1;
    if (have < SUR_FRAME_HEAD + (size_t)head[1]) return 0;
    *type = head[0] & 0xffu;
    *payload = (sur_taker){bytes->at + bytes->start + SUR_FRAME_HEAD, head[1], false};
    return 1;
}

static bool is_string(const sur_field *field)
{
    return field->kind == SUR_TEXT || field->kind == SUR_PATH ||
           field->kind == SUR_LIST;
}

void sur_pack_options(sur_bytes *bytes, const sur_fields *fields, const void *options)
{
    sur_put(bytes, options, fields->size);
    for (sur_idx i = 0; i < fields->count; i++) {
        if (!is_string(&fields->at[i])) continue;
        const char *text = NULL;
        memcpy(&text, (const char *)options + fields->at[i].offset, sizeof text);
        sur_put_text(bytes, text);
    }
}

sur_status sur_unpack_options(void **options, const sur_fields *fields,
                              sur_taker *taker, sur_error *err)
{
    sur_status status = SUR_OK;
    char *made = NULL;
    const void *raw = sur_take(taker, fields->size);
    SUR_FAIL_IF(!raw, SUR_EBACKEND, "a message to the worker is cut short");
    SUR_TRY(sur_alloc(&made, (sur_idx)fields->size, 1, err));
    memcpy(made, raw, fields->size);
    const char *none = NULL;
    for (sur_idx i = 0; i < fields->count; i++)
        if (is_string(&fields->at[i]))
            memcpy(made + fields->at[i].offset, &none, sizeof none);
    for (sur_idx i = 0; i < fields->count; i++) {
        if (!is_string(&fields->at[i])) continue;
        const char *text = sur_take_text(taker);
        SUR_FAIL_IF(taker->bad, SUR_EBACKEND, "a message to the worker is cut short");
        if (!text) continue;
        char *copy = NULL;
        SUR_TRY(sur_copy_text(&copy, text, err));
        memcpy(made + fields->at[i].offset, &copy, sizeof copy);
    }

done:
    if (status != SUR_OK && made) {
        sur_fields_free(fields, made);
        free(made);
        made = NULL;
    }
    *options = made;
    return status;
}
