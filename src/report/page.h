/* page.h -- the parts of the HTML page. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/view.h"

/* page.css and page.js, zero-ended; made from these files by embed.cmake. */
extern const unsigned char sur_page_css[], sur_page_js[];

/* One figure with its legend, caption and data. number tells the figures of a page
 * apart. */
SUR_MUST_USE sur_status sur_page_figure(FILE *out, const sur_view *view,
                                        const sur_figure *figure, int number,
                                        sur_error *err);

/* A picture's maps, if some trial kept them; then *number goes up. */
SUR_MUST_USE sur_status sur_page_picture(FILE *out, const sur_view *view,
                                         const sur_picture *picture, int *number,
                                         sur_error *err);

/* The control that weighs the experiment's prices, and their table. Nothing when it has
 * none, or the axis does not vary. */
SUR_MUST_USE sur_status sur_page_prices(FILE *out, const sur_view *view,
                                        sur_error *err);

/* The sortable table of the trials, with the CSV of everything measured; the link
 * alone. */
SUR_MUST_USE sur_status sur_page_table(FILE *out, const sur_view *view, bool link_alone,
                                       sur_error *err);

/* The trials that failed, and why. Nothing when none did. */
void sur_page_failures(FILE *out, const sur_view *view);

/* What the options were and what the metrics mean. */
void sur_page_settings(FILE *out, const sur_view *view);
void sur_page_metrics(FILE *out, const sur_view *view);

/* The picture gnuplot made, inlined: without its frame of a file, ids made unique by a
 * prefix, colours by name (so that the style sheet can change them), no scripts. */
void sur_put_inline_svg(FILE *out, const char *svg, const char *prefix);

/* Runs gnuplot on the script and inlines what it draws. */
SUR_MUST_USE sur_status sur_page_put_svg(FILE *out, FILE *script, const char *prefix,
                                         sur_error *err);

/* "data:text/csv;charset=utf-8,...", fit for an attribute. */
void sur_put_data_link(FILE *out, const void *bytes, size_t size);
void sur_put_base64(FILE *out, const void *bytes, size_t size);

#endif
