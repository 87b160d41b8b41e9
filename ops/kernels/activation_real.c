/* activation_real.c: strips of erfc and of functions of neural networks. */
#include "binary_strip.h"
#include "unary_strip.h"
#include "activations_f32.h"
#include "activations_f64.h"
#include "../activation_rows.h"

#define ERFC(x) KERNEL_F(dl_erfc)(x)
#define SOFTPLUS(x) KERNEL_F(dl_softplus)(x)
#define SOFTSIGN(x) KERNEL_F(dl_softsign)(x)
#define SILU(x) KERNEL_F(dl_silu)(x)
#define MISH(x) KERNEL_F(dl_mish)(x)
#define TANH_SOFTPLUS(x) KERNEL_F(dl_tanh_softplus)(x)
#define NDTR(x) KERNEL_F(dl_ndtr)(x)
#define GELU(x) KERNEL_F(dl_gelu)(x)
#define GELU_TANH(x) KERNEL_F(dl_gelu_tanh)(x)

ACTIVATION(STRIP)
ACTIVATION_BINARY(BINARY_STRIP)
