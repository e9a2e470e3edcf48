/* generate_detector.c -- what a detector and a simple reconstruction make of an event.
 *
 * Partons closer than 0.4 in (eta, phi) are one jet. Energies, and a little the angles,
 * are smeared by Gaussians; jets lose some of their energy to radiation out of their
 * cone, b jets more often. The missing momentum balances everything measured and a
 * Gaussian of soft particles. Accepted are events with one isolated lepton and at least
 * four jets above the thresholds. Jets are ordered by a first, coarse estimate of their
 * pT and the first four are kept: in the UCI file, too, the order is only loosely that
 * of pT. A b-tag is 2 (tight), 1 (loose) or 0.
 *
 * Reconstruction: the b candidates are the two of the four jets with the highest tags,
 * earlier ones first; of the other jets the pair with a mass nearest to the W's makes
 * m_jj. The neutrino's pz follows from the mass of the other W, the smaller of two
 * solutions; where there is none, the real part. The b candidate that brings the jets'
 * W nearer to the top mass gives m_jjj, the other one m_jlv; m_wbb takes the W that
 * makes it larger. */
#include "data/events.h"

static const double pi = 3.141592653589793;

static const double mass_w = 80.4, mass_w_spread = 0.4, mass_top = 172.5;
static const double least_pt = 15.0, most_eta = 2.5, cone = 0.4;
static const double soft = 14.0;  /* GeV, of the missing momentum in x and y */
static const double coarse = 0.6; /* of log pT, in the order of the jets */
static const double tight = 0.80,
                    loose = 0.98; /* share of b jets with tag 2, at least 1 */
static const double lossy = 0.4, lossy_b = 0.7,
                    most_lost = 0.6; /* jets, shares of energy */
enum { MOST_JETS = 5 };              /* looked at for the W of m_jj */

typedef struct jet {
    sur_four p;
    double pt, eta, phi;
    double order; /* a first, coarse estimate of pt, by which jets are sorted */
    bool bottom;
    int tag;
} jet;

typedef struct view {
    jet jets[SUR_PARTICLES];
    int count;
    jet lepton; /* pt, eta, phi, p */
    double miss_x, miss_y;
} view;

static void find_angles(jet *j)
{
    j->pt = sur_four_pt(j->p);
    j->eta = asinh(j->p.z / j->pt);
    j->phi = atan2(j->p.y, j->p.x);
}

static bool near(const jet *a, const jet *b)
{
    const double deta = a->eta - b->eta, turn = fabs(a->phi - b->phi);
    const double dphi = turn > pi ? 2.0 * pi - turn : turn;
    return deta * deta + dphi * dphi < cone * cone;
}

/* Joins the partons of each jet. */
static void cluster(view *v, const sur_event *event)
{
    v->count = 0;
    v->lepton = (jet){.p = {.e = 1.0}}; /* every event has one */
    for (int i = 0; i < event->count; i++) {
        const sur_particle *particle = &event->at[i];
        jet new = {.p = particle->p, .bottom = particle->kin == SUR_BOTTOM};
        if (particle->kin == SUR_NEUTRINO) continue;
        find_angles(&new);
        if (particle->kin == SUR_LEPTON) {
            v->lepton = new;
            continue;
        }
        for (int k = 0; k < v->count; k++) {
            if (!near(&v->jets[k], &new)) continue;
            new.p = sur_four_sum(new.p, v->jets[k].p);
            new.bottom |= v->jets[k].bottom;
            find_angles(&new);
            v->jets[k] = v->jets[--v->count];
            k = -1;
        }
        v->jets[v->count++] = new;
    }
}

/* Energy resolution sqrt(a^2/E + b^2), angles by a fixed deviation. The jet becomes
 * massless. */
static void smear(jet *j, sur_rng *rng, double a, double b, double angle)
{
    const double factor = 1.0 + sqrt(a * a / j->p.e + b * b) * sur_rng_normal(rng);
    j->pt *= factor > 0.05 ? factor : 0.05;
    j->eta += angle * sur_rng_normal(rng);
    j->phi += angle * sur_rng_normal(rng);
    if (j->phi > pi) j->phi -= 2.0 * pi;
    if (j->phi < -pi) j->phi += 2.0 * pi;
    j->p = sur_four_make(j->pt, j->eta, j->phi);
}

/* What radiation takes out of the cone is still seen elsewhere. */
static void lose(jet *j, sur_rng *rng)
{
    if (sur_rng_uniform(rng) >= (j->bottom ? lossy_b : lossy)) return;
    const double left = 1.0 - most_lost * sur_rng_uniform(rng);
    j->pt *= left;
    j->p = (sur_four){left * j->p.e, left * j->p.x, left * j->p.y, left * j->p.z};
}

static void smear_all(view *v, sur_rng *rng)
{
    smear(&v->lepton, rng, 0.1, 0.015, 0.002);
    v->miss_x = -v->lepton.p.x + soft * sur_rng_normal(rng);
    v->miss_y = -v->lepton.p.y + soft * sur_rng_normal(rng);
    for (int k = 0; k < v->count; k++) {
        smear(&v->jets[k], rng, 0.9, 0.06, 0.02);
        v->miss_x -= v->jets[k].p.x;
        v->miss_y -= v->jets[k].p.y;
        lose(&v->jets[k], rng);
    }
}

/* Keeps the accepted jets, in the order of their first estimates. */
static bool select_jets(view *v, sur_rng *rng)
{
    int kept = 0;
    for (int k = 0; k < v->count; k++) {
        jet new = v->jets[k];
        if (new.pt < least_pt || fabs(new.eta) > most_eta) continue;
        if (near(&new, &v->lepton)) return false;
        new.order = new.pt *exp(coarse * sur_rng_normal(rng));
        int at = kept++;
        for (; at > 0 && v->jets[at - 1].order < new.order; at--)
            v->jets[at] = v->jets[at - 1];
        v->jets[at] = new;
    }
    v->count = kept;
    return kept >= 4;
}

/* Tags the leading four jets; b[2] are the candidates, w[2] the pair of all others
 * whose mass is nearest to that of the W. */
static void choose_jets(view *v, sur_rng *rng, int b[2], int w[2])
{
    b[0] = b[1] = -1;
    for (int k = 0; k < 4; k++) {
        const double u = sur_rng_uniform(rng);
        int *tag = &v->jets[k].tag;
        *tag = !v->jets[k].bottom ? 0 : u < tight ? 2 : u < loose ? 1 : 0;
        if (b[0] < 0 || *tag > v->jets[b[0]].tag)
            b[1] = b[0], b[0] = k;
        else if (b[1] < 0 || *tag > v->jets[b[1]].tag)
            b[1] = k;
    }
    double nearest = HUGE_VAL;
    const int count = v->count < MOST_JETS ? v->count : MOST_JETS;
    for (int i = 0; i < count; i++)
        for (int k = i + 1; k < count; k++) {
            if (i == b[0] || i == b[1] || k == b[0] || k == b[1]) continue;
            const double mass = sur_four_mass(sur_four_sum(v->jets[i].p, v->jets[k].p));
            if (fabs(mass - mass_w) >= nearest) continue;
            nearest = fabs(mass - mass_w);
            w[0] = i, w[1] = k;
        }
}

/* The neutrino of W -> lepton neutrino. */
static sur_four find_neutrino(const view *v, double mass)
{
    const sur_four l = v->lepton.p;
    const double pt2 = v->lepton.pt * v->lepton.pt;
    const double miss2 = v->miss_x * v->miss_x + v->miss_y * v->miss_y;
    const double a = 0.5 * mass * mass + l.x * v->miss_x + l.y * v->miss_y;
    const double root2 = a * a - pt2 * miss2;
    double z = a * l.z / pt2;
    if (root2 > 0.0) {
        const double root = l.e * sqrt(root2) / pt2;
        z = z > 0.0 ? z - root : z + root; /* the smaller in size */
    }
    return (sur_four){sqrt(miss2 + z * z), v->miss_x, v->miss_y, z};
}

static void fill_masses(double *m, const view *v, const int b[2], const int w[2],
                        sur_four neutrino)
{
    const sur_four b0 = v->jets[b[0]].p, b1 = v->jets[b[1]].p;
    const sur_four jets = sur_four_sum(v->jets[w[0]].p, v->jets[w[1]].p);
    const sur_four leptons = sur_four_sum(v->lepton.p, neutrino);
    const sur_four pair = sur_four_sum(b0, b1);
    const double had0 = sur_four_mass(sur_four_sum(jets, b0));
    const double had1 = sur_four_mass(sur_four_sum(jets, b1));
    const double lep0 = sur_four_mass(sur_four_sum(leptons, b0));
    const double lep1 = sur_four_mass(sur_four_sum(leptons, b1));
    const bool straight = fabs(had0 - mass_top) < fabs(had1 - mass_top);
    m[0] = sur_four_mass(jets);
    m[1] = straight ? had0 : had1;
    m[2] = sur_four_mass(leptons);
    m[3] = straight ? lep1 : lep0;
    m[4] = sur_four_mass(pair);
    m[5] = fmax(sur_four_mass(sur_four_sum(jets, pair)),
                sur_four_mass(sur_four_sum(leptons, pair)));
    m[6] = sur_four_mass(sur_four_sum(sur_four_sum(jets, leptons), pair));
}

bool sur_event_measure(double *column, const sur_event *event, sur_rng *rng)
{
    view v;
    int b[2], w[2] = {0, 1};

    cluster(&v, event);
    smear_all(&v, rng);
    if (v.lepton.pt < least_pt || fabs(v.lepton.eta) > most_eta ||
        !select_jets(&v, rng))
        return false;
    choose_jets(&v, rng, b, w);

    column[0] = v.lepton.pt;
    column[1] = v.lepton.eta;
    column[2] = v.lepton.phi;
    column[3] = sqrt(v.miss_x * v.miss_x + v.miss_y * v.miss_y);
    column[4] = atan2(v.miss_y, v.miss_x);
    for (int k = 0; k < 4; k++) {
        column[5 + 4 * k] = v.jets[k].pt;
        column[6 + 4 * k] = v.jets[k].eta;
        column[7 + 4 * k] = v.jets[k].phi;
        column[8 + 4 * k] = v.jets[k].tag;
    }
    const double mass = mass_w + mass_w_spread * sur_rng_normal(rng);
    fill_masses(column + 21, &v, b, w, find_neutrino(&v, mass));
    return true;
}
