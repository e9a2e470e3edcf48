/* surplus/report.h -- results for people: tables, JSON, figures, the page.
 *
 * Works on any experiment through its tables; every picture is drawn by gnuplot,
 * started as a separate program with a script on its standard input. Names from data
 * are untrusted. */
#ifndef SUR_REPORT_H
#define SUR_REPORT_H

#include <surplus/study.h>

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* TSV with a header: a column for every option that varies and for every metric asked
 * for (list of names; NULL: those of the experiment's figures and the better/worse
 * ones), aligned for reading when `aligned`. */
typedef enum sur_table_style {
    SUR_TABLE_TSV,
    SUR_TABLE_CSV,
    SUR_TABLE_ALIGNED
} sur_table_style;
SUR_CHECKED sur_status sur_report_table(FILE *out, const sur_results *results,
                                        const char *metrics, sur_table_style style,
                                        sur_error *err);

/* One JSON array; each element {"experiment","spec","status","seconds","measurements":[
 * {"metric","split","iteration","value","low","high","n"}]}; NaN and infinity are null.
 */
SUR_CHECKED sur_status sur_report_json(FILE *out, const sur_results *const *results,
                                       sur_idx count, sur_error *err);

/* The findings as sentences, headline first. */
SUR_CHECKED sur_status sur_report_summary(FILE *out, const sur_results *results,
                                          sur_error *err);

/* Draws one figure (by name; NULL: the main one) to path: .svg, .pdf, .png by
 * extension;
 * "-" with SUR_PLOT_TEXT draws in the terminal, with SUR_PLOT_SCRIPT prints the script
 * and its data instead. SUR_EBACKEND if gnuplot is missing or fails, saying how to
 * install it. */
typedef enum sur_plot_format {
    SUR_PLOT_BY_NAME,
    SUR_PLOT_TEXT,
    SUR_PLOT_SCRIPT
} sur_plot_format;
SUR_CHECKED sur_status sur_report_plot(const sur_results *results, const char *figure,
                                       const char *path, sur_plot_format format,
                                       sur_error *err);

/* Writes the page: headline, figures (inline SVG), sortable table, CSV download,
 * command and versions. One file, works offline. Written beside and renamed, so that a
 * full disk leaves no half page. */
SUR_CHECKED sur_status sur_report_page(const char *path, sur_store *store,
                                       const sur_results *const *results, sur_idx count,
                                       sur_error *err);

#ifdef __cplusplus
}
#endif
#endif
