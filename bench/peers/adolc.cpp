// adolc.cpp: ADOL-C: recorded once, then replayed forward and in reverse in every step.
#include <adolc/adolc.h>

#include "scalar.hpp"

namespace
{

const short tag = 1;

struct state : scalar::problem {
    using problem::problem;
};

void *begin(const bench_system *, const bench_workload *w, void *const *in)
{
    const auto *row = scalar::find<adouble>(w->name);
    state *s = new state(w, row->constants, in);
    trace_on(tag);
    {
        std::vector<adouble> x(s->x.size());
        for (size_t i = 0; i < x.size(); i++) x[i] <<= s->x[i];
        row->value(s->constant.data(), x.data()) >>= s->value;
    }
    trace_off();
    return s;
}

double step(void *of)
{
    state *s = static_cast<state *>(of);
    double one = 1;
    int n = int(s->x.size());
    bool failed = zos_forward(tag, 1, n, 1, s->x.data(), &s->value) < 0
                  || fos_reverse(tag, 1, n, &one, s->gradient.data()) < 0;
    return failed ? -1 : 0;
}

const void *output(void *of, int k) { return static_cast<state *>(of)->output(k); }
void end(void *of) { delete static_cast<state *>(of); }

const bench_system system_ = [] {
    bench_system s = {};
    s.system = "ADOL-C", s.mode = "replayed, f64", s.f64 = true;
    s.begin = begin, s.step = step, s.output = output, s.end = end;
    return s;
}();

} // namespace

extern "C" const bench_system *peer(const char *workload)
{
    return scalar::find<adouble>(workload) ? &system_ : nullptr;
}
