/* chromium.h -- a headless Chromium, told what to do through a pair of pipes.
 *
 * The DevTools protocol over --remote-debugging-pipe: messages are JSON ended by a zero
 * byte; the browser reads descriptor 3 and writes descriptor 4. Failures end the test.
 */
#ifndef TEST_CHROMIUM_H
#define TEST_CHROMIUM_H

#include "support/check.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

typedef struct chromium {
    pid_t process;
    int to, from;
    char *session; /* of the one page */
    char *buffer;  /* what was read and not yet used */
    size_t used, room;
    int last; /* id of the last command */
    bool loaded;
    int requests, complaints; /* network requests that leave the page; errors logged */
    char complaint[500];
} chromium;

/* The program's path, or NULL after saying loudly that the test skips. */
static inline const char *chromium_path(void)
{
    static const char *const names[] = {"chromium", "chromium-browser",
                                        "google-chrome"};
    static char path[4096];
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (const char *at = getenv("PATH"); at && *at; at += at[0] == ':') {
            const int length = (int)strcspn(at, ":");
            snprintf(path, sizeof path, "%.*s/%s", length, at, names[n]);
            if (access(path, X_OK) == 0) return path;
            at += length;
        }
    fprintf(
        stderr,
        "\n**** SKIPPED: no browser here. Install chromium to test the page. ****\n\n");
    return NULL;
}

static inline void chromium_start(chromium *b, const char *path, const char *profile)
{
    char data[4200];
    snprintf(data, sizeof data, "--user-data-dir=%s", profile);
    const char *const options[] = {path,
                                   "--headless=new",
                                   "--no-sandbox",
                                   "--remote-debugging-pipe",
                                   "--disable-gpu",
                                   "--no-first-run",
                                   "--disable-background-networking",
                                   "--disable-dev-shm-usage",
                                   "--disable-component-update",
                                   "--hide-scrollbars",
                                   "--mute-audio",
                                   data,
                                   "about:blank",
                                   NULL};
    int out[2], in[2];
    posix_spawn_file_actions_t actions;

    *b = (chromium){0};
    CHECK(pipe(out) == 0 && pipe(in) == 0);
    const int reads = fcntl(out[0], F_DUPFD, 10), writes = fcntl(in[1], F_DUPFD, 10);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, reads, 3);
    posix_spawn_file_actions_adddup2(&actions, writes, 4);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    assert_int_equal(posix_spawn(&b->process, path, &actions, NULL,
                                 (char *const *)(uintptr_t)options, environ),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[0]);
    close(in[1]);
    close(reads);
    close(writes);
    b->to = out[1];
    b->from = in[0];
    fcntl(b->to, F_SETFD, FD_CLOEXEC);
    fcntl(b->from, F_SETFD, FD_CLOEXEC);
}

/* The next message; waits at most 30 seconds. */
static inline json_t *chromium_read(chromium *b)
{
    for (;;) {
        char *end = b->used ? memchr(b->buffer, '\0', b->used) : NULL;
        if (end) {
            json_error_t why;
            json_t *message = json_loads(b->buffer, 0, &why);
            if (!message) fail_msg("the browser sent no JSON: %s", why.text);
            b->used -= (size_t)(end + 1 - b->buffer);
            memmove(b->buffer, end + 1, b->used);
            return message;
        }
        if (b->room - b->used < 65536) {
            b->room = 2 * b->room + 131072;
            b->buffer = realloc(b->buffer, b->room);
            assert_non_null(b->buffer);
        }
        struct pollfd wait = {.fd = b->from, .events = POLLIN};
        if (poll(&wait, 1, 30000) <= 0) fail_msg("the browser does not answer");
        const ssize_t got = read(b->from, b->buffer + b->used, b->room - b->used);
        if (got <= 0) fail_msg("the browser went away");
        b->used += (size_t)got;
    }
}

static inline const char *text_at(json_t *object, const char *a, const char *c)
{
    const char *text =
        json_string_value(json_object_get(json_object_get(object, a), c));
    return text ? text : "";
}

/* What happens without being asked for: loads, requests, complaints. */
static inline void chromium_event(chromium *b, json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    json_t *with = json_object_get(message, "params");
    if (!method) return;
    if (strcmp(method, "Page.loadEventFired") == 0) b->loaded = true;
    if (strcmp(method, "Network.requestWillBeSent") == 0) {
        const char *url = text_at(with, "request", "url");
        if (strncmp(url, "file://", 7) != 0 && strncmp(url, "data:", 5) != 0) {
            b->requests++;
            snprintf(b->complaint, sizeof b->complaint, "request: %.400s", url);
        }
    }
    const bool logged = strcmp(method, "Log.entryAdded") == 0;
    if (logged || strcmp(method, "Runtime.exceptionThrown") == 0) {
        b->complaints++;
        snprintf(b->complaint, sizeof b->complaint, "%.400s",
                 logged ? text_at(with, "entry", "text")
                        : text_at(with, "exceptionDetails", "text"));
    }
}

/* Sends a command and returns its result, a new reference. params is consumed. */
static inline json_t *chromium_call(chromium *b, const char *method, json_t *params)
{
    const int id = ++b->last;
    json_t *command = json_pack("{s:i,s:s,s:o}", "id", id, "method", method, "params",
                                params ? params : json_object());
    assert_non_null(command);
    if (b->session) json_object_set_new(command, "sessionId", json_string(b->session));
    char *text = json_dumps(command, JSON_COMPACT);
    const size_t length = strlen(text) + 1;
    for (size_t sent = 0; sent < length;) {
        const ssize_t now = write(b->to, text + sent, length - sent);
        if (now <= 0) fail_msg("the browser went away");
        sent += (size_t)now;
    }
    free(text);
    json_decref(command);
    for (;;) {
        json_t *message = chromium_read(b);
        if (json_integer_value(json_object_get(message, "id")) == id) {
            json_t *result = json_incref(json_object_get(message, "result"));
            if (!result)
                fail_msg("%s: %s", method, text_at(message, "error", "message"));
            json_decref(message);
            return result;
        }
        chromium_event(b, message);
        json_decref(message);
    }
}

static inline void chromium_do(chromium *b, const char *method, json_t *params)
{
    json_decref(chromium_call(b, method, params));
}

/* A page to work in. */
static inline void chromium_page(chromium *b)
{
    static const char *const watched[] = {"Page.enable", "Network.enable", "Log.enable",
                                          "Runtime.enable"};
    json_t *target = chromium_call(b, "Target.createTarget",
                                   json_pack("{s:s}", "url", "about:blank"));
    json_t *session =
        chromium_call(b, "Target.attachToTarget",
                      json_pack("{s:O,s:b}", "targetId",
                                json_object_get(target, "targetId"), "flatten", 1));
    b->session = strdup(json_string_value(json_object_get(session, "sessionId")));
    json_decref(target);
    json_decref(session);
    for (size_t k = 0; k < sizeof watched / sizeof *watched; k++)
        chromium_do(b, watched[k], NULL);
}

static inline void chromium_open(chromium *b, const char *path)
{
    char url[4200];
    snprintf(url, sizeof url, "file://%s", path);
    b->loaded = false;
    b->requests = b->complaints = 0;
    chromium_do(b, "Page.navigate", json_pack("{s:s}", "url", url));
    while (!b->loaded) {
        json_t *message = chromium_read(b);
        chromium_event(b, message);
        json_decref(message);
    }
}

/* The value of an expression in the page, a new reference. */
static inline json_t *chromium_eval(chromium *b, const char *expression)
{
    json_t *answer = chromium_call(b, "Runtime.evaluate",
                                   json_pack("{s:s,s:b,s:b}", "expression", expression,
                                             "returnByValue", 1, "awaitPromise", 1));
    if (json_object_get(answer, "exceptionDetails"))
        fail_msg("%s: %s", expression,
                 text_at(json_object_get(answer, "exceptionDetails"), "exception",
                         "description"));
    json_t *value =
        json_incref(json_object_get(json_object_get(answer, "result"), "value"));
    json_decref(answer);
    return value;
}

static inline double chromium_number(chromium *b, const char *expression)
{
    json_t *value = chromium_eval(b, expression);
    if (!json_is_number(value)) fail_msg("%s is no number", expression);
    const double number = json_number_value(value);
    json_decref(value);
    return number;
}

static inline bool chromium_true(chromium *b, const char *expression)
{
    json_t *value = chromium_eval(b, expression);
    const bool yes = json_is_true(value);
    json_decref(value);
    return yes;
}

/* kind: mousePressed, mouseReleased, mouseMoved, mouseWheel; modifiers 2 is Ctrl. */
static inline void chromium_mouse(chromium *b, const char *kind, double x, double y,
                                  double wheel, int modifiers)
{
    chromium_do(b, "Input.dispatchMouseEvent",
                json_pack("{s:s,s:f,s:f,s:s,s:i,s:i,s:f,s:f}", "type", kind, "x", x,
                          "y", y, "button",
                          strstr(kind, "ed") && kind[5] != 'M' ? "left" : "none",
                          "clickCount", 1, "modifiers", modifiers, "deltaX", 0.0,
                          "deltaY", wheel));
}

/* A real click in the middle of the element that the selector names. */
static inline void chromium_click(chromium *b, const char *selector)
{
    char script[1000];
    snprintf(script, sizeof script,
             "(() => { const e = document.querySelector(`%s`); "
             "e.scrollIntoView({block: 'center'});"
             " const r = e.getBoundingClientRect();"
             " window.spot = [r.left + Math.min(r.width, 60) / 2, r.top + r.height / "
             "2]; })()",
             selector);
    json_decref(chromium_eval(b, script));
    const double x = chromium_number(b, "spot[0]"), y = chromium_number(b, "spot[1]");
    chromium_mouse(b, "mousePressed", x, y, 0, 0);
    chromium_mouse(b, "mouseReleased", x, y, 0, 0);
}

static inline void chromium_key(chromium *b, const char *key)
{
    const bool enter = strcmp(key, "Enter") == 0;
    json_t *down =
        json_pack("{s:s,s:s,s:s}", "type", "keyDown", "key", key, "code", key);
    if (enter) json_object_set_new(down, "text", json_string("\r"));
    if (enter) json_object_set_new(down, "windowsVirtualKeyCode", json_integer(13));
    chromium_do(b, "Input.dispatchKeyEvent", down);
    chromium_do(b, "Input.dispatchKeyEvent",
                json_pack("{s:s,s:s,s:s}", "type", "keyUp", "key", key, "code", key));
}

/* Writes the base64 text under "data" of a result to a file; returns the number of
 * bytes. */
static inline size_t chromium_save(json_t *result, const char *path)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *text = json_string_value(json_object_get(result, "data"));
    FILE *file = fopen(path, "wb");
    size_t bytes = 0;
    assert_non_null(text);
    assert_non_null(file);
    unsigned word = 0, bits = 0;
    for (; *text && *text != '='; text++) {
        word = word << 6 | (unsigned)(strchr(digits, *text) - digits);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        fputc((int)(word >> bits & 255), file);
        bytes++;
    }
    fclose(file);
    json_decref(result);
    return bytes;
}

static inline size_t chromium_screenshot(chromium *b, const char *path)
{
    return chromium_save(chromium_call(b, "Page.captureScreenshot",
                                       json_pack("{s:s,s:b}", "format", "png",
                                                 "captureBeyondViewport", 1)),
                         path);
}

static inline void chromium_stop(chromium *b)
{
    kill(b->process, SIGTERM);
    waitpid(b->process, NULL, 0);
    close(b->to);
    close(b->from);
    free(b->session);
    free(b->buffer);
    *b = (chromium){0};
}

#endif
