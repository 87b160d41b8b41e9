// torch_ops.cpp: the ops of ../ops.c, in libtorch.
#include "torch_ops.hpp"

#include <cstring>

using torch::Tensor;
typedef std::vector<Tensor> tensors;

static const struct {
    const char *name;
    Tensor (*apply)(const tensors &x);
} ops[] = {
    { "exp", [](const tensors &x) { return x[0].exp(); } },
    { "log", [](const tensors &x) { return x[0].log(); } },
    { "sqrt", [](const tensors &x) { return x[0].sqrt(); } },
    { "tanh", [](const tensors &x) { return x[0].tanh(); } },
    { "sigmoid", [](const tensors &x) { return x[0].sigmoid(); } },
    { "erf", [](const tensors &x) { return x[0].erf(); } },
    { "sin", [](const tensors &x) { return x[0].sin(); } },
    { "abs", [](const tensors &x) { return x[0].abs(); } },
    { "relu", [](const tensors &x) { return x[0].relu(); } },
    { "square", [](const tensors &x) { return x[0].square(); } },
    { "add", [](const tensors &x) { return x[0] + x[1]; } },
    { "mul", [](const tensors &x) { return x[0] * x[1]; } },
    { "div", [](const tensors &x) { return x[0] / x[1]; } },
    { "max", [](const tensors &x) { return torch::maximum(x[0], x[1]); } },
    { "power", [](const tensors &x) { return x[0].pow(x[1]); } },
    { "sum", [](const tensors &x) { return x[0].sum(); } },
    { "sum_rows", [](const tensors &x) { return x[0].sum(1, true); } },
    { "sum_columns", [](const tensors &x) { return x[0].sum(0, true); } },
    { "norm", [](const tensors &x) { return x[0].norm(); } },
    { "var", [](const tensors &x) { return x[0].var(1, true, true); } },
    { "matmul", [](const tensors &x) { return x[0].mm(x[1]); } },
    { "transpose", [](const tensors &x) { return x[0].t() * x[1]; } },
    { "cov", [](const tensors &x) { return x[0].t().cov(); } },
};

op_call torch_op(const char *workload)
{
    const char *space = std::strchr(workload, ' ');
    if (space)
        for (const auto &op : ops)
            if (std::strcmp(op.name, space + 1) == 0) return op.apply;
    return nullptr;
}
