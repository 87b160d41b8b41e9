/* dltape.h: all of dltape: arrays and the tape, the ops, and the nn layer. */
#ifndef DLTAPE_H
#define DLTAPE_H

#include "autodiff/autodiff.h"
#include "autodiff/fn.h"
#include "ops/ops.h"
#include "nn/nn.h"

#endif
