/* page_prices.c -- what each place on the axis costs, and a control that weighs it.
 *
 * The numbers stand in a table, a row for each series and each x, so that the page says
 * them without its script. A cell holds the mean that people read, the one by which a
 * place is chosen, and the one by which the choice is judged: the last two come from
 * two halves of the test examples where the price has them. */
#include "report/page.h"

#include "base/text.h"
#include "base/try.h"
#include "report/drawing.h"

#include <math.h>
#include <string.h>

enum { MOST_PRICES = 8 };
enum { SEEN, CHOOSE, JUDGE };

/* A price with its curves: metric, choose, judge. */
typedef struct priced {
    const sur_price *price;
    sur_figure figure;
    sur_drawing drawing;
    int roles;
} priced;

static bool has(const sur_view *view, const char *metric)
{
    const sur_figure figure = {.x = "", .metrics = {metric}};
    return metric && sur_drawing_possible(view->results, &figure);
}

/* The prices that were measured. */
static sur_status gather(priced *out, int *count, const sur_view *view, sur_error *err)
{
    const sur_experiment *experiment = view->results->experiment;
    sur_status status = SUR_OK;

    *count = 0;
    for (sur_idx p = 0; p < experiment->price_count && *count < MOST_PRICES; p++) {
        const sur_price *price = &experiment->prices[p];
        if (!has(view, price->metric) || (price->unless && has(view, price->unless)))
            continue;
        priced *at = &out[*count];
        const bool halves = has(view, price->choose) && has(view, price->judge);
        *at = (priced){.price = price,
                       .figure = {.name = price->name,
                                  .x = experiment->figures[0].x,
                                  .metrics = {price->metric},
                                  .labels = {price->label}}};
        if (halves) {
            at->figure.metrics[CHOOSE] = at->figure.labels[CHOOSE] = price->choose;
            at->figure.metrics[JUDGE] = at->figure.labels[JUDGE] = price->judge;
        }
        SUR_TRY(sur_drawing_new(&at->drawing, view, &at->figure, err));
        at->roles = halves ? 3 : 1;
        ++*count;
    }

done:
    return status;
}

static const sur_point *point_at(const priced *p, sur_idx series, int role, double x)
{
    for (sur_idx c = 0; c < p->drawing.curve_count; c++) {
        const sur_curve *curve = &p->drawing.curves[c];
        if (curve->series != series || curve->role != role) continue;
        for (sur_idx i = 0; i < curve->count; i++)
            if (curve->points[i].x == x) return &curve->points[i];
    }
    return NULL;
}

static void put_number(FILE *out, double x)
{
    if (isfinite(x)) fprintf(out, "%.8g", x);
}

static void put_cell(FILE *out, const priced *p, sur_idx series, double x)
{
    const sur_point *seen = point_at(p, series, SEEN, x);
    const sur_point *choose = p->roles > 1 ? point_at(p, series, CHOOSE, x) : seen;
    const sur_point *judge = p->roles > 1 ? point_at(p, series, JUDGE, x) : seen;
    char text[SUR_NUMBER_SIZE];
    fputs("<td class=\"number\" data-choose=\"", out);
    put_number(out, choose ? choose->value : nan(""));
    fputs("\" data-judge=\"", out);
    put_number(out, judge ? judge->value : nan(""));
    fputs("\">", out);
    fputs(seen && !isnan(seen->value) ? sur_number_short(text, seen->value, 4) : "–",
          out);
    fputs("</td>", out);
}

static const sur_curve *first_curve(const priced *p, sur_idx series)
{
    for (sur_idx c = 0; c < p->drawing.curve_count; c++)
        if (p->drawing.curves[c].series == series && p->drawing.curves[c].role == SEEN)
            return &p->drawing.curves[c];
    return NULL;
}

static void put_table(FILE *out, const priced *prices, int count, const char *axis)
{
    const sur_drawing *drawing = &prices->drawing;
    char text[SUR_NUMBER_SIZE];
    fputs("<div class=\"scroll whole\"><table>\n<thead><tr><th class=\"number\">", out);
    sur_put_name(out, axis, SUR_AS_HTML);
    fputs("</th>", out);
    for (int p = 0; p < count; p++) {
        fputs("<th class=\"number\">", out);
        sur_put_escaped(out, prices[p].price->label, SUR_AS_HTML);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (sur_idx s = 0; s < drawing->series_count; s++) {
        const sur_curve *curve = first_curve(prices, s);
        for (sur_idx i = 0; curve && i < curve->count; i++) {
            const double x = curve->points[i].x;
            fputs("<tr data-series=\"", out);
            sur_put_escaped(out, drawing->series[s], SUR_AS_HTML);
            fprintf(out, "\"><td class=\"number\">%s</td>",
                    isinf(x) ? "∞" : sur_number_short(text, x, 6));
            for (int p = 0; p < count; p++) put_cell(out, &prices[p], s, x);
            fputs("</tr>\n", out);
        }
    }
    fputs("</tbody></table></div>\n", out);
}

static void put_weights(FILE *out, const sur_view *view, const priced *prices,
                        int count)
{
    const sur_drawing *drawing = &prices->drawing;
    fputs("<div class=\"weights\">\n", out);
    for (int p = 0; p < count; p++) {
        const sur_price *price = prices[p].price;
        const sur_metric *metric =
            sur_metric_find(view->results->experiment, price->metric);
        const bool log = metric && metric->scale && strcmp(metric->scale, "log") == 0;
        fputs("<label><span class=\"name\">", out);
        sur_put_escaped(out, price->label, SUR_AS_HTML);
        fprintf(out,
                "</span><input type=\"range\" min=\"0\" max=\"5\" step=\"0.1\" "
                "value=\"%g\" data-column=\"%d\" data-log=\"%d\" data-label=\"",
                price->weight, p + 1, log);
        sur_put_escaped(out, price->label, SUR_AS_HTML);
        fprintf(out, "\"><output>%.1f</output></label>\n", price->weight);
    }
    if (drawing->series_count > 1) {
        fputs("<label><span class=\"name\">of</span><select>\n", out);
        for (sur_idx s = 0; s < drawing->series_count; s++) {
            fputs("<option>", out);
            sur_put_escaped(out, drawing->series[s], SUR_AS_HTML);
            fputs("</option>\n", out);
        }
        fputs("</select></label>\n", out);
    }
    fputs("</div>\n", out);
}

static void put_how(FILE *out, const priced *prices, int count)
{
    bool halves = false;
    for (int p = 0; p < count; p++) halves |= prices[p].roles > 1;
    fputs("<p class=\"note\">Say what each price is worth to you. Each counts by its "
          "place between the least and the most that is paid (costs by their "
          "logarithm).",
          out);
    if (halves)
        fputs(
            " The choice is made on one half of the test examples, and the error told "
            "is that on the other; the table has both together.",
            out);
    fputs("</p>\n", out);
}

sur_status sur_page_prices(FILE *out, const sur_view *view, sur_error *err)
{
    const sur_experiment *experiment = view->results->experiment;
    priced prices[MOST_PRICES] = {{0}};
    int count = 0;
    sur_status status = SUR_OK;

    if (experiment->price_count == 0 ||
        !sur_view_varies(view, experiment->figures[0].x))
        return SUR_OK;
    SUR_TRY(gather(prices, &count, view, err));
    if (count == 0) goto done;
    fputs("<section class=\"prices\" data-axis=\"", out);
    sur_put_name(out, experiment->figures[0].x, SUR_AS_HTML);
    fputs("\">\n<h3>What if?</h3>\n", out);
    put_how(out, prices, count);
    put_weights(out, view, prices, count);
    fputs("<p class=\"choice\" aria-live=\"polite\"></p>\n", out);
    put_table(out, prices, count, experiment->figures[0].x);
    fputs("</section>\n", out);

done:
    for (int p = 0; p < count; p++) sur_drawing_free(&prices[p].drawing);
    return status;
}
