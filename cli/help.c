/* help.c -- what each verb and option does, printed from the tables. */
#include "cli.h"

#include <math.h>
#include <string.h>

static bool has_range(const sur_field *field)
{
    return (field->kind == SUR_REAL || field->kind == SUR_INT) &&
           field->high > field->low;
}

static void add(char *buffer, size_t size, const char *text)
{
    const size_t used = strlen(buffer);
    if (used)
        snprintf(buffer + used, size - used, "; %s", text);
    else
        snprintf(buffer, size, "%s", text);
}

void cli_field_note(const sur_field *field, char *buffer, size_t size)
{
    char part[256];
    buffer[0] = '\0';
    if (field->unit) add(buffer, size, field->unit);
    if (field->kind == SUR_CHOICE) {
        part[0] = '\0';
        for (int i = 0; field->choices[i]; i++)
            snprintf(part + strlen(part), sizeof part - strlen(part), "%s%s",
                     i ? ", " : "", field->choices[i]);
        add(buffer, size, part);
    }
    if (field->preset && field->kind != SUR_FLAG) {
        snprintf(part, sizeof part, "default %s", field->preset);
        add(buffer, size, part);
    }
    if (field->kind == SUR_FLAG && field->preset &&
        strcmp(field->preset, "true") == 0) {
        char flag[64];
        snprintf(part, sizeof part, "on; --no-%s turns it off",
                 cli_flag(field, flag) + 2);
        add(buffer, size, part);
    }
    if (has_range(field) && field->high < 1e9 && isfinite(field->low)) {
        snprintf(part, sizeof part, "%g .. %g", field->low, field->high);
        add(buffer, size, part);
    }
}

static const char *value_word(const sur_field *field)
{
    static const char *const words[] = {
        [SUR_REAL] = "X",   [SUR_INT] = "N",     [SUR_CHOICE] = "NAME",
        [SUR_FLAG] = "",    [SUR_TEXT] = "TEXT", [SUR_PATH] = "FILE",
        [SUR_LIST] = "LIST"};
    return words[field->kind];
}

enum { LINE = 96, INDENT = 29 };

/* Prints text from a column on, broken between words at LINE; later lines begin at
 * indent. */
static void print_wrapped(FILE *out, const char *text, int column, int indent)
{
    while (*text) {
        const int word = (int)strcspn(text, " \n");
        if (column > indent && column + 1 + word > LINE) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        }
        column += fprintf(out, "%s%.*s", column > indent ? " " : "", word, text);
        text += word;
        for (; *text == ' ' || *text == '\n'; text++)
            if (*text == '\n') {
                fputc('\n', out);
                column = 0;
            }
    }
    fputc('\n', out);
}

static void print_field(FILE *out, const sur_field *field)
{
    char flag[64], left[96], note[512], line[1024];
    snprintf(left, sizeof left, "%s %s%s", cli_flag(field, flag), value_word(field),
             field->flags & SUR_AXIS ? ",..." : "");
    cli_field_note(field, note, sizeof note);
    snprintf(line, sizeof line, "%s%s%s%s", field->help ? field->help : "",
             note[0] ? " (" : "", note, note[0] ? ")" : "");
    const int column = fprintf(out, "  %-26s ", left);
    if (column > INDENT) fprintf(out, "\n%*s", INDENT, "");
    print_wrapped(out, line, INDENT, INDENT);
}

/* The options of one group; NULL for those without. */
static void print_group(FILE *out, const sur_fields *fields, const char *group)
{
    for (sur_idx i = 0; i < fields->count; i++) {
        const char *own = fields->at[i].group;
        if ((own == NULL) == (group == NULL) && (!own || strcmp(own, group) == 0))
            print_field(out, &fields->at[i]);
    }
}

static bool first_of_group(const sur_fields *fields, sur_idx i)
{
    const char *group = fields->at[i].group;
    for (sur_idx k = 0; k < i; k++) {
        const char *other = fields->at[k].group;
        if ((group == NULL) == (other == NULL) && (!group || strcmp(group, other) == 0))
            return false;
    }
    return true;
}

void cli_help(FILE *out, const cli_verb *verb)
{
    const sur_fields *tables[3];
    const int count = cli_tables(verb, tables);
    fprintf(out, "surplus %s %s\n\n%s\n", verb->name, verb->usage, verb->summary);
    const char *details =
        verb->experiment ? verb->experiment->description : verb->details;
    if (details) {
        fputc('\n', out);
        print_wrapped(out, details, 0, 0);
    }
    for (int t = 0; t < count; t++)
        for (sur_idx i = 0; i < tables[t]->count; i++) {
            if (!first_of_group(tables[t], i)) continue;
            const char *group = tables[t]->at[i].group;
            fprintf(out, "\n%s\n", group ? group : "options");
            print_group(out, tables[t], group);
        }
    if (verb->experiment)
        fprintf(
            out,
            "\nAn option marked ,... takes a list (8,16,32) or a range "
            "(10:10000:log40, "
            "4:4096:x2,\n1:5, 0:1:0.1); more than one value makes a sweep. A sweep is "
            "resumed by starting it again.\n");
}

void cli_overview(FILE *out)
{
    fprintf(out, "surplus: what do extra parameters buy, and what do they cost?\n\n"
                 "usage: surplus VERB [options]\n\n");
    for (const cli_verb *v = cli_verbs; v->name; v++)
        fprintf(out, "  %-11s %s\n", v->name, v->summary);
    fprintf(
        out,
        "\nsurplus VERB --help lists the options of a verb; surplus --version says "
        "which build this is.\n\nexit codes: 0 done, 1 internal failure, 2 wrong "
        "usage, 3 bad input or store,\n"
        "4 some trials failed, 5 every trial failed, 6 a --fail-if gate is not met,\n"
        "75 stopped by --time-limit or the store is in use, 130/143 interrupted "
        "(start again to resume)\n");
}
