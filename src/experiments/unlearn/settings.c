/* settings.c -- the values of a method's settings that tuning tries. */
#include "experiments/unlearn/search.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 256 };

static int count_of(const unlearn_method *method)
{
    int count = 0;
    while (count < UNLEARN_SETTINGS && method->settings[count].name) count++;
    return count;
}

static int find(const unlearn_method *method, const char *name)
{
    for (int i = 0; i < count_of(method); i++)
        if (strcmp(method->settings[i].name, name) == 0) return i;
    return -1;
}

static sur_status no_setting(const unlearn_method *method, const char *name,
                             sur_error *err)
{
    sur_text all = {0};
    sur_status status = SUR_OK;
    for (int i = 0; i < count_of(method) && status == SUR_OK; i++)
        status =
            sur_text_format(&all, err, "%s%s", i ? ", " : "", method->settings[i].name);
    if (status == SUR_OK)
        status =
            sur_fail(err, SUR_EINVAL, "method %s has no setting '%.40s'; it has %s",
                     method->name, name, all.at ? all.at : "none");
    sur_text_free(&all);
    return status;
}

/* "a/b/c" into the values of setting i. */
static sur_status read_values(unlearn_grid *grid, int i, const char *text,
                              sur_error *err)
{
    const unlearn_setting *setting = &grid->method->settings[i];
    int count = 0;
    for (;;) {
        char *end;
        const double x = strtod(text, &end);
        if (end == text || (*end && *end != '/'))
            return sur_fail(err, SUR_EINVAL, "setting %s: '%.40s' is no number",
                            setting->name, text);
        if (!(x >= setting->low && x <= setting->high) ||
            (setting->whole && x != floor(x)))
            return sur_fail(err, SUR_EINVAL, "setting %s = %g: %s from %g to %g",
                            setting->name, x, setting->whole ? "whole" : "a number",
                            setting->low, setting->high);
        if (count == UNLEARN_GRID)
            return sur_fail(err, SUR_EINVAL, "setting %s: more than %d values",
                            setting->name, UNLEARN_GRID);
        grid->value[i][count++] = x;
        if (!*end) break;
        text = end + 1;
    }
    grid->count[i] = count;
    return SUR_OK;
}

static const unlearn_method *method_of(const char *name)
{
    for (int m = 0; m < UNLEARN_METHODS; m++)
        if (strcmp(unlearn_methods[m].name, name) == 0) return &unlearn_methods[m];
    return NULL;
}

/* One word "name=values" or "METHOD.name=values". */
static sur_status read_word(unlearn_grid *grid, char *word, sur_error *err)
{
    char *value = strchr(word, '='), *dot = strchr(word, '.');
    const unlearn_method *method = grid->method;
    char *name = word;
    if (!value)
        return sur_fail(err, SUR_EINVAL, "settings: '%.40s' is not name=value", word);
    *value++ = '\0';
    if (dot && dot < value) {
        *dot = '\0';
        name = dot + 1;
        method = method_of(word);
        if (!method)
            return sur_fail(err, SUR_EINVAL, "settings: there is no method '%.40s'",
                            word);
    }
    const int i = find(method, name);
    if (i < 0) return no_setting(method, name, err);
    return method == grid->method ? read_values(grid, i, value, err) : SUR_OK;
}

sur_status unlearn_grid_make(unlearn_grid *out, const sur_unlearn_options *o,
                             sur_error *err)
{
    const unlearn_method *method = &unlearn_methods[o->method];
    unlearn_grid grid = {.method = method, .settings = count_of(method)};
    const double rate = o->unlearn_optimizer == SUR_SGD ? 10.0 : 1.0;
    for (int i = 0; i < grid.settings; i++) {
        const unlearn_setting *s = &method->settings[i];
        const bool all = s->grid_count > 0 && o->tune != TUNE_NONE;
        grid.count[i] = all ? s->grid_count : 1;
        for (int j = 0; j < grid.count[i]; j++)
            grid.value[i][j] = (all ? s->grid[j] : s->preset) * (s->rate ? rate : 1.0);
    }
    for (const char *at = o->settings; at && *at;) {
        char word[WORD];
        const size_t blank = strspn(at, " \t\n,;"),
                     length = strcspn(at + blank, " \t\n,;");
        at += blank;
        if (length >= WORD)
            return sur_fail(err, SUR_EINVAL, "settings: '%.40s...' is too long", at);
        if (length == 0) break;
        memcpy(word, at, length);
        word[length] = '\0';
        const sur_status status = read_word(&grid, word, err);
        if (status != SUR_OK) return status;
        at += length;
    }
    if (o->tune == TUNE_NONE)
        for (int i = 0; i < grid.settings; i++) grid.count[i] = 1;
    *out = grid;
    const sur_idx size = unlearn_grid_size(out, o);
    if (size > UNLEARN_CANDIDATES_MOST)
        return sur_fail(err, SUR_EINVAL, "%lld candidates: at most %d", (long long)size,
                        UNLEARN_CANDIDATES_MOST);
    return SUR_OK;
}

sur_idx unlearn_grid_size(const unlearn_grid *grid, const sur_unlearn_options *o)
{
    sur_idx size = 1;
    for (int i = 0; i < grid->settings; i++) size *= grid->count[i];
    return o->tune == TUNE_RANDOM && size > 1 ? o->candidates : size;
}

static void draw(double *setting, const unlearn_grid *grid, int i, sur_rng *rng)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (int j = 0; j < grid->count[i]; j++) {
        low = fmin(low, grid->value[i][j]);
        high = fmax(high, grid->value[i][j]);
    }
    const double u = sur_rng_uniform(rng); /* drawn even where there is no choice */
    double x = low > 0.0 ? low * pow(high / low, u) : low + u * (high - low);
    if (low == high) x = low;
    *setting = grid->method->settings[i].whole ? floor(x + 0.5) : x;
}

void unlearn_grid_at(double setting[UNLEARN_SETTINGS], const unlearn_grid *grid,
                     const sur_unlearn_options *o, sur_idx index)
{
    sur_rng rng =
        sur_rng_make((uint64_t)o->data.seed, "unlearn search", (uint64_t)index);
    for (int i = 0; i < UNLEARN_SETTINGS; i++) setting[i] = 0.0;
    for (int i = grid->settings - 1; i >= 0; i--) {
        if (o->tune == TUNE_RANDOM) {
            draw(&setting[i], grid, i, &rng);
            continue;
        }
        setting[i] = grid->value[i][index % grid->count[i]];
        index /= grid->count[i];
    }
}
