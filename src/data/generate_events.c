/* generate_events.c -- a table of collision events with the columns of the UCI HIGGS
 * file.
 *
 * 53 % are signal (class 1). Transverse momenta, masses and b-tags are divided by their
 * mean, angles by their standard deviation, as in that file (Baldi, Sadowski & Whiteson
 * 2014). Event i depends on (seed, i) alone: its stream gives the class, then as many
 * collisions as it takes until one is accepted. */
#include "data/events.h"
#include "data/generate.h"

#include "base/text.h"
#include "base/try.h"
#include "data/block.h"

#include <string.h>

static const double signal_share = 0.53;

/* The columns, and what they are divided by: means and deviations of 2,000,000 events.
 */
static const struct {
    const char *name;
    double scale;
} columns[SUR_EVENT_COLUMNS] = {
    {"lepton_pT", 53.689},
    {"lepton_eta", 1.0723},
    {"lepton_phi", 1.8136},
    {"missing_energy_magnitude", 57.976},
    {"missing_energy_phi", 1.8134},
    {"jet_1_pt", 82.71},
    {"jet_1_eta", 1.0364},
    {"jet_1_phi", 1.8135},
    {"jet_1_b-tag", 0.95916},
    {"jet_2_pt", 61.335},
    {"jet_2_eta", 1.0752},
    {"jet_2_phi", 1.814},
    {"jet_2_b-tag", 0.81974},
    {"jet_3_pt", 46.435},
    {"jet_3_eta", 1.1195},
    {"jet_3_phi", 1.8141},
    {"jet_3_b-tag", 0.70726},
    {"jet_4_pt", 34.942},
    {"jet_4_eta", 1.1673},
    {"jet_4_phi", 1.8145},
    {"jet_4_b-tag", 0.58456},
    {"m_jj", 77.703},
    {"m_jjj", 165.59},
    {"m_lv", 84.792},
    {"m_jlv", 180.08},
    {"m_bb", 120.37},
    {"m_wbb", 309.41},
    {"m_wwbb", 426.9},
};

static void fill_rows(float *x, double *y, const char *purpose, sur_idx rows,
                      uint64_t seed)
{
    for (sur_idx i = 0; i < rows; i++) {
        sur_rng rng = sur_rng_make(seed, purpose, (uint64_t)i);
        const bool signal = sur_rng_uniform(&rng) < signal_share;
        double column[SUR_EVENT_COLUMNS];
        sur_event event;
        do sur_event_produce(&event, &rng, signal);
        while (!sur_event_measure(column, &event, &rng));
        for (int j = 0; j < SUR_EVENT_COLUMNS; j++)
            x[i * SUR_EVENT_COLUMNS + j] = (float)(column[j] / columns[j].scale);
        y[i] = signal ? 1.0 : 0.0;
    }
}

sur_status sur_generate_events(sur_dataset *out, const sur_request *r, sur_error *err)
{
    const bool regression = r->options->task == SUR_REGRESSION;
    const sur_dataset of = {.rows = r->train + r->test,
                            .cols = SUR_EVENT_COLUMNS,
                            .scalar = SUR_F32,
                            .test_rows = r->test,
                            .classes = regression ? 0 : 2};
    const uint64_t seed = (uint64_t)r->options->seed;
    sur_text names = {0};
    sur_status status;

    for (int j = 0; j < SUR_EVENT_COLUMNS; j++)
        SUR_TRY(sur_text_bytes(&names, columns[j].name,
                               (sur_idx)strlen(columns[j].name) + 1, err));
    if (regression)
        SUR_TRY(sur_text_bytes(&names, "class\0", 7, err));
    else
        SUR_TRY(sur_text_bytes(&names, "class\0\0background\0signal", 25, err));
    SUR_TRY(sur_block_new(out, &of, false, names.at, (size_t)names.length, err));

    float *x = sur_block_x(out);
    double *y = sur_block_target(out);
    fill_rows(x, y, "events", r->train, seed);
    fill_rows(x + r->train * SUR_EVENT_COLUMNS, y + r->train, "test events", r->test,
              seed);

done:
    sur_text_free(&names);
    return status;
}
