/* generate_collision.c -- the hard process of a synthetic collision event.
 *
 * Signal (Baldi, Sadowski & Whiteson, "Searching for exotic particles in high-energy
 * physics with deep learning", 2014): g g -> H0 -> W H+-, H+- -> W h, h -> b b, with
 * masses 425, 325 and 125 GeV. Background: a top pair, t -> W b. Both end in W W b b.
 * One W decays into a lepton and a neutrino, the other into two quarks.
 *
 * Every step is a decay of one particle into two. Masses are Breit-Wigner draws. The W
 * from a scalar is longitudinal, cos(theta) of its decay about its flight direction
 * having density proportional to 1 - cos^2; in top decays 69 % are, the rest
 * left-handed, (1 - cos)^2. Production is modelled, not computed: the mass of the top
 * pair is 2 m_t plus a Gamma variate, its scattering angle prefers the beams, the
 * system has a Gaussian rapidity and recoils against radiated partons of falling pT. */
#include "data/events.h"

static const double pi = 3.141592653589793;

enum { RADIATED = 6 };
static const double mass_w = 80.4, width_w = 2.09, mass_top = 172.5, width_top = 1.4;
static const double mass_h0 = 425.0, mass_hc = 325.0, mass_h = 125.0, width_heavy = 5.0;
static const double mass_b = 4.7;
static const double rapidity_deviation = 0.95;
/* pT in GeV: u^-power for u uniform, between its bounds */
static const double radiation_least = 9.0, radiation_most = 500.0,
                    radiation_power = 0.65;
static const double radiation_count = 2.6;

/* sign 1: p, known in the rest frame of `frame`, as it is seen in the laboratory; sign
 * -1: the reverse. */
static sur_four boost(sur_four p, sur_four frame, double sign)
{
    const double mass = sur_four_mass(frame);
    const double along = p.x * frame.x + p.y * frame.y + p.z * frame.z;
    const double energy = (p.e * frame.e + sign * along) / mass;
    const double factor = sign * (p.e + energy) / (frame.e + mass);
    return (sur_four){energy, p.x + factor * frame.x, p.y + factor * frame.y,
                      p.z + factor * frame.z};
}

/* Breit-Wigner, cut off at eight widths. */
static double draw_mass(sur_rng *rng, double mass, double width)
{
    const double edge = atan(16.0);
    return mass + 0.5 * width * tan(edge * (2.0 * sur_rng_uniform(rng) - 1.0));
}

/* The direction at an angle of the given cosine from axis (of any length but zero), at
 * a uniform azimuth about it. */
static sur_four draw_direction(sur_rng *rng, sur_four axis, double cosine)
{
    const double azimuth = 2.0 * pi * sur_rng_uniform(rng);
    const double sine = sqrt(fmax(0.0, 1.0 - cosine * cosine));
    const double a = sine * cos(azimuth), b = sine * sin(azimuth);
    const double length = sqrt(axis.x * axis.x + axis.y * axis.y + axis.z * axis.z);
    const double x = axis.x / length, y = axis.y / length, z = axis.z / length;
    const double s = z < 0.0 ? -1.0 : 1.0, t = -1.0 / (s + z), u = x * y * t;
    /* (1 + s x^2 t, s u, -s x) and (u, s + y^2 t, -y) complete the basis (Duff et al.,
     * "Building an orthonormal basis, revisited", 2017) */
    return (sur_four){0.0, a * (1.0 + s * x * x * t) + b * u + cosine * x,
                      a * s * u + b * (s + y * y * t) + cosine * y,
                      -a * s * x - b * y + cosine * z};
}

/* parent -> out[0] out[1], of masses m0 and m1, out[0] in the given direction of the
 * rest frame of the parent. */
static void decay(sur_four out[2], sur_four parent, double m0, double m1,
                  sur_four direction)
{
    const double m = sur_four_mass(parent), half = 0.5 / m;
    const double e0 = (m * m + m0 * m0 - m1 * m1) * half;
    const double p = sqrt(fmax(0.0, e0 * e0 - m0 * m0));
    const sur_four first = {e0, p * direction.x, p * direction.y, p * direction.z};
    const sur_four second = {m - e0, -first.x, -first.y, -first.z};
    out[0] = boost(first, parent, 1.0);
    out[1] = boost(second, parent, 1.0);
}

static void decay_evenly(sur_four out[2], sur_rng *rng, sur_four parent, double m0,
                         double m1)
{
    const sur_four beam = {0.0, 0.0, 0.0, 1.0};
    decay(out, parent, m0, m1,
          draw_direction(rng, beam, 2.0 * sur_rng_uniform(rng) - 1.0));
}

/* cos(theta) with density 3/4 (1 - c^2), or 3/8 (1 - c)^2. */
static double draw_cosine(sur_rng *rng, bool longitudinal)
{
    const double u = sur_rng_uniform(rng);
    if (longitudinal) return 2.0 * sin(asin(2.0 * u - 1.0) / 3.0);
    return 1.0 - 2.0 * cbrt(u);
}

static void add(sur_event *event, sur_four p, sur_kin kin)
{
    event->at[event->count++] = (sur_particle){p, kin};
}

/* W from `parent`: the flight direction of W is against the parent's in its own rest
 * frame. */
static void decay_w(sur_event *event, sur_rng *rng, sur_four w, sur_four parent,
                    double longitudinal, bool leptonic)
{
    sur_four out[2], axis = boost(parent, w, -1.0);
    axis = (sur_four){0.0, -axis.x, -axis.y, -axis.z};
    const double cosine = draw_cosine(rng, sur_rng_uniform(rng) < longitudinal);
    decay(out, w, 0.0, 0.0, draw_direction(rng, axis, cosine));
    add(event, out[0], leptonic ? SUR_LEPTON : SUR_LIGHT);
    add(event, out[1], leptonic ? SUR_NEUTRINO : SUR_LIGHT);
}

/* The rest of the event: radiated partons, and the momentum that the hard system gets
 * from them. Their number is Poisson, their pT falls as a power, their direction is
 * broad. */
static sur_four radiate(sur_event *event, sur_rng *rng, double mass, double hardness)
{
    const double least = hardness * radiation_least;
    const double last = pow(least / radiation_most, 1.0 / radiation_power);
    double px = 0.0, py = 0.0, left = radiation_count;
    for (int k = 0; k < RADIATED && (left -= sur_rng_exponential(rng)) > 0.0; k++) {
        const double u = last + (1.0 - last) * sur_rng_uniform(rng);
        const double pt = least * pow(u, -radiation_power);
        const sur_four p = sur_four_make(pt, 2.0 * sur_rng_normal(rng),
                                         2.0 * pi * sur_rng_uniform(rng));
        add(event, p, SUR_LIGHT);
        px -= p.x;
        py -= p.y;
    }
    const double rapidity = rapidity_deviation * sur_rng_normal(rng);
    const double across = sqrt(mass * mass + px * px + py * py);
    const double energy = across * cosh(rapidity), z = across * sinh(rapidity);
    return (sur_four){energy, px, py, z};
}

static void produce_signal(sur_event *event, sur_rng *rng, bool first_leptonic)
{
    sur_four a[2], b[2], c[2];
    double m0, mc, mw;
    do { /* the first decay is near its threshold */
        m0 = draw_mass(rng, mass_h0, width_heavy);
        mc = draw_mass(rng, mass_hc, width_heavy);
        mw = draw_mass(rng, mass_w, width_w);
    } while (m0 <= mc + mw);
    const sur_four h0 = radiate(event, rng, m0, 1.2);

    decay_evenly(a, rng, h0, mw, mc);
    decay_w(event, rng, a[0], h0, 1.0, first_leptonic);
    decay_evenly(b, rng, a[1], draw_mass(rng, mass_w, width_w), mass_h);
    decay_w(event, rng, b[0], a[1], 1.0, !first_leptonic);
    decay_evenly(c, rng, b[1], mass_b, mass_b);
    add(event, c[0], SUR_BOTTOM);
    add(event, c[1], SUR_BOTTOM);
}

/* cos of the scattering angle with density proportional to 1 + v^2 c^2 + v^4 c^4. */
static double draw_scattering(sur_rng *rng, double v2)
{
    for (;;) {
        const double c = 2.0 * sur_rng_uniform(rng) - 1.0, t = v2 * c * c;
        if (sur_rng_uniform(rng) * (1.0 + v2 + v2 * v2) <= 1.0 + t + t * t) return c;
    }
}

static void produce_top_pair(sur_event *event, sur_rng *rng, bool first_leptonic)
{
    const double m0 = draw_mass(rng, mass_top, width_top);
    const double m1 = draw_mass(rng, mass_top, width_top);
    const double mass =
        m0 + m1 + 65.0 * (sur_rng_exponential(rng) + sur_rng_exponential(rng));
    const sur_four pair = radiate(event, rng, mass, 1.0);
    const sur_four beam = {0.0, 0.0, 0.0, 1.0};
    const double slow = (m0 + m1) / mass;
    sur_four top[2], out[2];

    decay(top, pair, m0, m1,
          draw_direction(rng, beam, draw_scattering(rng, 1.0 - slow * slow)));
    for (int k = 0; k < 2; k++) {
        decay_evenly(out, rng, top[k], draw_mass(rng, mass_w, width_w), mass_b);
        decay_w(event, rng, out[0], top[k], 0.69, first_leptonic == (k == 0));
        add(event, out[1], SUR_BOTTOM);
    }
}

void sur_event_produce(sur_event *event, sur_rng *rng, bool signal)
{
    const bool first_leptonic = sur_rng_uniform(rng) < 0.5;
    event->count = 0;
    if (signal)
        produce_signal(event, rng, first_leptonic);
    else
        produce_top_pair(event, rng, first_leptonic);
}
