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

void dl__copy_elements(void *result, const dl_layout *from, const void *elements)
{
    size_t size = dl_dtype_size((dl_dtype)from->shape.dtype);
    dl_loop l;
    if (from->shape.numel == 0) return;
    dl_loop_make(&l, &from->shape, (const dl_layout *const[]){ from }, 1);
    char *to = result;
    const char *x = elements;
    int last = l.rank - 1;
    int64_t n = l.rank ? l.dim[last] : 1, step = l.rank ? l.stride[0][last] : 1;
    int64_t index[DL_MAX_RANK] = { 0 };
    for (;;) {
        if (step == 1) memcpy(to, x, (size_t)n * size);
        else if (size == 4)
            for (int64_t i = 0; i < n; i++) memcpy(to + 4 * i, x + 4 * i * step, 4);
        else
            for (int64_t i = 0; i < n; i++)
                memcpy(to + i * (int64_t)size, x + i * step * (int64_t)size, size);
        to += n * (int64_t)size;
        int k = last - 1;
        for (; k >= 0; k--) {
            x += l.stride[0][k] * (int64_t)size;
            if (++index[k] < l.dim[k]) break;
            x -= l.stride[0][k] * l.dim[k] * (int64_t)size;
            index[k] = 0;
        }
        if (k < 0) return;
    }
}
