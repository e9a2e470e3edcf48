/* test_page.c -- the report page in a real browser, opened from a file.
 *
 * Leaves pages, screenshots and prints in the folder browser/ of the build, to be
 * looked at. */
#include "chromium.h"
#include "support/sample.h"

#include <limits.h>
#include <surplus/report.h>

static chromium browser;
static const char *path_to_browser;
static char folder[PATH_MAX / 2];

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- the pages ---- */

static const char command[] =
    "surplus descent --data events.h5 --family relu --samples 1000 --width "
    "10:5000:log29,inf --ridge 0,0.1,1,10 --seed 1:3 --out higgs.db";

static void write_page(const char *name, const sample *s)
{
    const sur_results *results[] = {&s->results};
    sur_store *store = NULL;
    CHECK_OK(sur_store_open(&store, ":memory:", SUR_STORE_WRITE, NULL));
    CHECK_OK(sur_store_log_run(store, command, sur_version(), sur_build(),
                               "server; <b>a</b> processor", NULL));
    CHECK_OK(sur_report_page(in_folder(name), store, results, 1, NULL));
    sur_store_close(store);
}

/* plain.html: one series; many.html: penalties as series, names that attack;
 * words.html: an axis of words; prices.html: panels, and a control over two series. */
static void write_pages(void)
{
    sample plain = sample_make(30, 1, 3), many = sample_make(30, 4, 3);
    sample words = sample_make(9, 1, 1);
    for (sur_idx i = 0; i < many.results.records.count; i++)
        CHECK_OK(sur_fields_set(&sample_fields, &many.options[i], "data",
                                "\"><script>document.title='broken'</script><img src=x "
                                "onerror=\"document.title='broken'\">.csv",
                                NULL));
    for (sur_idx i = 0; i < 9; i++) {
        words.options[i].family = i % 3;
        words.options[i].width = words.options[i].dimension = 10;
    }
    write_page("plain.html", &plain);
    write_page("many.html", &many);
    write_page("words.html", &words);
    sample prices = sample_make(12, 2, 2);
    prices.results.experiment = &sample_priced;
    write_page("prices.html", &prices);
    sample_free(&prices);
    sample_free(&plain);
    sample_free(&many);
    sample_free(&words);
}

static void open_page(const char *name)
{
    chromium_open(&browser, in_folder(name));
    if (browser.complaints || browser.requests)
        fail_msg("%s: %s", name, browser.complaint);
}

static void set_window(int width, int height, bool phone)
{
    chromium_do(&browser, "Emulation.setDeviceMetricsOverride",
                json_pack("{s:i,s:i,s:i,s:b}", "width", width, "height", height,
                          "deviceScaleFactor", phone ? 2 : 1, "mobile", phone));
}

static void set_scheme(const char *scheme)
{
    chromium_do(&browser, "Emulation.setEmulatedMedia",
                json_pack("{s:[{s:s,s:s}]}", "features", "name", "prefers-color-scheme",
                          "value", scheme));
}

/* The text of the element that the selector names. */
static void check_text(const char *selector, const char *want)
{
    char script[300];
    snprintf(script, sizeof script, "document.querySelector(`%s`).textContent",
             selector);
    json_t *got = chromium_eval(&browser, script);
    CHECK_TEXT(json_string_value(got), want);
    json_decref(got);
}

#define CHECK_PAGE(expression)                                  \
    do {                                                        \
        if (!chromium_true(&browser, (expression)))             \
            fail_msg("not true in the page: %s", (expression)); \
    } while (0)

static void skip_without_browser(void)
{
    if (!path_to_browser) skip();
}

/* ---- the tests ---- */

static void every_figure_draws(void **state)
{
    (void)state;
    skip_without_browser();
    const char *const pages[] = {"plain.html", "many.html", "words.html"};
    const double figures[] = {4, 4, 2};
    for (int p = 0; p < 3; p++) {
        open_page(pages[p]);
        CHECK_NEAR(
            chromium_number(&browser, "document.querySelectorAll('figure').length"),
            figures[p], 0, 0);
        CHECK_PAGE(
            "[...document.querySelectorAll('figure')].every(f => {"
            " const s = f.querySelector('svg.wide'), r = s.getBoundingClientRect();"
            " return r.width > 600 && r.height > 250; })");
        CHECK_PAGE("[...document.querySelectorAll('figure svg.wide')].every(s =>"
                   " [...s.querySelectorAll('g[id*=_plot_] path')].some(path =>"
                   " path.getTotalLength() > 20))");
        CHECK_PAGE(
            "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size ==="
            " document.querySelectorAll('[id]').length");
        CHECK_PAGE("[...document.querySelectorAll('figure use')].every(u =>"
                   " document.querySelector(u.getAttribute('xlink:href')))");
    }
    open_page("many.html");
    set_window(1100, 1500, false);
    CHECK(chromium_screenshot(&browser, in_folder("desktop.png")) > 20000);
}

static void nothing_of_the_data_runs_and_nothing_is_fetched(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("many.html");
    CHECK_PAGE("document.title === 'surplus descent'");
    CHECK_PAGE("document.querySelectorAll('script').length === 1 &&"
               " document.querySelectorAll('img, link, iframe, object').length === 0");
    CHECK_PAGE("document.body.textContent.includes('<script>document.title') ||"
               " document.body.textContent.includes('script>')");
    CHECK_PAGE("[...document.querySelectorAll('*')].every(e =>"
               " [...e.attributes].every(a => !a.name.startsWith('on')))");
    CHECK_PAGE("[...document.querySelectorAll('[href], [src]')].every(e =>"
               " /^(data:|#)/.test(e.getAttribute('href') || e.getAttribute('src')))");
    /* the policy holds: neither a new script runs nor a request leaves */
    json_decref(chromium_eval(&browser,
                              "(() => { const s = document.createElement('script');"
                              " s.textContent = 'window.ran = true';"
                              " document.body.append(s); })()"));
    CHECK_PAGE("window.ran === undefined");
    CHECK_PAGE("fetch('http://127.0.0.1:9/').then(() => false, () => true)");
    CHECK(browser.complaints > 0);
    CHECK(browser.requests == 0);
}

/* The column's numbers as they stand, missing ones left out. */
#define COLUMN(index)                                                      \
    "[...document.querySelectorAll('table.sortable tbody tr')].map(r => {" \
    " const c = r.cells[" index "], t = c.dataset.value || c.textContent;" \
    " return t.startsWith('∞') ? Infinity : parseFloat(t); }).filter(v => !isNaN(v))"

static void a_click_on_a_head_sorts_the_table(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("many.html");
    const double rows = chromium_number(
        &browser, "document.querySelectorAll('table.sortable tbody tr').length");
    assert_int_equal((int)rows, 360);
    chromium_click(&browser, "table.sortable th:nth-child(4) button");
    CHECK_PAGE("document.querySelector('table.sortable th:nth-child(4)')"
               ".getAttribute('aria-sort') === 'ascending'");
    CHECK_PAGE(COLUMN("3") ".every((v, i, all) => i === 0 || all[i - 1] <= v)");
    chromium_click(&browser, "table.sortable th:nth-child(4) button");
    CHECK_PAGE(COLUMN("3") ".every((v, i, all) => i === 0 || all[i - 1] >= v)");
    CHECK_PAGE(COLUMN("3") ".length === 359"); /* one trial failed, and stands last */
    CHECK_PAGE("[...document.querySelectorAll('table.sortable tbody tr')].pop()"
               ".textContent.includes('failed')");

    /* by the keyboard, and infinity after every number */
    json_decref(chromium_eval(
        &browser, "document.querySelector('table.sortable th button').focus()"));
    chromium_key(&browser, "Enter");
    CHECK_PAGE(COLUMN("0") ".every((v, i, all) => i === 0 || all[i - 1] <= v)");
    CHECK_PAGE(COLUMN("0") ".pop() === Infinity");
    CHECK_PAGE("document.querySelectorAll('th[aria-sort]').length === 1");
}

static void the_legend_hides_and_shows_curves(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("many.html");
    const char *hidden = "[...document.querySelectorAll('#f1 svg.wide g[id*=_plot_]')]"
                         ".filter(g => getComputedStyle(g).display === 'none').length";
    chromium_click(&browser, "#f1 .legend li:nth-child(2) button");
    const double series = chromium_number(&browser, hidden);
    CHECK(series >= 4); /* band, two lines, points at infinity */
    chromium_click(&browser, "#f1 .legend li:nth-child(6) button"); /* train, of all */
    CHECK(chromium_number(&browser, hidden) > series);
    CHECK_PAGE("document.querySelector('#f1 .legend li:nth-child(2) button')"
               ".getAttribute('aria-pressed') === 'false'");
    chromium_click(&browser, "#f1 .legend li:nth-child(2) button");
    chromium_click(&browser, "#f1 .legend li:nth-child(6) button");
    CHECK_NEAR(chromium_number(&browser, hidden), 0, 0, 0);
}

static void pointing_at_a_figure_reads_its_values(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("plain.html");
    set_window(1100, 900, false);
    json_decref(chromium_eval(
        &browser, "(() => { const s = document.querySelector('#f1 svg.wide');"
                  " s.scrollIntoView({block: 'center'});"
                  " const r = s.getBoundingClientRect();"
                  " window.box = [r.left, r.top, r.width, r.height]; })()"));
    const double left = chromium_number(&browser, "box[0]");
    const double top = chromium_number(&browser, "box[1]");
    const double width = chromium_number(&browser, "box[2]");
    const double height = chromium_number(&browser, "box[3]");
    chromium_mouse(&browser, "mouseMoved", left + 0.072 * width, top + 0.5 * height, 0,
                   0);
    check_text("#f1 .readout", "width 10");
    CHECK_PAGE("/^0\\.\\d+ \\[0\\.\\d+, 0\\.\\d+\\]$/.test("
               "document.querySelector('#f1 .legend .value').textContent)");
    CHECK_PAGE("document.querySelectorAll('#f1 svg.wide .cursor').length === 1");
    /* the same number as in the data behind the link */
    CHECK_PAGE(
        "(() => { const csv = decodeURIComponent("
        "document.querySelector('#f1 a.data').href);"
        " const row = csv.split('\\n')[1].split(',');"
        " return row[2] === '10' && document.querySelector('#f1 .legend .value')"
        ".textContent.startsWith(String(Number(Number(row[3]).toPrecision(4)))); })()");
    chromium_mouse(&browser, "mouseMoved", left + 0.97 * width, top + 0.5 * height, 0,
                   0);
    check_text("#f1 .readout", "width ∞");
    json_decref(
        chromium_eval(&browser, "document.querySelector('#f1 .panel').focus()"));
    chromium_key(&browser, "ArrowLeft");
    check_text("#f1 .readout", "width 5000");
    chromium_screenshot(&browser, in_folder("pointing.png"));

    open_page("words.html");
    json_decref(
        chromium_eval(&browser, "document.querySelector('#f2 .panel').focus()"));
    chromium_key(&browser, "End");
    check_text("#f2 .readout", "family relu");
    chromium_screenshot(&browser, in_folder("words.png"));
}

static void the_wheel_scrolls_the_page_and_zooms_with_ctrl(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("plain.html");
    set_window(1100, 900, false);
    json_decref(chromium_eval(
        &browser,
        "document.querySelector('#f1 svg.wide').scrollIntoView({block: 'center'})"));
    const char *box = "document.querySelector('#f1 svg.wide').getAttribute('viewBox')"
                      " === '0 0 860 430'";
    const char *wait = "new Promise(done => setTimeout(() => done(true), 300))";
    const double before = chromium_number(&browser, "scrollY");
    chromium_mouse(&browser, "mouseWheel", 550, 450, 120, 0);
    CHECK_PAGE(wait);
    CHECK(chromium_number(&browser, "scrollY") > before);
    CHECK_PAGE(box);
    chromium_mouse(&browser, "mouseWheel", 550, 450, -120, 2);
    CHECK_PAGE(wait);
    CHECK(!chromium_true(&browser, box));
    json_decref(
        chromium_eval(&browser, "document.querySelector('#f1 .panel').focus()"));
    chromium_key(&browser, "Escape");
    CHECK_PAGE(box);
}

static void a_phone_needs_no_sideways_scrolling(void **state)
{
    (void)state;
    skip_without_browser();
    const char *const pages[] = {"plain.html", "many.html", "words.html"};
    set_window(390, 844, true);
    for (int p = 0; p < 3; p++) {
        open_page(pages[p]);
        CHECK_PAGE("document.documentElement.scrollWidth <= 390");
        CHECK_PAGE(
            "[...document.querySelectorAll('figure')].every(f =>"
            " f.querySelector('svg.narrow').getBoundingClientRect().width > 300 &&"
            " f.querySelector('svg.wide').getBoundingClientRect().width === 0)");
        CHECK_PAGE("document.querySelector('.scroll').scrollWidth >= 300");
    }
    open_page("many.html");
    CHECK(chromium_screenshot(&browser, in_folder("phone.png")) > 20000);
    set_window(1100, 1500, false);
}

/* Relative luminance from "rgb(r, g, b)", roughly. */
#define LUMINANCE(element, property)                                                  \
    "(() => { const c = getComputedStyle(" element ")." property ".match(/[\\d.]+/g)" \
    ".map(Number); return (0.21 * c[0] + 0.72 * c[1] + 0.07 * c[2]) / 255; })()"

static void the_dark_has_light_words_on_dark_paper(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("many.html");
    const char *label =
        LUMINANCE("document.querySelector('#f1 svg.wide text').parentNode", "fill");
    const char *paper = LUMINANCE("document.body", "backgroundColor");
    const char *words = LUMINANCE("document.body", "color");
    set_scheme("light");
    CHECK(chromium_number(&browser, paper) > 0.9 &&
          chromium_number(&browser, words) < 0.3);
    CHECK(chromium_number(&browser, label) < 0.5);
    set_scheme("dark");
    CHECK(chromium_number(&browser, paper) < 0.2 &&
          chromium_number(&browser, words) > 0.7);
    CHECK(chromium_number(&browser, label) > 0.5);
    CHECK(chromium_screenshot(&browser, in_folder("dark.png")) > 20000);
    set_scheme("light");
}

static void paper_shows_everything_and_no_controls(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("many.html");
    chromium_do(&browser, "Emulation.setEmulatedMedia",
                json_pack("{s:s}", "media", "print"));
    CHECK_PAGE("[...document.querySelectorAll('.readout, .copy, .bar')].every(e =>"
               " getComputedStyle(e).display === 'none')");
    CHECK_PAGE("[...document.querySelectorAll('.scroll')].every(e =>"
               " getComputedStyle(e).overflowY === 'visible')");
    CHECK_PAGE("[...document.querySelectorAll('figure')].every(e =>"
               " getComputedStyle(e).breakInside === 'avoid')");
    chromium_do(&browser, "Emulation.setEmulatedMedia",
                json_pack("{s:s}", "media", ""));
    CHECK(chromium_save(chromium_call(&browser, "Page.printToPDF",
                                      json_pack("{s:b}", "printBackground", 1)),
                        in_folder("print.pdf")) > 20000);
}

static void without_scripts_the_page_still_stands(void **state)
{
    (void)state;
    skip_without_browser();
    chromium_do(&browser, "Emulation.setScriptExecutionDisabled",
                json_pack("{s:b}", "value", 1));
    open_page("plain.html");
    CHECK_PAGE("document.querySelectorAll('button').length === 0");
    CHECK_PAGE(
        "document.querySelector('#f1 svg.wide').getBoundingClientRect().width > 600");
    CHECK_PAGE("document.querySelectorAll('.legend li').length >= 4");
    CHECK_PAGE(
        "document.querySelectorAll('a[download][href^=\"data:\"]').length === 5");
    chromium_do(&browser, "Emulation.setScriptExecutionDisabled",
                json_pack("{s:b}", "value", 0));
}

/* ---- prices ---- */

/* Sets slider `index` as a user would, and tells the page. */
static void slide(int index, double value)
{
    char script[300];
    snprintf(script, sizeof script,
             "(() => { const s = document.querySelectorAll('.prices input')[%d];"
             " s.value = '%g'; s.dispatchEvent(new Event('input')); })()",
             index, value);
    json_decref(chromium_eval(&browser, script));
}

/* The row of the chosen width, and whether its column `data` is the least of its
 * series. */
#define CHOSEN "document.querySelector('.prices tr.chosen')"
#define LEAST(column)                                                                 \
    "(() => { const c = " CHOSEN ".cells[" column "];"                                \
    " return [...document.querySelectorAll('.prices tbody tr:not([hidden])')].every(" \
    "r => Number(r.cells[" column                                                     \
    "].dataset.choose) >= Number(c.dataset.choose)); })()"

static void weights_choose_the_width_that_is_least(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("prices.html");
    CHECK_PAGE("document.querySelectorAll('.prices input').length === 2");
    CHECK_PAGE("document.querySelectorAll('.prices tr.chosen').length === 1");
    slide(0, 5);
    slide(1, 0);
    CHECK_PAGE(LEAST("1"));
    /* what is told is the other half's number, not the one that chose */
    CHECK_PAGE("(() => { const j = Number(" CHOSEN ".cells[1].dataset.judge);"
               " return document.querySelector('.choice').textContent.includes("
               "'error ' + String(Number(j.toPrecision(4)))); })()");
    CHECK_PAGE(CHOSEN ".cells[1].dataset.choose !== " CHOSEN ".cells[1].dataset.judge");
    slide(0, 0);
    slide(1, 5);
    CHECK_PAGE(LEAST("2"));
    CHECK_PAGE(CHOSEN ".cells[0].textContent === '10'");
    CHECK_PAGE("document.querySelector('.choice').textContent.includes('<time>')");
    slide(1, 0);
    CHECK_PAGE(CHOSEN ".cells[0].textContent === '10'"); /* nothing weighs: the first */
    check_text(".prices output", "0.0");
    /* the other series has rows of its own */
    json_decref(chromium_eval(
        &browser, "(() => { const s = document.querySelector('.prices select');"
                  " s.selectedIndex = 1; s.dispatchEvent(new Event('change')); })()"));
    CHECK_PAGE(CHOSEN
               ".dataset.series === document.querySelector('.prices select').value");
    CHECK_PAGE("[...document.querySelectorAll('.prices tbody tr:not([hidden])')]"
               ".every(r => r.dataset.series === " CHOSEN ".dataset.series)");
    CHECK(browser.complaints == 0 && browser.requests == 0);
    set_window(1100, 2200, false);
    CHECK(chromium_screenshot(&browser, in_folder("prices.png")) > 20000);
    set_window(1100, 1500, false);
}

static void panels_have_one_axis_and_one_cursor(void **state)
{
    (void)state;
    skip_without_browser();
    open_page("prices.html");
    CHECK_PAGE("document.querySelectorAll('figure.stack').length === 3");
    CHECK_PAGE("new Set([...document.querySelectorAll('figure.stack')]"
               ".map(f => f.dataset.axis)).size === 1");
    CHECK_PAGE(
        "(() => { const edges = [...document.querySelectorAll("
        "'figure.stack svg.wide')].map(s => { const r = s.getBoundingClientRect(),"
        " b = s.dataset.box.split(' '); return Math.round(r.left + b[0] * r.width)"
        " + ' ' + Math.round(r.left + b[1] * r.width); });"
        " return new Set(edges).size === 1; })()");
    json_decref(
        chromium_eval(&browser, "document.querySelector('#f2 .panel').focus()"));
    chromium_key(&browser, "ArrowRight");
    CHECK_PAGE("document.querySelectorAll('svg.wide .cursor').length === 3");
    CHECK_PAGE("new Set([...document.querySelectorAll('svg.wide .cursor')]"
               ".map(l => l.getAttribute('x1'))).size === 1");
}

static void prices_fit_a_phone_and_paper(void **state)
{
    (void)state;
    skip_without_browser();
    set_window(390, 844, true);
    open_page("prices.html");
    CHECK_PAGE("document.documentElement.scrollWidth <= 390");
    CHECK_PAGE("[...document.querySelectorAll('.prices input')].every(i => {"
               " const r = i.getBoundingClientRect();"
               " return r.width > 80 && r.right <= 390; })");
    CHECK_PAGE("document.querySelector('.prices table').getBoundingClientRect().right"
               " <= 390");
    json_decref(
        chromium_eval(&browser, "document.querySelector('.prices').scrollIntoView()"));
    CHECK(chromium_screenshot(&browser, in_folder("prices_phone.png")) > 10000);
    set_window(1100, 1500, false);
    chromium_do(&browser, "Emulation.setEmulatedMedia",
                json_pack("{s:s}", "media", "print"));
    CHECK_PAGE(
        "[...document.querySelectorAll('.prices input, .prices select')].every(e =>"
        " getComputedStyle(e).display === 'none')");
    CHECK_PAGE("document.querySelector('.choice').getBoundingClientRect().height > 10");
    CHECK_PAGE("document.querySelector('.prices output').getBoundingClientRect().width"
               " > 5"); /* the weights are told */
    CHECK(chromium_save(chromium_call(&browser, "Page.printToPDF",
                                      json_pack("{s:b}", "printBackground", 1)),
                        in_folder("prices.pdf")) > 20000);
    chromium_do(&browser, "Emulation.setEmulatedMedia",
                json_pack("{s:s}", "media", ""));
}

/* ---- */

static int open_browser(void **state)
{
    (void)state;
    char here[PATH_MAX / 2 - 16], profile[] = "/tmp/surplus-browser-XXXXXX";
    if (!getcwd(here, sizeof here)) return -1;
    snprintf(folder, sizeof folder, "%s/browser", here);
    mkdir(folder, 0777);
    path_to_browser = chromium_path();
    if (!path_to_browser) return 0;
    if (!mkdtemp(profile)) return -1;
    write_pages();
    chromium_start(&browser, path_to_browser, profile);
    chromium_page(&browser);
    set_window(1100, 1500, false);
    return 0;
}

static int close_browser(void **state)
{
    (void)state;
    if (path_to_browser) chromium_stop(&browser);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_figure_draws),
        cmocka_unit_test(nothing_of_the_data_runs_and_nothing_is_fetched),
        cmocka_unit_test(a_click_on_a_head_sorts_the_table),
        cmocka_unit_test(the_legend_hides_and_shows_curves),
        cmocka_unit_test(pointing_at_a_figure_reads_its_values),
        cmocka_unit_test(the_wheel_scrolls_the_page_and_zooms_with_ctrl),
        cmocka_unit_test(a_phone_needs_no_sideways_scrolling),
        cmocka_unit_test(the_dark_has_light_words_on_dark_paper),
        cmocka_unit_test(paper_shows_everything_and_no_controls),
        cmocka_unit_test(weights_choose_the_width_that_is_least),
        cmocka_unit_test(panels_have_one_axis_and_one_cursor),
        cmocka_unit_test(prices_fit_a_phone_and_paper),
        cmocka_unit_test(without_scripts_the_page_still_stands),
    };
    return cmocka_run_group_tests(tests, open_browser, close_browser);
}
