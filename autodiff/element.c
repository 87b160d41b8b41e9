/* element.c: elements: one of any dtype as double, and many from any strides. */
#include "internal.h"

#include <math.h>

void dl__store_real(void *to, dl_dtype dtype, double value)
{
    /* Outside the range of an integer type the conversion is undefined in C: saturate, NaN to 0. */
    double low = dtype == DL_U8 ? 0 : dtype == DL_I32 ? INT32_MIN : -0x1p63;
    double high = dtype == DL_U8 ? 255 : dtype == DL_I32 ? INT32_MAX : 0x1p63;
    double clamped = isnan(value) ? 0 : value < low ? low : value > high ? high : value;
    switch (dtype) {
    case DL_F32: *(float *)to = (float)value; break;
    case DL_F64: *(double *)to = value; break;
    case DL_I32: *(int32_t *)to = (int32_t)clamped; break;
    case DL_I64: *(int64_t *)to = clamped >= 0x1p63 ? INT64_MAX : (int64_t)clamped; break;
    case DL_U8: *(uint8_t *)to = (uint8_t)clamped; break;
    default: break;
    }
}

double dl__load_real(const void *from, dl_dtype dtype, int64_t i)
{
    switch (dtype) {
    case DL_F32: return (double)((const float *)from)[i];
    case DL_F64: return ((const double *)from)[i];
    case DL_I32: return ((const int32_t *)from)[i];
    case DL_I64: return (double)((const int64_t *)from)[i];
    case DL_U8: return ((const uint8_t *)from)[i];
    default: return NAN;
    }
}

void dl__next_element(const dl_layout *l, int64_t *index, int64_t *at)
{
    for (int i = l->shape.rank - 1; i >= 0; i--) {
        *at += l->stride[i];
        if (++index[i] < l->shape.dim[i]) return;
        *at -= index[i] * l->stride[i];
        index[i] = 0;
    }
}

void dl__copy_elements(void *to, const dl_layout *from, const void *x)
{
    size_t size = dl_dtype_size((dl_dtype)from->shape.dtype);
    dl_cursor c = { .at = 0 };
    dl_loop l;
    if (from->contiguous) {
        if (from->shape.numel) memcpy(to, x, (size_t)from->shape.numel * size);
        return;
    }
    dl_loop_make(&l, &from->shape, &from, 1);
    dl__gather(to, &l, &c, from->shape.numel, x, size);
}
