/* completion.c -- bash and zsh completion, generated from the tables. */
#include "cli.h"

#include <string.h>

static void print_flags(FILE *out, const cli_verb *verb)
{
    const sur_fields *tables[3];
    const int count = cli_tables(verb, tables);
    char flag[64];
    for (int t = 0; t < count; t++)
        for (sur_idx i = 0; i < tables[t]->count; i++)
            fprintf(out, " %s", cli_flag(&tables[t]->at[i], flag));
    fprintf(out, " --help");
}

static void print_choices(FILE *out, const sur_field *field)
{
    for (int i = 0; field->choices[i]; i++)
        fprintf(out, "%s%s", i ? " " : "", field->choices[i]);
}

/* The values of choice options, by verb and flag. */
static void bash_values(FILE *out, const cli_verb *verb)
{
    const sur_fields *tables[3];
    const int count = cli_tables(verb, tables);
    char flag[64];
    for (int t = 0; t < count; t++)
        for (sur_idx i = 0; i < tables[t]->count; i++) {
            const sur_field *field = &tables[t]->at[i];
            if (field->kind != SUR_CHOICE) continue;
            fprintf(out, "        %s:%s) COMPREPLY=($(compgen -W \"", verb->name,
                    cli_flag(field, flag));
            print_choices(out, field);
            fprintf(out, "\" -- \"$word\")); return ;;\n");
        }
}

void cli_completion_bash(FILE *out)
{
    fprintf(
        out,
        "# bash completion of surplus, generated from its option tables\n"
        "_surplus() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local verb=${COMP_WORDS[1]}\n"
        "    COMPREPLY=()\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        COMPREPLY=($(compgen -W \"");
    for (const cli_verb *v = cli_verbs; v->name; v++)
        fprintf(out, "%s%s", v == cli_verbs ? "" : " ", v->name);
    fprintf(out, " --help --version\" -- \"$word\")); return\n    fi\n"
                 "    case \"$verb:$last\" in\n");
    for (const cli_verb *v = cli_verbs; v->name; v++) bash_values(out, v);
    fprintf(out, "    esac\n    case \"$word\" in\n    -*) case \"$verb\" in\n");
    for (const cli_verb *v = cli_verbs; v->name; v++) {
        fprintf(out, "        %s) COMPREPLY=($(compgen -W \"", v->name);
        print_flags(out, v);
        fprintf(out, "\" -- \"$word\")) ;;\n");
    }
    fprintf(out, "        esac ;;\n    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n  "
                 "  esac\n}\n"
                 "complete -o filenames -F _surplus surplus\n");
}

/* A description inside a zsh specification: no quotes, colons or brackets. */
static void zsh_text(FILE *out, const char *text)
{
    for (; *text; text++)
        if (!strchr("'\"[]:`$\\", *text)) fputc(*text, out);
}

static void zsh_verb(FILE *out, const cli_verb *verb)
{
    const sur_fields *tables[3];
    const int count = cli_tables(verb, tables);
    char flag[64];
    fprintf(out, "        %s) _arguments", verb->name);
    for (int t = 0; t < count; t++)
        for (sur_idx i = 0; i < tables[t]->count; i++) {
            const sur_field *field = &tables[t]->at[i];
            fprintf(out, " \\\n            '%s[", cli_flag(field, flag));
            zsh_text(out, field->help ? field->help : "");
            fprintf(out, "]");
            if (field->kind == SUR_CHOICE) {
                fprintf(out, ":value:(");
                print_choices(out, field);
                fprintf(out, ")");
            } else if (field->kind == SUR_PATH) {
                fprintf(out, ":file:_files");
            } else if (field->kind != SUR_FLAG) {
                fprintf(out, ":value:");
            }
            fprintf(out, "'");
        }
    fprintf(out, " \\\n            '*:file:_files' ;;\n");
}

void cli_completion_zsh(FILE *out)
{
    fprintf(out, "#compdef surplus\n# zsh completion of surplus, generated from its "
                 "option tables\n"
                 "_surplus() {\n    local -a verbs\n    verbs=(\n");
    for (const cli_verb *v = cli_verbs; v->name; v++) {
        fprintf(out, "        '%s:", v->name);
        zsh_text(out, v->summary);
        fprintf(out, "'\n");
    }
    fprintf(out,
            "    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs\n    "
            "    return\n"
            "    fi\n    local verb=$words[2]\n    shift words\n    (( CURRENT-- ))\n"
            "    case $verb in\n");
    for (const cli_verb *v = cli_verbs; v->name; v++) zsh_verb(out, v);
    fprintf(out, "    esac\n}\n_surplus \"$@\"\n");
}
