/* graph_file.c -- edge lists: a pair of node numbers on each line. */
#include "comm/graph.h"

#include "base/memory.h"
#include "base/try.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 28 }; /* bytes of an edge list */

/* A whole number at *at, before end; -1 if there is none. */
static sur_idx take_number(const char **at, const char *end)
{
    sur_idx value = -1;
    while (*at < end && (**at == ' ' || **at == '\t')) *at += 1;
    for (; *at < end && **at >= '0' && **at <= '9'; *at += 1) {
        if (value < 0) value = 0;
        value = value > 100000000 ? value : 10 * value + (**at - '0');
    }
    return value;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    return at;
}

static sur_status read_line(sur_edges *edges, sur_idx nodes, const char *at,
                            const char *end, const char *name, sur_idx line,
                            sur_error *err)
{
    const char *comment = memchr(at, '#', (size_t)(end - at));
    if (comment) end = comment;
    if (skip_blanks(at, end) == end) return SUR_OK;
    const sur_idx a = take_number(&at, end);
    at = skip_blanks(at, end);
    if (at < end && *at == ',') at++;
    const sur_idx b = take_number(&at, end);
    if (a < 0 || b < 0 || skip_blanks(at, end) != end)
        return sur_fail(err, SUR_EPARSE, "%s:%lld: not a pair of node numbers", name,
                        (long long)line);
    if (a >= nodes || b >= nodes)
        return sur_fail(
            err, SUR_EPARSE, "%s:%lld: node %lld, but there are %lld (from 0)", name,
            (long long)line, (long long)(a >= nodes ? a : b), (long long)nodes);
    if (a == b)
        return sur_fail(err, SUR_EPARSE, "%s:%lld: an edge from node %lld to itself",
                        name, (long long)line, (long long)a);
    return sur_edges_add(edges, a, b, err);
}

sur_status sur_graph_read(sur_graph *out, sur_idx nodes, const char *text, size_t size,
                          const char *name, sur_error *err)
{
    const char *at = text, *end = text + size;
    sur_edges edges = {0};
    sur_status status = SUR_OK;

    *out = (sur_graph){0};
    for (sur_idx line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        SUR_TRY(read_line(&edges, nodes, at, stop, name, line, err));
        at = stop < end ? stop + 1 : end;
    }
    SUR_TRY(sur_graph_of(out, nodes, &edges, err));

done:
    free(edges.pair);
    return status;
}

sur_status sur_graph_read_file(sur_graph *out, sur_idx nodes, const char *path,
                               sur_error *err)
{
    char *text = NULL;
    size_t size = 0, room = 0;
    sur_status status = SUR_OK;

    if (!path) return sur_fail(err, SUR_EINVAL, "topology file needs --edges FILE");
    FILE *file = fopen(path, "rbe");
    if (!file)
        return sur_fail(err, SUR_EIO, "%s: cannot open: %s", path, strerror(errno));
    for (;;) {
        if (size == room) {
            room = 2 * room + 4096;
            SUR_FAIL_IF(room > FILE_MOST, SUR_EPARSE, "%s: too long for an edge list",
                        path);
            SUR_TRY(sur_resize(&text, (sur_idx)room, 1, err));
        }
        const size_t count = fread(text + size, 1, room - size, file);
        size += count;
        if (count == 0) break;
    }
    SUR_FAIL_IF(ferror(file), SUR_EIO, "%s: cannot read: %s", path, strerror(errno));
    SUR_TRY(sur_graph_read(out, nodes, text, size, path, err));

done:
    fclose(file);
    free(text);
    return status;
}
