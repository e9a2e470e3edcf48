/* page.c -- the report: one HTML file that needs nothing else and asks nobody. */
#include "report/page.h"

#include "base/checksum.h"
#include "base/output.h"
#include "base/text.h"
#include "base/try.h"
#include "report/drawing.h"
#include "report/roles.h"
#include "report/script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <surplus/report.h>
#include <time.h>

/* ---- the head ---- */

/* The policy allows nothing from anywhere, and no script but ours: it is named by its
 * checksum, so that not even a mistake in escaping could let data run. */
static sur_status put_policy(FILE *out, sur_error *err)
{
    char hex[65];
    unsigned char sum[32];
    const char *script = (const char *)sur_page_js;
    const sur_status status = sur_sha256_of(hex, script, strlen(script), err);
    if (status != SUR_OK) return status;
    for (size_t i = 0; i < sizeof sum; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        sum[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    fputs("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'; script-src 'sha256-",
          out);
    sur_put_base64(out, sum, sizeof sum);
    fputs("'; base-uri 'none'; form-action 'none'\">\n", out);
    return SUR_OK;
}

static sur_status put_head(FILE *out, const sur_results *const *results, sur_idx count,
                           sur_error *err)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
          out);
    const sur_status status = put_policy(out, err);
    if (status != SUR_OK) return status;
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>surplus",
          out);
    for (sur_idx r = 0; r < count; r++) {
        fputs(r ? ", " : " ", out);
        sur_put_escaped(out, results[r]->experiment->name, SUR_AS_HTML);
    }
    fputs("</title>\n<style>\n:root{", out);
    sur_put_colours(out);
    fprintf(out, "}\n%s</style>\n</head>\n<body>\n<main>\n",
            (const char *)sur_page_css);
    return SUR_OK;
}

/* ---- findings ---- */

/* A sentence: begun with a capital and ended with a full stop. */
static void put_sentence(FILE *out, const char *text)
{
    const size_t length = strlen(text);
    const bool lower = text[0] >= 'a' && text[0] <= 'z';
    if (lower) fputc(text[0] - 'a' + 'A', out);
    sur_put_escaped(out, text + lower, SUR_AS_HTML);
    if (length && !strchr(".!?", text[length - 1])) fputc('.', out);
}

/* The name is what --fail-if calls it. */
static void put_finding(FILE *out, const sur_finding *finding, const char *tag)
{
    fprintf(out, "<%s>", tag);
    put_sentence(out, finding->text);
    if (strcmp(tag, "li") == 0 && !isnan(finding->value)) {
        fputs(" <code>", out);
        sur_put_escaped(out, finding->name, SUR_AS_HTML);
        fputs("</code>", out);
    }
    fprintf(out, "</%s>\n", tag);
}

static void put_trial_count(FILE *out, const sur_records *records)
{
    sur_idx failed = 0;
    double seconds = 0;
    char text[32];
    for (sur_idx i = 0; i < records->count; i++) {
        failed += records->at[i].status != SUR_OK;
        if (isfinite(records->at[i].seconds)) seconds += records->at[i].seconds;
    }
    fprintf(out, "<p class=\"meta\">%lld trial%s", (long long)records->count,
            records->count == 1 ? "" : "s");
    if (failed) fprintf(out, ", %lld failed", (long long)failed);
    fprintf(out, "; %s of computing</p>\n", sur_seconds_text(seconds, text));
}

static sur_status put_findings(FILE *out, const sur_results *results, sur_error *err)
{
    const sur_experiment *experiment = results->experiment;
    sur_finding *findings = NULL;
    sur_idx count = 0, others = 0;
    sur_status status = SUR_OK;

    if (experiment->summarize && results->records.count > 0)
        SUR_TRY(experiment->summarize(&results->records, &findings, &count, err));
    fputs("<p class=\"eyebrow\">surplus ", out);
    sur_put_escaped(out, experiment->name, SUR_AS_HTML);
    fputs("</p>\n<h2>", out);
    sur_put_escaped(out, experiment->summary, SUR_AS_HTML);
    fputs("</h2>\n<div class=\"headline\">\n", out);
    for (sur_idx f = 0; f < count; f++)
        if (findings[f].headline)
            put_finding(out, &findings[f], "p");
        else
            others++;
    fputs("</div>\n", out);
    put_trial_count(out, &results->records);
    if (others) fputs("<ul class=\"findings\">\n", out);
    for (sur_idx f = 0; f < count; f++)
        if (!findings[f].headline) put_finding(out, &findings[f], "li");
    if (others) fputs("</ul>\n", out);
done:
    free(findings);
    return status;
}

/* ---- figures ---- */

/* Worth a place: it has data, and its x axis varies; when none does, the first one. */
static bool worth_drawing(const sur_view *view, sur_idx f)
{
    const sur_experiment *experiment = view->results->experiment;
    sur_idx varying = 0, before = 0;
    for (sur_idx k = 0; k < experiment->figure_count; k++) {
        const sur_figure *figure = &experiment->figures[k];
        if (!sur_drawing_possible(view->results, figure)) continue;
        varying += sur_drawing_moves(view, figure);
        before += k < f;
    }
    if (!sur_drawing_possible(view->results, &experiment->figures[f])) return false;
    return varying ? sur_drawing_moves(view, &experiment->figures[f]) : before == 0;
}

static sur_status put_figures(FILE *out, const sur_view *view, int *number,
                              sur_error *err)
{
    const sur_experiment *experiment = view->results->experiment;
    sur_status status = SUR_OK;

    for (sur_idx f = 0; f < experiment->figure_count; f++)
        if (worth_drawing(view, f))
            SUR_TRY(
                sur_page_figure(out, view, &experiment->figures[f], ++*number, err));
    for (sur_idx p = 0; p < experiment->picture_count; p++)
        SUR_TRY(sur_page_picture(out, view, &experiment->pictures[p], number, err));
done:
    return status;
}

/* ---- how to make it again ---- */

static sur_status put_run(void *payload, const sur_stored_run *run, sur_error *err)
{
    FILE *out = payload;
    char when[32] = "";
    struct tm date;
    const time_t started = isfinite(run->started) ? (time_t)run->started : 0;
    (void)err;

    if (gmtime_r(&started, &date))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", &date);
    fputs("<div class=\"run\">\n<pre><code>", out);
    sur_put_escaped(out, run->command, SUR_AS_HTML);
    fputs("</code></pre>\n<p>surplus ", out);
    sur_put_escaped(out, run->version, SUR_AS_HTML);
    fputs("; ", out);
    sur_put_escaped(out, run->build, SUR_AS_HTML);
    fputs("; ", out);
    sur_put_escaped(out, run->host, SUR_AS_HTML);
    fprintf(out, "; %s</p>\n</div>\n", when);
    return SUR_OK;
}

/* ---- the page ---- */

static sur_status put_section(FILE *out, const sur_results *results, int *number,
                              sur_error *err)
{
    sur_view view = {0};
    sur_role_table roles;
    sur_status status;

    SUR_TRY(sur_view_new(&view, results, NULL, err));
    fputs("<section class=\"experiment\">\n<header>\n", out);
    SUR_TRY(put_findings(out, results, err));
    fputs("</header>\n", out);
    const bool turned = sur_role_table_of(&roles, &view);
    if (turned) sur_page_roles(out, &roles);
    SUR_TRY(put_figures(out, &view, number, err));
    SUR_TRY(sur_page_prices(out, &view, err));
    if (!turned) fputs("<h3>Trials</h3>\n", out);
    SUR_TRY(sur_page_table(out, &view, turned, err));
    sur_page_failures(out, &view);
    fputs("<h3>What was measured</h3>\n", out);
    sur_page_metrics(out, &view);
    fputs("<h3>Options</h3>\n", out);
    sur_page_settings(out, &view);
    fputs("</section>\n", out);
done:
    sur_view_free(&view);
    return status;
}

sur_status sur_report_page(const char *path, sur_store *store,
                           const sur_results *const *results, sur_idx count,
                           sur_error *err)
{
    sur_output output = {0};
    int number = 0;
    sur_status status;

    SUR_TRY(sur_output_open(&output, path, err));
    FILE *out = output.file;
    SUR_TRY(put_head(out, results, count, err));
    for (sur_idx r = 0; r < count; r++)
        SUR_TRY(put_section(out, results[r], &number, err));
    if (store) {
        fputs("<section class=\"runs\">\n<h3>How to make this again</h3>\n", out);
        SUR_TRY(sur_store_each_run(store, put_run, out, err));
        fputs("</section>\n", out);
    }
    fprintf(
        out,
        "<footer>surplus %s</footer>\n</main>\n<script>%s</script>\n</body>\n</html>\n",
        sur_version(), (const char *)sur_page_js);
    SUR_TRY(sur_output_commit(&output, err));
done:
    sur_output_drop(&output);
    return status;
}
