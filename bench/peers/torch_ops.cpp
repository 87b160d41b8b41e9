// torch_ops.cpp: the ops of ../ops.c, in libtorch.
#include "torch_ops.hpp"

#include <cstring>

using torch::Tensor;
typedef std::vector<Tensor> tensors;

namespace
{

Tensor places(const Tensor &x) { return x.to(torch::kLong); }
Tensor definite(const Tensor &x) { return x.mm(x.t()) + torch::eye(64); }
// (S,S,C) as (1,C,S,S), and back.
Tensor image(const Tensor &x) { return x.permute({ 2, 0, 1 }).unsqueeze(0); }
Tensor plane(const Tensor &y) { return y.squeeze(0).permute({ 1, 2, 0 }); }

Tensor lstm(const tensors &x)
{
    Tensor none = torch::zeros({ 1, 64, 64 });
    auto y =
        torch::lstm(x[0].permute({ 2, 1, 0 }), { none, none },
                    { x[1], x[2], x[3], torch::zeros({ 256 }) }, true, 1, 0, false, false, false);
    return std::get<0>(y).permute({ 2, 1, 0 });
}

Tensor power_spectrum(const tensors &x)
{
    Tensor y = torch::view_as_real(torch::fft::rfft(x[0]));
    return y.square().sum(-1);
}

} // namespace

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
    { "silu", [](const tensors &x) { return torch::silu(x[0]); } },
    { "mish", [](const tensors &x) { return torch::mish(x[0]); } },
    { "gelu", [](const tensors &x) { return torch::gelu(x[0]); } },
    { "gelu_tanh", [](const tensors &x) { return torch::gelu(x[0], "tanh"); } },
    { "softplus", [](const tensors &x) { return torch::softplus(x[0]); } },
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
    { "mean", [](const tensors &x) { return x[0].mean(1, true); } },
    { "amax", [](const tensors &x) { return x[0].amax(1, true); } },
    { "prod", [](const tensors &x) { return x[0].prod(1, true); } },
    { "softmax", [](const tensors &x) { return x[0].softmax(1); } },
    { "log_softmax", [](const tensors &x) { return x[0].log_softmax(1); } },
    { "logsumexp", [](const tensors &x) { return x[0].logsumexp(1, true); } },
    { "cumsum_long", [](const tensors &x) { return x[0].cumsum(0); } },
    { "cumsum", [](const tensors &x) { return x[0].cumsum(1); } },
    { "cumsum_down", [](const tensors &x) { return x[0].cumsum(0); } },
    { "cumprod", [](const tensors &x) { return x[0].cumprod(1); } },
    { "sort",
      [](const tensors &x) { return std::get<0>(x[0].sort(c10::optional<bool>(true), 0)); } },
    { "sort_rows",
      [](const tensors &x) { return std::get<0>(x[0].sort(c10::optional<bool>(true), 1)); } },
    { "topk", [](const tensors &x) { return std::get<0>(x[0].topk(10, 1)); } },
    { "median", [](const tensors &x) { return std::get<0>(x[0].median(1, true)); } },
    { "mode", [](const tensors &x) { return std::get<0>(x[0].mode(1, true)); } },
    { "where", [](const tensors &x) { return torch::where(x[0] > x[1], x[0], x[1]); } },
    { "index_select", [](const tensors &x) { return x[0].index_select(0, places(x[1])); } },
    { "gather", [](const tensors &x) { return x[0].gather(1, places(x[1])); } },
    { "scatter_add", [](const tensors &x) { return x[0].scatter_add(1, places(x[2]), x[1]); } },
    { "huber",
      [](const tensors &x) { return torch::huber_loss(x[0], x[1], at::Reduction::Sum, 0.5); } },
    { "cross_entropy",
      [](const tensors &x) {
          return torch::cross_entropy_loss(x[0], places(x[1]), {}, at::Reduction::Sum);
      } },
    { "randn", [](const tensors &x) { return (torch::randn({ 1000000 }) + x[0]) * 0; } },
    { "dropout", [](const tensors &x) { return torch::dropout(x[0], 0.5, true) * 0; } },
    { "pdist", [](const tensors &x) { return torch::cdist(x[0], x[1]); } },
    { "power_spectrum", power_spectrum },
    { "solve",
      [](const tensors &x) { return torch::linalg_solve(x[0] + 16 * torch::eye(64), x[1]); } },
    { "cholesky", [](const tensors &x) { return torch::linalg_cholesky(definite(x[0])); } },
    { "eigh", [](const tensors &x) { return torch::linalg_eigvalsh(definite(x[0])); } },
    { "svd", [](const tensors &x) { return torch::linalg_svdvals(x[0]); } },
    { "layernorm",
      [](const tensors &x) { return torch::layer_norm(x[0].t(), { 512 }, x[2], x[1], 1e-5).t(); } },
    { "batchnorm",
      [](const tensors &x) {
          return torch::batch_norm(x[0].t(), x[2], x[1], {}, {}, true, 0, 1e-5, false).t();
      } },
    { "conv2d",
      [](const tensors &x) {
          Tensor w = x[1].view({ 3, 3, 64, 64 }).permute({ 3, 2, 0, 1 });
          return plane(torch::conv2d(image(x[0]), w, x[2], 1, 1));
      } },
    { "maxpool", [](const tensors &x) { return plane(torch::max_pool2d(image(x[0]), 2)); } },
    { "lstm", lstm },
};

op_call torch_op(const char *workload)
{
    const char *space = std::strchr(workload, ' ');
    if (space)
        for (const auto &op : ops)
            if (std::strcmp(op.name, space + 1) == 0) return op.apply;
    return nullptr;
}
