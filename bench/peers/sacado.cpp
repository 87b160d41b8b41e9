// sacado.cpp: Sacado's reverse mode: recorded in every step.
#include <Sacado_trad.hpp>

#include "scalar.hpp"

namespace
{

typedef Sacado::Rad::ADvar<double> number;

struct state : scalar::problem {
    const scalar::row<number> *row;
    state(const bench_workload *w, const scalar::row<number> *r, void *const *in)
        : problem(w, r->constants, in), row(r)
    {
    }
};

void *begin(const bench_system *, const bench_workload *w, void *const *in)
{
    return new state(w, scalar::find<number>(w->name), in);
}

double step(void *of)
{
    state *s = static_cast<state *>(of);
    std::vector<number> x(s->x.begin(), s->x.end());
    number y = s->row->value(s->constant.data(), x.data());
    number::Gradcomp();
    s->value = y.val();
    for (size_t i = 0; i < x.size(); i++) s->gradient[i] = x[i].adj();
    return 0;
}

const void *output(void *of, int k) { return static_cast<state *>(of)->output(k); }
void end(void *of) { delete static_cast<state *>(of); }

const bench_system system_ = [] {
    bench_system s = {};
    s.system = "Sacado", s.mode = "recorded, f64", s.f64 = true;
    s.begin = begin, s.step = step, s.output = output, s.end = end;
    return s;
}();

} // namespace

extern "C" const bench_system *peer(const char *workload)
{
    return scalar::find<number>(workload) ? &system_ : nullptr;
}
