/* forget.c -- every training row r has one number u_r, keyed by (seed, "forget", r);
 * the rows with the smallest among those that may be chosen are forgotten. Row r's
 * wrong label is keyed by (seed, "bias label", r). */
#include "experiments/unlearn/forget.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "data/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct keyed {
    double key;
    sur_idx place;
} keyed;

/* A selection at work. */
typedef struct making {
    const unlearn_forget_options *o;
    const sur_dataset *data;
    const sur_split *split;
    unlearn_forget *out;
    char *note;
    size_t note_size;
} making;

SUR_PRINTF(2, 3) static void say(const making *m, const char *fmt, ...)
{
    size_t used = m->note ? strlen(m->note) : 0;
    va_list args;
    if (!m->note || used + 4 >= m->note_size) return;
    if (used > 0) used += (size_t)snprintf(m->note + used, 3, "; ");
    va_start(args, fmt);
    vsnprintf(m->note + used, m->note_size - used, fmt, args);
    va_end(args);
}

void unlearn_forget_free(unlearn_forget *forget)
{
    free(forget->forget);
    free(forget->retain);
    free(forget->marked);
    free(forget->label);
    *forget = (unlearn_forget){0};
}

bool unlearn_forget_is_file(const char *forget)
{
    return forget && strcmp(forget, "random") != 0 && strncmp(forget, "class:", 6) != 0;
}

static sur_label class_name(const sur_dataset *data, sur_idx c)
{
    const char *name = sur_dataset_name(data, data->cols + 2 + c);
    return sur_shown(name, (sur_idx)strlen(name));
}

/* ---- choosing by number ---- */

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Marks `count` of the candidates: the places of this class, of every other class
 * (not), or all (class -1). *had is how many there are. */
static sur_status choose(making *m, sur_idx class, bool not, sur_idx count,
                         sur_idx *had, sur_error *err)
{
    const sur_split *s = m->split;
    keyed *keys = NULL;
    sur_status status;

    *had = 0;
    SUR_TRY(sur_alloc(&keys, s->train_count, sizeof *keys, err));
    for (sur_idx i = 0; i < s->train_count; i++) {
        if (class >= 0 && (s->label[i] == (double)class) == not ) continue;
        sur_rng rng = sur_rng_make(m->o->seed, "forget", (uint64_t)s->train[i]);
        keys[(*had)++] = (keyed){sur_rng_uniform(&rng), i};
    }
    qsort(keys, (size_t)*had, sizeof *keys, by_key);
    for (sur_idx i = 0; i < count && i < *had; i++) m->out->marked[keys[i].place] = 1;

done:
    free(keys);
    return status;
}

/* How many are asked for of `room` rows. */
static sur_status how_many(const making *m, sur_idx room, sur_idx *count,
                           sur_error *err)
{
    const unlearn_forget_options *o = m->o;
    const sur_idx n = m->split->train_count;
    if (!isnan(o->share)) {
        if (!(o->share > 0.0 && o->share < 1.0))
            return sur_fail(err, SUR_EINVAL, "a share of %g cannot be forgotten",
                            o->share);
        *count = (sur_idx)floor(o->share * (double)n + 0.5);
    } else if (o->count != SUR_UNSET) {
        *count = o->count;
    } else {
        const sur_idx most = n / 4 > 1 ? n / 4 : 1;
        *count = most < UNLEARN_FORGET_COUNT ? most : UNLEARN_FORGET_COUNT;
        if (*count < UNLEARN_FORGET_COUNT)
            say(m, "%lld examples are forgotten, a quarter of the %lld trained on",
                (long long)*count, (long long)n);
    }
    if (*count < 1)
        return sur_fail(err, SUR_EINVAL,
                        "%lld of %lld training rows leave nothing to "
                        "forget",
                        (long long)*count, (long long)n);
    if (*count >= n)
        return sur_fail(
            err, SUR_EINVAL,
            "forgetting %lld of %lld training rows leaves nothing to retain",
            (long long)*count, (long long)n);
    if (*count > room)
        say(m, "%lld examples are forgotten, all there are", (long long)room);
    return SUR_OK;
}

/* ---- a class ---- */

static sur_status find_class(const making *m, const char *name, sur_idx *class,
                             sur_error *err)
{
    const sur_dataset *d = m->data;
    char *end;
    char list[160] = "";
    if (d->classes == 0)
        return sur_fail(err, SUR_EINVAL, "class:%.60s: the data has no classes", name);
    for (sur_idx c = 0; c < d->classes; c++)
        if (strcmp(sur_dataset_name(d, d->cols + 2 + c), name) == 0)
            return *class = c, SUR_OK;
    const long number = strtol(name, &end, 10);
    if (*name && !*end && number >= 0 && number < d->classes)
        return *class = number, SUR_OK;
    for (sur_idx c = 0; c < d->classes && c < 4; c++) {
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%.24s", c ? ", " : "",
                 class_name(d, c).text);
    }
    return sur_fail(err, SUR_EINVAL, "there is no class \"%.60s\" among %s%s", name,
                    list, d->classes > 4 ? ", ..." : "");
}

static sur_status choose_class(making *m, sur_error *err)
{
    const sur_split *s = m->split;
    sur_idx class = 0, size = 0, count, had;
    sur_status status;
    SUR_TRY(find_class(m, m->o->forget + 6, &class, err));
    for (sur_idx i = 0; i < s->train_count; i++) size += s->label[i] == (double)class;
    SUR_FAIL_IF(size == 0, SUR_EINVAL, "no training row is of class %s",
                class_name(m->data, class).text);
    SUR_FAIL_IF(size == s->train_count, SUR_EINVAL,
                "all training rows are of class %s: nothing would be retained",
                class_name(m->data, class).text);
    count = size;
    if (m->o->count != SUR_UNSET || !isnan(m->o->share))
        SUR_TRY(how_many(m, size, &count, err));
    SUR_TRY(choose(m, class, false, count, &had, err));

done:
    return status;
}

/* ---- ids ---- */

static sur_status choose_ids(making *m, const sur_idx *ids, sur_idx count,
                             sur_error *err)
{
    const sur_split *s = m->split;
    const sur_idx rows = m->data->rows;
    sur_idx *place = NULL, marked = 0, repeated = 0, strangers = 0; /* from 1 */
    sur_status status;

    SUR_FAIL_IF(count < 1, SUR_EPARSE, "%s: no ids", m->o->forget);
    SUR_TRY(sur_alloc(&place, rows, sizeof *place, err));
    for (sur_idx i = 0; i < s->train_count; i++) place[s->train[i]] = i + 1;
    for (sur_idx k = 0; k < count; k++) {
        const sur_idx id = ids[k];
        SUR_FAIL_IF(id < 0 || id >= rows, SUR_EPARSE,
                    "%s: id %lld is no row of the data, which are 0 to %lld",
                    m->o->forget, (long long)id, (long long)rows - 1);
        if (!place[id]) {
            strangers++;
            continue;
        }
        uint8_t *mark = &m->out->marked[place[id] - 1];
        repeated += *mark;
        marked += !*mark;
        *mark = 1;
    }
    if (repeated) say(m, "%lld ids are repeated and count once", (long long)repeated);
    SUR_FAIL_IF(marked == 0, SUR_EPARSE,
                "%s: none of the %lld ids is among the %lld rows trained on",
                m->o->forget, (long long)count, (long long)s->train_count);
    SUR_FAIL_IF(marked == s->train_count, SUR_EPARSE,
                "%s: all %lld training rows are listed: nothing would be retained",
                m->o->forget, (long long)marked);
    if (strangers)
        say(m, "%lld of %lld ids were not trained on and are left out",
            (long long)strangers, (long long)count);

done:
    free(place);
    return status;
}

/* ---- what is planted ---- */

static sur_status plant(making *m, sur_error *err)
{
    const unlearn_forget_options *o = m->o;
    const sur_idx n = m->split->train_count, classes = m->data->classes;
    const bool patch = o->bias == UNLEARN_BIAS_PATCH;
    sur_idx room = n, count, had;
    sur_status status;

    SUR_FAIL_IF(classes < 2, SUR_EINVAL, "bias needs classes, and the data has none");
    SUR_FAIL_IF(patch && (o->patch_class < 0 || o->patch_class >= classes), SUR_EINVAL,
                "a patch cannot mark class %lld: the data has %lld, from 0",
                (long long)o->patch_class, (long long)classes);
    if (patch)
        for (sur_idx i = 0; i < n; i++)
            room -= m->split->label[i] == (double)o->patch_class;
    SUR_FAIL_IF(room == 0, SUR_EINVAL,
                "all training rows are of the class of the patch");
    SUR_TRY(how_many(m, room, &count, err));
    SUR_TRY(choose(m, patch ? o->patch_class : -1, true, count, &had, err));
    for (sur_idx i = 0; i < n; i++) {
        if (!m->out->marked[i]) continue;
        sur_rng rng = sur_rng_make(o->seed, "bias label", (uint64_t)m->split->train[i]);
        const sur_idx other = sur_rng_below(&rng, classes - 1),
                      own = (sur_idx)m->split->label[i];
        m->out->label[i] = (double)(patch         ? o->patch_class
                                    : other < own ? other
                                                  : other + 1);
    }

done:
    return status;
}

/* ---- all together ---- */

/* Says which classes lose all their examples. */
static sur_status tell_vanished(const making *m, sur_error *err)
{
    const sur_split *s = m->split;
    const sur_idx classes = m->data->classes;
    sur_idx *all = NULL, *left;
    if (classes == 0) return SUR_OK;
    const sur_status status = sur_alloc(&all, 2 * classes, sizeof *all, err);
    if (status != SUR_OK) return status;
    left = all + classes;
    for (sur_idx i = 0; i < s->train_count; i++) {
        all[(sur_idx)s->label[i]]++;
        left[(sur_idx)s->label[i]] += !m->out->marked[i];
    }
    for (sur_idx c = 0; c < classes; c++)
        if (all[c] && !left[c])
            say(m, "class %s is forgotten whole: none of its %lld examples is retained",
                class_name(m->data, c).text, (long long)all[c]);
    free(all);
    return SUR_OK;
}

static sur_status list_places(unlearn_forget *f, sur_idx n, sur_error *err)
{
    sur_status status;
    for (sur_idx i = 0; i < n; i++) f->count += f->marked[i];
    f->retain_count = n - f->count;
    SUR_TRY(sur_alloc(&f->forget, f->count, sizeof *f->forget, err));
    SUR_TRY(sur_alloc(&f->retain, f->retain_count, sizeof *f->retain, err));
    for (sur_idx i = 0, a = 0, b = 0; i < n; i++)
        if (f->marked[i])
            f->forget[a++] = i;
        else
            f->retain[b++] = i;

done:
    return status;
}

static sur_status select_rows(making *m, const sur_idx *ids, sur_idx id_count,
                              sur_error *err)
{
    sur_idx *read = NULL, count, had;
    sur_status status;
    if (m->o->bias != UNLEARN_BIAS_NONE) {
        status = plant(m, err);
    } else if (strcmp(m->o->forget, "random") == 0) {
        SUR_TRY(how_many(m, m->split->train_count, &count, err));
        SUR_TRY(choose(m, -1, true, count, &had, err));
    } else if (!unlearn_forget_is_file(m->o->forget)) {
        status = choose_class(m, err);
    } else {
        if (!ids) {
            SUR_TRY(unlearn_ids_read(&read, &id_count, NULL, m->o->forget, err));
            ids = read;
        }
        status = choose_ids(m, ids, id_count, err);
    }

done:
    free(read);
    return status;
}

sur_status unlearn_forget_make(unlearn_forget *out,
                               const unlearn_forget_options *options,
                               const sur_dataset *data, const sur_split *split,
                               const sur_idx *ids, sur_idx id_count, char *note,
                               size_t note_size, sur_error *err)
{
    const sur_idx n = split->train_count;
    making m = {options, data, split, out, note, note_size};
    sur_status status;

    *out = (unlearn_forget){0};
    SUR_TRY(sur_alloc(&out->marked, n, 1, err));
    SUR_TRY(sur_alloc(&out->label, n, sizeof *out->label, err));
    memcpy(out->label, split->label, (size_t)n * sizeof *out->label);
    SUR_TRY(select_rows(&m, ids, id_count, err));
    SUR_TRY(list_places(out, n, err));
    SUR_TRY(tell_vanished(&m, err));

done:
    if (status != SUR_OK) unlearn_forget_free(out);
    return status;
}
