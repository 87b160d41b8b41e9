// scalar.hpp: the workloads as functions of single numbers, for the peers whose type is a number.
// They compute in double.
#ifndef DLTAPE_BENCH_SCALAR_HPP
#define DLTAPE_BENCH_SCALAR_HPP

#include "../bench.h"

#include <cmath>
#include <cstring>
#include <vector>

namespace scalar
{

// ---- the reference loss: see ../loss.c ----------------------------------------------------------

template <class S> using matrix = std::vector<std::vector<S>>;

template <class S, class A, class B>
matrix<S> affine(const A &w, const S *b, const B &x, int n, int t)
{
    matrix<S> y(n, std::vector<S>(t));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < t; j++) {
            y[i][j] = b[i];
            for (int k = 0; k < n; k++) y[i][j] += w[i * n + k] * x[k][j];
        }
    return y;
}

// The norm of C(x) - I.
template <class S> S off_identity(const matrix<S> &x, int n, int t)
{
    matrix<S> c = x;
    S sum = 0.0;
    for (int i = 0; i < n; i++) {
        S mean = 0.0;
        for (int j = 0; j < t; j++) mean += x[i][j];
        mean = mean / double(t);
        for (int j = 0; j < t; j++) c[i][j] = x[i][j] - mean;
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            S dot = 0.0;
            for (int j = 0; j < t; j++) dot += c[i][j] * c[k][j];
            S e = dot / double(t - 1) - double(i == k);
            sum += e * e;
        }
    return sqrt(sum);
}

// constant: x, t; p: w1, b1, w2, b2.
template <class S> S loss(const double *constant, const S *p)
{
    const int n = 4, t = 10;
    const double *target = constant + n * t;
    const S *w1 = p, *b1 = w1 + n * n, *w2 = b1 + n, *b2 = w2 + n * n;
    matrix<double> x(n, std::vector<double>(t));
    for (int i = 0; i < n * t; i++) x[i / t][i % t] = constant[i];
    matrix<S> h = affine<S>(w1, b1, x, n, t), q = affine<S>(w2, b2, h, n, t);
    S ortho = 0.0, l2 = 0.0, l4 = 0.0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            S e = -double(i == k);
            for (int j = 0; j < n; j++) e += w1[i * n + j] * w1[k * n + j];
            ortho += e * e;
        }
    ortho = sqrt(ortho);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < t; j++) {
            S m = h[i][j] / 4.0 + ortho, d = q[i][j] - target[i * t + j];
            l2 += m * m;
            l4 += d * d;
        }
    S l1 = off_identity(h, n, t), l3 = off_identity(q, n, t);
    return l1 + sqrt(l2) + l3 + l4 / 2.0;
}

// ---- the chain, Rosenbrock ----------------------------------------------------------------------

template <class S> S chain(const double *, const S *x)
{
    S y = x[0];
    for (int i = 0; i < 1000; i += 2) {
        y = sin(y);
        y = y * x[0];
    }
    return y;
}

template <class S> S rosenbrock(const double *, const S *x)
{
    S y = 0.0;
    for (int i = 0; i + 1 < 40; i++) {
        S a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        y += 100.0 * (a * a) + b * b;
    }
    return y;
}

template <class S> struct row {
    const char *workload;
    int constants; // inputs that are not derived by
    S (*value)(const double *constant, const S *x);
};

template <class S>
const row<S> rows[] = { { "W1", 2, loss<S> }, { "W6", 0, chain<S> }, { "W9", 0, rosenbrock<S> } };

template <class S> const row<S> *find(const char *workload)
{
    for (const row<S> &r : rows<S>)
        if (std::strcmp(r.workload, workload) == 0) return &r;
    return nullptr;
}

// ---- what both have in common: numbers in, loss and gradient out --------------------------------

struct problem {
    std::vector<double> constant, x, gradient;
    double value = 0;
    std::vector<size_t> at; // where the gradient of output k begins

    problem(const bench_workload *w, int constants, void *const *in)
    {
        for (int i = 0; i < w->nin; i++)
            for (size_t j = 0; j < bench_count(&w->in[i]); j++)
                (i < constants ? constant : x)
                    .push_back(w->f64 ? static_cast<double *>(in[i])[j]
                                      : static_cast<float *>(in[i])[j]);
        size_t end = 0;
        for (int k = 0; k < w->nout; k++) {
            at.push_back(end);
            if (k > 0) end += bench_count(&w->out[k]);
        }
        gradient.resize(x.size());
    }

    const void *output(int k) const { return k == 0 ? &value : &gradient[at[k]]; }

  private:
    static size_t bench_count(const bench_array *a)
    {
        size_t n = 1;
        for (int i = 0; i < a->rank; i++) n *= size_t(a->dims[i]);
        return n;
    }
};

} // namespace scalar

#endif
