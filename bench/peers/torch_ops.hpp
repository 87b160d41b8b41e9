// torch_ops.hpp: single ops, by the names of ../ops.c: "forward exp", "gradient exp".
#pragma once

#include <torch/torch.h>

typedef torch::Tensor (*op_call)(const std::vector<torch::Tensor> &x);
op_call torch_op(const char *workload);
