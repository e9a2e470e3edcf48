/* methods.c -- the table of methods.
 *
 * sketch and precond are reconstructions from the abstract of Song, Tsaknakis, Yau, Wai
 * and Hong (NeurIPS 2022); the others are published baselines: QSGD (Alistarh et al.
 * 2017), top-k with error feedback (Stich et al. 2018), EF21 in both directions
 * (Richtarik et al. 2021), PowerSGD (Vogels et al. 2019), sign with error feedback
 * (Karimireddy et al. 2019), CHOCO (Koloskova et al. 2019), decentralized gradient
 * descent (Nedic & Ozdaglar 2009). */
#include "experiments/distribute/methods.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

const distribute_method distribute_methods[] = {
    [DISTRIBUTE_SKETCH] = {.compressor = "adaptive",
                           .sketched = true,
                           .step = 1.0,
                           .text = "sketched gradients, adaptive quantization"},
    [DISTRIBUTE_PRECOND] = {.sketched = true,
                            .text = "sketched data once, then dual refinement"},
    [DISTRIBUTE_NONE] = {.compressor = "float",
                         .step = 1.0,
                         .text = "32-bit gradients"},
    [DISTRIBUTE_QSGD] = {.compressor = "qsgd", .step = 0.7, .text = "QSGD"},
    [DISTRIBUTE_TOPK] = {.compressor = "topk",
                         .step = 0.25,
                         .text = "top-k with error feedback"},
    [DISTRIBUTE_EF21] = {.compressor = "ef21", .step = 0.5, .text = "EF21"},
    [DISTRIBUTE_POWERSGD] = {.compressor = "powersgd",
                             .step = 0.05,
                             .text = "PowerSGD with error feedback"},
    [DISTRIBUTE_SIGN] = {.compressor = "sign",
                         .step = 0.05,
                         .text = "signs with error feedback"},
    [DISTRIBUTE_CHOCO] = {.compressor = "adaptive",
                          .gossip = true,
                          .step = 1.0,
                          .mixing = 0.8,
                          .text = "quantized gossip"},
    [DISTRIBUTE_DGD] = {.compressor = "float",
                        .gossip = true,
                        .difference = true,
                        .step = 1.0,
                        .mixing = 1.0,
                        .text = "32-bit gossip"},
};

void distribute_team_free(distribute_team *team)
{
    for (sur_idx i = 0; team->node && i < team->count; i++)
        if (team->node[i]) team->release(team->node[i]);
    free(team->agent);
    free(team->node);
    free(team->shared);
    *team = (distribute_team){0};
}

sur_status distribute_team_new(distribute_team *out, const distribute_run *run,
                               sur_idx first, sur_idx count, sur_error *err)
{
    distribute_team team = {.first = first, .count = count};
    sur_status status;

    *out = team;
    SUR_TRY(sur_alloc(&team.agent, count, sizeof *team.agent, err));
    SUR_TRY(sur_alloc(&team.node, count, sizeof *team.node, err));
    SUR_TRY((run->method == DISTRIBUTE_PRECOND ? distribute_precond_team
             : distribute_methods[run->method].gossip
                 ? distribute_gossip_team
                 : distribute_descent_team)(&team, run, err));
    *out = team;
    team = (distribute_team){0};

done:
    distribute_team_free(&team);
    return status;
}
