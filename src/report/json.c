/* json.c -- results for machines: one array, written as it goes. */
#include "base/text.h"
#include "base/try.h"
#include <math.h>
#include <stdlib.h>
#include <surplus/report.h>

static void put_number(FILE *out, const char *key, double value)
{
    char text[32];
    fprintf(out, ",\"%s\":%s", key,
            isfinite(value) ? sur_number_text(value, text) : "null");
}

/* scratch is emptied and refilled, so that a long array does not allocate for each
 * string. */
static sur_status put_string(FILE *out, sur_text *scratch, const char *before,
                             const char *string, sur_error *err)
{
    scratch->length = 0;
    const sur_status status = sur_text_json(scratch, string, err);
    if (status == SUR_OK) fprintf(out, "%s%s", before, scratch->at);
    return status;
}

static sur_status put_measurement(FILE *out, sur_text *scratch,
                                  const sur_measurement *row, sur_error *err)
{
    sur_status status;
    SUR_TRY(put_string(out, scratch, "{\"metric\":", row->metric, err));
    SUR_TRY(put_string(out, scratch, ",\"split\":", row->split, err));
    fprintf(out, ",\"iteration\":%lld", (long long)row->iteration);
    put_number(out, "value", row->value);
    put_number(out, "low", row->low);
    put_number(out, "high", row->high);
    fprintf(out, ",\"n\":%lld}", (long long)row->n);
done:
    return status;
}

static sur_status put_record(FILE *out, sur_text *scratch,
                             const sur_experiment *experiment, const sur_record *record,
                             sur_error *err)
{
    char *spec = NULL;
    sur_status status;

    SUR_TRY(put_string(out, scratch, "{\"experiment\":", experiment->name, err));
    SUR_TRY(sur_fields_to_json(experiment->fields, record->options, &spec, err));
    fprintf(out, ",\"spec\":%s,\"status\":\"%s\"", spec,
            record->status == SUR_OK ? "ok" : "failed");
    if (record->message)
        SUR_TRY(put_string(out, scratch, ",\"message\":", record->message, err));
    put_number(out, "seconds", record->seconds);
    fputs(",\"measurements\":[", out);
    for (sur_idx k = 0; k < record->count; k++) {
        if (k) fputc(',', out);
        SUR_TRY(put_measurement(out, scratch, &record->measurements[k], err));
    }
    fputs("]}", out);
done:
    free(spec);
    return status;
}

sur_status sur_report_json(FILE *out, const sur_results *const *results, sur_idx count,
                           sur_error *err)
{
    const char *separator = "\n";
    sur_text scratch = {0};
    sur_status status = SUR_OK;

    fputc('[', out);
    for (sur_idx r = 0; r < count; r++)
        for (sur_idx i = 0; i < results[r]->records.count; i++) {
            fputs(separator, out);
            SUR_TRY(put_record(out, &scratch, results[r]->experiment,
                               &results[r]->records.at[i], err));
            separator = ",\n";
        }
    fputs("\n]\n", out);
    SUR_FAIL_IF(fflush(out) != 0 || ferror(out), SUR_EWRITE, "the JSON: write failed");
done:
    sur_text_free(&scratch);
    return status;
}
