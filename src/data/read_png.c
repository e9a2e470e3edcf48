/* read_png.c -- a PNG image as a matrix of its gray values, 0 to 255: a row for each
 * row of pixels. Colours become their gray. */
#include "data/reader.h"
#include "data/slurp.h"

#include "base/try.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static bool probe(const char *bytes, sur_idx count)
{
    return count >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static sur_status refuse(const sur_source *source, const png_image *image,
                         sur_error *err)
{
    return sur_fail(err, SUR_EPARSE, "%s: a damaged PNG image (%s)", source->name,
                    sur_shown(image->message, (sur_idx)strlen(image->message)).text);
}

static sur_status read_table(sur_table *table, sur_table *test, sur_source *source,
                             const sur_request *request, sur_error *err)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color black = {0, 0, 0};
    char *bytes = NULL;
    sur_idx count;
    sur_status status;
    (void)test, (void)request;
    SUR_TRY(sur_source_slurp(source, &bytes, &count, err));
    if (!png_image_begin_read_from_memory(&image, bytes, (size_t)count)) {
        status = refuse(source, &image, err);
        goto done;
    }
    SUR_FAIL_IF(image.format & PNG_FORMAT_FLAG_LINEAR, SUR_EPARSE,
                "%s: 16 bits a pixel, which are not read; save it with 8",
                source->name);
    SUR_TRY(
        sur_source_believe(source, (double)image.width * (double)image.height, err));
    image.format = PNG_FORMAT_GRAY;
    table->scalar = SUR_U8;
    SUR_TRY(sur_table_add_matrix(table, (sur_idx)image.width, source, err));
    SUR_TRY(sur_table_reserve(table, (sur_idx)image.height, err));
    if (!png_image_finish_read(&image, &black, sur_table_cells(table),
                               (png_int_32)image.width, NULL)) {
        status = refuse(source, &image, err);
        goto done;
    }
    table->rows = (sur_idx)image.height;
done:
    png_image_free(&image);
    free(bytes);
    return status;
}

const sur_format sur_format_png = {
    .name = "PNG", .extensions = ".png", .probe = probe, .read = read_table};
