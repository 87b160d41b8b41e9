// torch.cpp: libtorch: every step recorded anew, as its users write it.
#include <torch/torch.h>

#include "../bench.h"
#include "torch_ops.hpp"

#include <cstring>
#include <iostream>

namespace
{

using torch::Tensor;
typedef std::vector<Tensor> tensors;

// Loss first, then its gradients in wrt.
tensors with_gradient(const Tensor &y, const tensors &wrt)
{
    tensors out = torch::autograd::grad({ y }, wrt);
    out.insert(out.begin(), y);
    return out;
}

tensors tail(const tensors &in, int first) { return tensors(in.begin() + first, in.end()); }

// ---- the workloads: see ../loss.c, ../w4.c to ../w9.c -------------------------------------------

Tensor covariance(const Tensor &x)
{
    Tensor c = x - x.mean(1, true);
    return c.mm(c.t()) / double(x.size(1) - 1);
}

tensors loss(const tensors &in)
{
    Tensor x = in[0], t = in[1], w1 = in[2], b1 = in[3], w2 = in[4], b2 = in[5];
    Tensor h = w1.mm(x) + b1, q = w2.mm(h) + b2, eye = torch::eye(w1.size(0));
    Tensor ortho = (w1.mm(w1.t()) - eye).norm();
    Tensor l1 = (covariance(h) - eye).norm(), l2 = (h * 0.25 + ortho).norm();
    Tensor l3 = (covariance(q) - eye).norm(), l4 = (q - t).square().sum() * 0.5;
    return with_gradient(l1 + l2 + l3 + l4, tail(in, 2));
}

tensors w4(const tensors &in)
{
    Tensor d = in[0] - in[1], a = d.abs();
    Tensor log_cosh = a + torch::log(1 + torch::exp(-2 * a)) - 0.69314718055994531;
    return with_gradient((torch::sqrt(d * d + 1e-6) + log_cosh + d * d.tanh()).mean(), { in[0] });
}

tensors w6(const tensors &in)
{
    Tensor y = in[0];
    for (int i = 0; i < 1000; i += 2) y = y.sin() * in[0];
    return with_gradient(y, { in[0] });
}

tensors w7(const tensors &in)
{
    Tensor h;
    for (int k = 0; k < 100; k++) {
        Tensor z = in[2].mm(in[0].narrow(0, 32 * k, 32)) + in[4];
        h = k == 0 ? z.tanh() : (z + in[3].mm(h)).tanh();
    }
    return with_gradient((h - in[1]).square().sum() * 0.5, tail(in, 2));
}

tensors w8(const tensors &in)
{
    return with_gradient((in[2].mm(in[0]) + in[3] - in[1]).square().sum() * 0.5, tail(in, 2));
}

tensors w9(const tensors &x)
{
    Tensor y = torch::zeros({}, torch::kFloat64);
    for (size_t i = 0; i + 1 < x.size(); i++)
        y = y + 100 * (x[i + 1] - x[i].square()).square() + (1 - x[i]).square();
    return with_gradient(y, x);
}

// ---- the training step of W5, with libtorch's own Adam ------------------------------------------

std::unique_ptr<torch::optim::Adam> adam;

// Parameters and states are the inputs themselves; 1000 steps have been made.
void w5_begin(const tensors &in)
{
    adam.reset(new torch::optim::Adam(tensors(in.begin() + 4, in.begin() + 8),
                                      torch::optim::AdamOptions(1e-4)));
    for (int i = 4; i < 8; i++) {
        auto state = std::make_unique<torch::optim::AdamParamState>();
        state->step(1000);
        state->exp_avg(in[i + 4]);
        state->exp_avg_sq(in[i + 8]);
        adam->state()[c10::guts::to_string(in[i].unsafeGetTensorImpl())] = std::move(state);
    }
}

tensors w5(const tensors &in)
{
    Tensor h = torch::relu(in[4].mm(in[0]) + in[5]), z = in[6].mm(h) + in[7];
    Tensor y = -(torch::log_softmax(z, 0) * in[1]).sum() / 128;
    tensors wrt(in.begin() + 4, in.begin() + 8), out = with_gradient(y, wrt);
    for (int i = 0; i < 4; i++) wrt[i].mutable_grad() = out[1 + i];
    adam->step();
    return { y };
}

const struct row {
    const char *workload;
    int first, last; // inputs that are derived by
    tensors (*step)(const tensors &in);
    void (*begin)(const tensors &in);
} rows[] = {
    { "W1", 2, 6, loss },   { "W2", 2, 6, loss }, { "W3", 2, 6, loss },
    { "size", 2, 6, loss }, { "W4", 0, 1, w4 },   { "W5", 4, 8, w5, w5_begin },
    { "W6", 0, 1, w6 },     { "W7", 2, 5, w7 },   { "W8", 2, 4, w8 },
    { "W9", 0, 40, w9 },
};

const row *find(const char *workload)
{
    for (const row &r : rows)
        if (std::strcmp(r.workload, workload) == 0) return &r;
    return nullptr;
}

// ---- a system -----------------------------------------------------------------------------------

struct state {
    const row *r;  // a workload, or
    op_call op;    // a single op,
    bool gradient; // whose cotangent is the last input;
    int wrt;       // of how many of the first
    tensors in, out;
};

bool derived(const state *s, const bench_workload *w, int i)
{
    return s->r ? i >= s->r->first && i < s->r->last : s->gradient && i < s->wrt;
}

void *begin(const bench_system *, const bench_workload *w, void *const *in)
{
    const char *name = w->peer ? w->peer : w->name;
    state *s = new state{ find(name), torch_op(name), name[0] == 'g', w->nout, {}, {} };
    for (int i = 0; i < w->nin; i++) {
        const bench_array &a = w->in[i];
        s->in.push_back(torch::from_blob(in[i], at::IntArrayRef(a.dims, size_t(a.rank)),
                                         w->f64 ? torch::kFloat64 : torch::kFloat32));
        s->in.back().requires_grad_(derived(s, w, i));
    }
    if (s->r && s->r->begin) s->r->begin(s->in);
    return s;
}

double step(void *of)
{
    state *s = static_cast<state *>(of);
    try {
        if (s->r) s->out = s->r->step(s->in);
        else if (!s->gradient) s->out = { s->op(s->in) };
        else {
            tensors wrt(s->in.begin(), s->in.begin() + s->wrt);
            s->out = torch::autograd::grad({ s->op(s->in) }, wrt, { s->in.back() });
        }
        return 0;
    } catch (const std::exception &e) {
        std::cerr << "libtorch: " << e.what() << "\n";
        return -1;
    }
}

const void *output(void *of, int k)
{
    state *s = static_cast<state *>(of);
    return size_t(k) < s->out.size() ? (s->out[k] = s->out[k].contiguous()).data_ptr() : nullptr;
}

void end(void *of)
{
    adam.reset();
    delete static_cast<state *>(of);
}

const bench_system system_ = [] {
    bench_system s = {};
    s.system = "libtorch", s.mode = "define-by-run";
    s.begin = begin, s.step = step, s.output = output, s.end = end;
    return s;
}();

} // namespace

// What libtorch does once when it is first used belongs to the start.
extern "C" const bench_system *peer(const char *workload)
{
    static const bool started = [] {
        at::set_num_threads(1);
        Tensor x = torch::ones({ 4, 4 }, torch::requires_grad());
        torch::autograd::grad({ x.mm(x).sum() }, { x });
        return true;
    }();
    return started && (find(workload) || torch_op(workload)) ? &system_ : nullptr;
}
