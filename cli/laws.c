/* laws.c -- the laws, one row each. To add one, add a row. */
#include "laws.h"

#define LINEAR "data=synthetic:linear family=linear test_samples=400 tune=no "
#define MANY "seed=1:40 validation_samples=0 "
#define PLANTED "solver=gd holdout=0 tolerance=0 init_absolute=true step=0.25 "
#define LAW "attack=theory samples=100 dimension=3000 noise=1 "
#define EXACT "attack=exact samples=100 dimension=3000 noise=1 draws=2000 seed=1:8 "

const cli_law cli_laws[] = {
    {"descent", "least norm, fewer features than samples: test loss",
     "Hastie et al. 2022, theorem 1; exact", law_mean,
     LINEAR MANY "samples=100 width=50 noise=0.5", "test_loss",
     .theory = "theory_loss"},
    {"descent", "least norm, twice as many features as samples: test loss",
     "Hastie et al. 2022, theorem 1; exact", law_mean,
     LINEAR MANY "samples=100 width=200 noise=0.5", "test_loss",
     .theory = "theory_loss"},
    {"descent", "features left out act as noise: test loss",
     "Belkin, Hsu & Xu 2020, theorem 1; exact", law_mean,
     LINEAR MANY "dimension=100 samples=40 width=70 noise=0.2", "test_loss",
     .theory = "theory_loss"},
    {"descent", "ridge: test loss", "Hastie et al. 2022, corollary 5; limit", law_mean,
     LINEAR MANY "samples=100 width=200 noise=0.5 ridge=50", "test_loss",
     .theory = "theory_loss", .share = 0.01},
    {"descent", "a power-law spectrum: test loss",
     "Hastie et al. 2022, theorem 5; deterministic equivalent", law_mean,
     LINEAR MANY "samples=100 width=300 decay=1 noise=0.316", "test_loss",
     .theory = "theory_loss", .share = 0.02},
    {"descent", "few latent causes of many features: test loss",
     "Hastie et al. 2022, section 5.4; limit", law_mean,
     "data=synthetic:latent family=linear test_samples=400 tune=no " MANY
     "samples=100 latent=10 width=200 noise=1",
     "test_loss", .theory = "theory_loss", .share = 0.02},
    {"descent", "random relu features: test loss",
     "Mei & Montanari 2022, theorem 3; limit", law_mean,
     "data=synthetic:linear family=relu test_samples=400 tune=no seed=1:20 "
     "validation_samples=0 dimension=50 samples=150 width=300 noise=0.447",
     "test_loss", .theory = "theory_loss", .share = 0.05},
    {"descent", "the published risk at 200 samples, 1000 features, plus the noise",
     "Hastie et al. 2022, theorem 1; .8626 + .25", law_each,
     LINEAR "samples=200 width=1000 noise=0.5", "theory_loss", .expected = 1.1126,
     .share = 1e-4},
    {"descent", "test loss peaks where features are as many as samples",
     "Belkin, Hsu & Xu 2020", law_peak,
     LINEAR MANY "dimension=120 samples=40 width=20:80:5 noise=0.2", "test_loss",
     .expected = 40},
    {"descent", "a whole curve of fits and LAPACK's gelsd: predictions",
     "two ways to one number", law_curve, .share = 1e-8},

    {"networks", "gradients and central differences, every activation and loss",
     "the definition of a derivative", law_gradient, .share = 1e-3},
    {"networks", "no hidden layer, trained to the end: the risk of least squares",
     "s^2 (1 + 1/n) (n - 2)/(n - p - 2); exact", law_mean,
     "data=synthetic:linear dimension=10 samples=100 test_samples=400 noise=0.5 "
     "family=mlp width=1 depth=0 optimizer=sgd learning_rate=0.2 batch=100 epochs=500 "
     "validation_samples=0 seed=1:40",
     "test_loss", .expected = 0.25 * 1.01 * 98.0 / 88.0},

    {"recover", "the true rank from too many columns, noise-free: recovery error",
     "the planted matrix", law_each,
     "dimension=30 true_rank=2 measurements=600 holdout=0 seed=1:3", "recovery_error",
     .share = 1e-7},
    {"recover", "a factor no wider than the rank: any start recovers",
     "Stoeger & Soltanolkotabi 2021", law_each,
     PLANTED "dimension=30 measurements=600 rank=2 iterations=330 "
             "init_scale=1e-1,1e-3,1e-5",
     "recovery_error", .share = 1e-12},
    {"recover", "every entry seen: the error falls as the square of the start",
     "Stoeger & Soltanolkotabi 2021, no nuisance", law_slope,
     PLANTED "dimension=50 true_rank=3 rank=50 sensing=completion measurements=2500 "
             "iterations=130 init_scale=1e-2,1e-3,1e-4",
     "recovery_error", .expected = 2, .share = 0.025},
    {"recover", "few measurements: the error falls as the start to 2 (1 - rho)",
     "Stoeger & Soltanolkotabi 2021, theorem 3.3", law_slope,
     PLANTED "dimension=40 measurements=700 rank=40 iterations=160 "
             "init_scale=1e-2,1e-3,1e-4,1e-5",
     "recovery_error", .theory = "rate_ratio", .share = 0.2},
    {"recover", "the rank is read off beside the noise", "the planted matrix", law_each,
     "dimension=40 true_rank=3 measurements=1000 noise=0.01 seed=1:3", "rank_found",
     .expected = 3, .share = 0},

    {"privacy", "half as many features as samples: variance of a stranger's answer",
     "Tan et al. 2022, theorem 3.2; exact", law_mean, EXACT "width=50", "variance_out",
     .expected = 2.040476190476190},
    {"privacy", "three times as many features as samples: the same",
     "Tan et al. 2022, theorem 3.2; exact", law_mean, EXACT "width=300", "variance_out",
     .expected = 0.988107202680067},
    {"privacy", "twice as many features as samples leak next to nothing",
     "Tan et al. 2022, theorem 3.2; .0017", law_each, LAW "width=200", "advantage",
     .expected = .0017, .share = 0.03},
    {"privacy", "ten times as many features as samples: advantage",
     "Tan et al. 2022, theorem 3.2; .4872", law_each, LAW "width=1000", "advantage",
     .expected = .4872, .share = 1e-4},
    {"privacy", "thirty times as many features as samples: advantage",
     "Tan et al. 2022, theorem 3.2; .6691", law_each, LAW "width=3000", "advantage",
     .expected = .6691, .share = 1e-4},
    {"privacy", "trained models leak what theory says: AUC of the loss attack",
     "two normals of variance ratio 4; .7048", law_mean,
     "data=synthetic:linear noise=1 samples=200 dimension=100 family=linear width=100 "
     "attack=loss seed=1:20",
     "auc", .expected = .7048, .share = 0.007},
    {"privacy", "answers drowned in noise leak nothing: AUC", "a coin", law_mean,
     "data=synthetic:events samples=200 family=relu width=100 attack=loss "
     "output_noise=1e6 seed=1:20",
     "auc", .expected = 0.5},
    {.part = NULL},
};
