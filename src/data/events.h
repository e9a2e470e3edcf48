/* events.h -- collision events: four-vectors, what is produced, what is measured. */
#ifndef DATA_EVENTS_H
#define DATA_EVENTS_H

#include <surplus/random.h>

#include <math.h>

/* Energy and momentum in GeV; z is along the beams. */
typedef struct sur_four {
    double e, x, y, z;
} sur_four;

typedef enum sur_kin { SUR_LEPTON, SUR_NEUTRINO, SUR_LIGHT, SUR_BOTTOM } sur_kin;

typedef struct sur_particle {
    sur_four p;
    sur_kin kin;
} sur_particle;

enum { SUR_PARTICLES = 12 }; /* six from the hard process, the rest radiation */

typedef struct sur_event {
    sur_particle at[SUR_PARTICLES];
    int count;
} sur_event;

enum { SUR_EVENT_COLUMNS = 28 };

/* One collision: g g -> H0 -> W H+- -> W W h -> W W b b, or a top pair, one W decaying
 * into a lepton and the other into quarks, and up to six radiated partons. */
void sur_event_produce(sur_event *event, sur_rng *rng, bool signal);

/* What a detector makes of it: column[28] in the order of the UCI HIGGS file, in GeV
 * and radians, and whether the event is accepted. */
bool sur_event_measure(double *column, const sur_event *event, sur_rng *rng);

static inline sur_four sur_four_sum(sur_four a, sur_four b)
{
    return (sur_four){a.e + b.e, a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline double sur_four_mass(sur_four a)
{
    const double square = a.e * a.e - a.x * a.x - a.y * a.y - a.z * a.z;
    return square > 0.0 ? sqrt(square) : 0.0;
}

static inline double sur_four_pt(sur_four a) { return sqrt(a.x * a.x + a.y * a.y); }

/* A massless particle or jet of given pT, pseudorapidity and azimuth. */
static inline sur_four sur_four_make(double pt, double eta, double phi)
{
    return (sur_four){pt * cosh(eta), pt * cos(phi), pt * sin(phi), pt * sinh(eta)};
}

#endif
