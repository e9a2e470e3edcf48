/* manual.c -- the man page, generated from the tables. */
#include "cli.h"

#include <string.h>

/* roff: a backslash is doubled, a dash is kept a dash, a leading dot is shielded. */
static void roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'') fputs("\\&", out);
    for (const char *c = text; *c; c++) {
        if (*c == '\\')
            fputs("\\e", out);
        else if (*c == '-')
            fputs("\\-", out);
        else if (*c == '\n')
            fputs("\n.br\n", out);
        else
            fputc(*c, out);
    }
}

static void option(FILE *out, const sur_field *field)
{
    char flag[64], note[512];
    fputs(".TP\n.B ", out);
    roff(out, cli_flag(field, flag));
    fputs("\n", out);
    roff(out, field->help ? field->help : "");
    cli_field_note(field, note, sizeof note);
    if (note[0]) {
        fputs(" (", out);
        roff(out, note);
        fputs(field->flags & SUR_AXIS ? "; takes a list or a range)" : ")", out);
    }
    fputs("\n", out);
}

static void verb_section(FILE *out, const cli_verb *verb)
{
    const sur_fields *tables[3];
    const int count = cli_tables(verb, tables);
    fprintf(out, ".SH \"SURPLUS %s\"\n.B surplus %s\n", verb->name, verb->name);
    roff(out, verb->usage);
    fputs("\n.PP\n", out);
    roff(out, verb->summary);
    fputs("\n", out);
    const char *details =
        verb->experiment ? verb->experiment->description : verb->details;
    if (details) {
        fputs(".PP\n", out);
        roff(out, details);
        fputs("\n", out);
    }
    for (int t = 0; t < count; t++) {
        if (tables[t] == &sur_run_fields && verb->experiment != cli_experiments[0]) {
            fputs(".PP\nand the options of how to run, as under the first verb.\n",
                  out);
            continue;
        }
        for (sur_idx i = 0; i < tables[t]->count; i++) option(out, &tables[t]->at[i]);
    }
}

void cli_manual(FILE *out)
{
    fprintf(out,
            ".TH SURPLUS 1 \"\" \"surplus %s\" \"User Commands\"\n.SH NAME\nsurplus "
            "\\- what do "
            "extra parameters buy, and what do they cost?\n.SH SYNOPSIS\n.B "
            "surplus\n.I verb\n"
            "[options]\n.SH DESCRIPTION\n",
            sur_version());
    for (const cli_verb *v = cli_verbs; v->name; v++) {
        fprintf(out, ".TP\n.B %s\n", v->name);
        roff(out, v->summary);
        fputs("\n", out);
    }
    fputs(".PP\nEvery option that takes a list (8,16,32) or a range (10:10000:log40, "
          "4:4096:x2, "
          "1:5, 0:1:0.1) is an axis: more than one value makes a sweep over the grid. "
          "A sweep "
          "is resumed by starting it again.\n",
          out);
    for (const cli_verb *v = cli_verbs; v->name; v++) verb_section(out, v);
    fputs(".SH \"EXIT STATUS\"\n0 done; 1 internal failure; 2 wrong usage or study "
          "file; 3 bad "
          "input data or a damaged or foreign store; 4 finished, some trials failed; 5 "
          "every "
          "trial failed numerically; 6 a gate of \\-\\-fail\\-if is not met; 75 "
          "stopped by "
          "\\-\\-time\\-limit, or another process is writing the store; 130, 143 "
          "interrupted, "
          "resumable.\n",
          out);
}
