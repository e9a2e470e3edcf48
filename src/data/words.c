/* words.c -- the words of text columns, lists of words, and codes that mean "missing".
 */
#include "data/table.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void sur_words_free(sur_words *words)
{
    if (!words) return;
    free(words->text);
    free(words->start);
    free(words->order);
    *words = (sur_words){0};
}

const char *sur_words_at(const sur_words *words, sur_idx i)
{
    return words->text + words->start[i];
}

/* Bytes first, then length: as strcmp orders zero-ended text. */
static int compare(const char *word, const char *text, sur_idx length)
{
    const int order = strncmp(word, text, (size_t)length);
    return order ? order : word[length] != '\0';
}

/* The place of a word in the order, and whether it is there already. Words are found by
 * bisection: no file can make that slow. */
static sur_idx find(const sur_words *words, const char *text, sur_idx length,
                    bool *found)
{
    sur_idx low = 0, high = words->count;
    *found = false;
    while (low < high) {
        const sur_idx middle = low + (high - low) / 2;
        const int order =
            compare(sur_words_at(words, words->order[middle]), text, length);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static sur_status make_room(sur_words *words, sur_idx length, sur_error *err)
{
    sur_status status = SUR_OK;
    if (words->count == words->capacity) {
        const sur_idx more = 2 * words->capacity + 8;
        SUR_TRY(sur_resize(&words->start, more, sizeof *words->start, err));
        SUR_TRY(sur_resize(&words->order, more, sizeof *words->order, err));
        words->capacity = more;
    }
    if (words->text_count + length + 1 > words->text_capacity) {
        const sur_idx more = 2 * words->text_capacity + length + 64;
        SUR_TRY(sur_resize(&words->text, more, 1, err));
        words->text_capacity = more;
    }
done:
    return status;
}

sur_status sur_words_add(sur_words *words, const char *text, sur_idx length,
                         double *code, sur_error *err)
{
    bool found;
    *code = nan("");
    if (words->many) return SUR_OK;
    const sur_idx place = find(words, text, length, &found);
    if (found) {
        *code = (double)words->order[place];
        return SUR_OK;
    }
    const sur_idx most = words->most ? words->most : SUR_MOST_WORDS;
    if (words->count == most || length > SUR_LONGEST_WORD) {
        words->many = true;
        return SUR_OK;
    }
    const sur_status status = make_room(words, length, err);
    if (status != SUR_OK) return status;
    memmove(words->order + place + 1, words->order + place,
            (size_t)(words->count - place) * sizeof *words->order);
    words->order[place] = words->count;
    words->start[words->count] = words->text_count;
    memcpy(words->text + words->text_count, text, (size_t)length);
    words->text[words->text_count + length] = '\0';
    words->text_count += length + 1;
    *code = (double)words->count++;
    return SUR_OK;
}

sur_status sur_words_add_number(sur_words *words, double x, double *code,
                                sur_error *err)
{
    char text[32];
    words->numbers = true;
    sur_number_text(x + 0.0, text); /* -0 is 0 */
    return sur_words_add(words, text, (sur_idx)strlen(text), code, err);
}

sur_status sur_column_to_words(sur_table *table, sur_idx column, sur_idx rows,
                               sur_error *err)
{
    sur_column *c = &table->column[column];
    sur_status status;
    if (c->words) return SUR_OK;
    SUR_TRY(sur_table_widen(table, SUR_F64, err));
    SUR_TRY(sur_alloc(&c->words, 1, sizeof *c->words, err));
    c->words->most = table->most_words;
    for (sur_idx i = 0; i < rows; i++) {
        double x = sur_table_get(table, i, column);
        if (isnan(x)) continue;
        SUR_TRY(sur_words_add_number(c->words, x, &x, err));
        sur_table_set(table, i, column, x);
    }
done:
    return status;
}

/* ---- lists ---- */

/* Copies one item without its quotes and the blanks around it; returns where it ended.
 */
static const char *take_item(const char *from, char **to)
{
    char *start = *to, *end = start;
    bool quoted = false;
    while (*from == ' ' || *from == '\t') from++;
    for (; *from && (quoted || *from != ','); from++) {
        if (*from == '"')
            quoted = !quoted;
        else
            *end++ = *from;
    }
    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) end--;
    *end = '\0';
    *to = end + 1;
    return from;
}

sur_status sur_list_split(char ***items, sur_idx *count, const char *list,
                          sur_error *err)
{
    *items = NULL;
    *count = 0;
    if (!list || !*list) return SUR_OK;
    sur_idx most = 1;
    const sur_idx length = (sur_idx)strlen(list);
    for (const char *c = list; *c; c++) most += *c == ',';

    char **block = NULL;
    const sur_status status =
        sur_alloc(&block, most * (sur_idx)sizeof *block + length + most + 1, 1, err);
    if (status != SUR_OK) return status;
    char *to = (char *)(block + most);
    for (const char *from = list;; from++) {
        block[*count] = to;
        from = take_item(from, &to);
        if (*block[*count]) ++*count;
        if (!*from) break;
    }
    *items = block;
    return SUR_OK;
}

/* ---- codes ---- */

/* The number that a code is, NaN if it is none. */
static double number_of(const char *text, bool *is_nan)
{
    double x;
    const char *end = sur_number_read(text, &x);
    *is_nan = strcasecmp(text, "nan") == 0 || strcasecmp(text, "-nan") == 0;
    if (end && !*end) return x;
    const char *letters = text + (*text == '-' || *text == '+');
    if (strcasecmp(letters, "inf") == 0 || strcasecmp(letters, "infinity") == 0)
        return *text == '-' ? -HUGE_VAL : HUGE_VAL;
    return nan("");
}

sur_status sur_codes_make(sur_codes *codes, const char *list, sur_error *err)
{
    sur_status status;
    *codes = (sur_codes){0};
    SUR_TRY(sur_list_split(&codes->text, &codes->count, list, err));
    SUR_TRY(sur_alloc(&codes->number, codes->count, sizeof *codes->number, err));
    for (sur_idx k = 0; k < codes->count; k++) {
        bool is_nan;
        codes->number[k] = number_of(codes->text[k], &is_nan);
        codes->nan |= is_nan;
    }
done:
    return status;
}

void sur_codes_free(sur_codes *codes)
{
    free(codes->text);
    free(codes->number);
    *codes = (sur_codes){0};
}

bool sur_codes_have(const sur_codes *codes, double x)
{
    if (isnan(x)) return codes->nan;
    for (sur_idx k = 0; k < codes->count; k++)
        if (codes->number[k] == x) return true;
    return false;
}

bool sur_codes_have_text(const sur_codes *codes, const char *text)
{
    for (sur_idx k = 0; k < codes->count; k++)
        if (strcmp(codes->text[k], text) == 0) return true;
    return false;
}
