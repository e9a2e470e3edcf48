/* summary.c -- the findings as sentences. */
#include "base/try.h"
#include "report/text.h"
#include <stdlib.h>
#include <surplus/report.h>

static void put_findings(FILE *out, const sur_finding *findings, sur_idx count,
                         bool headline)
{
    for (sur_idx f = 0; f < count; f++) {
        if (findings[f].headline != headline) continue;
        if (!headline) fputs("  ", out);
        sur_put_escaped(out, findings[f].text, SUR_AS_TEXT);
        fputc('\n', out);
    }
}

sur_status sur_report_summary(FILE *out, const sur_results *results, sur_error *err)
{
    const sur_experiment *experiment = results->experiment;
    sur_finding *findings = NULL;
    sur_idx count = 0, failed = 0;
    sur_status status = SUR_OK;

    if (experiment->summarize && results->records.count > 0)
        SUR_TRY(experiment->summarize(&results->records, &findings, &count, err));
    put_findings(out, findings, count, true);
    put_findings(out, findings, count, false);

    for (sur_idx i = 0; i < results->records.count; i++)
        failed += results->records.at[i].status != SUR_OK;
    if (failed > 0 || count == 0)
        fprintf(out, "%lld trials of %s, %lld failed\n",
                (long long)results->records.count, experiment->name, (long long)failed);
    if (results->elder > 0)
        fprintf(out,
                "%lld trials of another revision of %s are left out: its numbers "
                "have changed; run the study again\n",
                (long long)results->elder, experiment->name);
    SUR_FAIL_IF(fflush(out) != 0 || ferror(out), SUR_EWRITE,
                "the summary: write failed");
done:
    free(findings);
    return status;
}
