/* array.c: dl_array. Axes are kept in logical order (S C B T U); memory order lives in the strides.
 */
#define DL_NO_PLACES
#include "internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>

/* Stands for every array that could not be allocated; nobody writes to it. */
static dl_array no_memory = {
    .status = DL_ENOMEM,
    .message = "array: out of memory",
};

/* A freed array's address may be another's soon: a tape that recorded the one tells them apart. */
static uint64_t next_serial(void)
{
    static atomic_uint_least64_t serials;
    return atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed);
}

static dl_array *reject(dl_array *a, dl_status status, const char *message)
{
    a->status = status;
    a->layout = (dl_layout){ 0 };
    snprintf(a->message, sizeof a->message, "array: %s", message);
    return a;
}

dl_array *dl__array_error(dl_status status, const char *format, ...)
{
    dl_array *a = dl__zalloc(sizeof *a);
    va_list args;
    if (!a) return &no_memory;
    a->status = status;
    va_start(args, format);
    vsnprintf(a->message, sizeof a->message, format, args);
    va_end(args);
    return a;
}

static dl_array *create(dl_dtype dtype, const char *labels, int rank, const int64_t *dims,
                        const int64_t *strides)
{
    dl_array *a = dl__zalloc(sizeof *a);
    if (!a) return &no_memory;
    if ((unsigned)dtype >= DL_NDTYPE) return reject(a, DL_EDTYPE, "no such dtype");
    if (rank < 0 || rank > DL_MAX_RANK) return reject(a, DL_ERANK, "rank must be 0 to 8");
    if (rank && !dims) return reject(a, DL_ENULL, "no sizes");
    dl_layout l = { .shape = { .dtype = (int32_t)dtype, .rank = rank } }, m = l;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0) return reject(a, DL_ESHAPE, "a size is negative");
        l.shape.dim[i] = dims[i];
    }
    if (!dl__shape_finish(&l.shape)) return reject(a, DL_EOVERFLOW, "the sizes overflow");
    dl__layout_contiguous(&l);
    if (strides) memcpy(l.stride, strides, (size_t)rank * sizeof *strides);

    int order[DL_MAX_RANK];
    const char *wrong = labels && *labels ? dl__labels_order(labels, rank, order) : NULL;
    if (wrong) return reject(a, DL_ELABEL, wrong);
    if (labels && *labels) {
        m.shape.numel = l.shape.numel;
        for (int k = 0; k < rank; k++) {
            m.shape.labels[k] = labels[order[k]];
            m.shape.dim[k] = l.shape.dim[order[k]];
            m.stride[k] = l.stride[order[k]];
        }
        l = m;
    }
    l.contiguous = dl__layout_is_contiguous(&l);
    a->layout = l;
    a->serial = next_serial();
    return a;
}

dl_array *dl_array_new(dl_dtype dtype, const char *labels, int rank, const int64_t *dims)
{
    dl_array *a = create(dtype, labels, rank, dims, NULL);
    if (a->status) return a;
    a->data = dl__zalloc((size_t)a->layout.shape.numel * dl_dtype_size(dtype));
    a->owned = true;
    return a->data ? a : reject(a, DL_ENOMEM, "out of memory");
}

dl_array *dl_array_wrap_strided(void *data, dl_dtype dtype, const char *labels, int rank,
                                const int64_t *dims, const int64_t *strides)
{
    dl_array *a = create(dtype, labels, rank, dims, strides);
    if (a->status) return a;
    if (!data && a->layout.shape.numel) return reject(a, DL_ENULL, "no data");
    a->data = data;
    return a;
}

dl_array *dl_array_wrap(void *data, dl_dtype dtype, const char *labels, int rank,
                        const int64_t *dims)
{
    return dl_array_wrap_strided(data, dtype, labels, rank, dims, NULL);
}

void dl_array_free(dl_array *a)
{
    if (!a || a == &no_memory) return;
    if (a->owned) dl__free(a->data);
    dl__free(a);
}

dl_status dl_array_status(const dl_array *a) { return a ? a->status : DL_ENULL; }

const char *dl_array_message(const dl_array *a) { return a ? a->message : "array: null pointer"; }

void dl_array_set_name(dl_array *a, const char *name)
{
    if (a && a != &no_memory && name) snprintf(a->name, sizeof a->name, "%s", name);
}

const char *dl_array_name(const dl_array *a) { return a ? a->name : ""; }

dl_dtype dl_array_dtype(const dl_array *a) { return a ? (dl_dtype)a->layout.shape.dtype : DL_F32; }

int dl_array_rank(const dl_array *a) { return a ? a->layout.shape.rank : 0; }

int64_t dl_array_size(const dl_array *a, int axis)
{
    return axis >= 0 && axis < dl_array_rank(a) ? a->layout.shape.dim[axis] : -1;
}

int64_t dl_array_stride(const dl_array *a, int axis)
{
    return axis >= 0 && axis < dl_array_rank(a) ? a->layout.stride[axis] : 0;
}

int64_t dl_array_numel(const dl_array *a) { return a ? a->layout.shape.numel : 0; }

const char *dl_array_dims(const dl_array *a) { return a ? a->layout.shape.labels : ""; }

int dl_array_finddim(const dl_array *a, char label)
{
    for (int i = 0; label && i < dl_array_rank(a); i++)
        if (a->layout.shape.labels[i] == label) return i;
    return -1;
}

uint64_t dl_array_version(const dl_array *a) { return a ? a->version : 0; }

const void *dl_array_data(const dl_array *a) { return a && !a->status ? a->data : NULL; }

void *dl_array_write(dl_array *a)
{
    if (!a || a->status) return NULL;
    a->version++;
    return a->data;
}

static bool locate(const dl_array *a, int rank, const int64_t *index, int64_t *at)
{
    if (!a || a->status || rank != dl_array_rank(a) || (rank && !index)) return false;
    *at = 0;
    for (int i = 0; i < rank; i++) {
        if (index[i] < 0 || index[i] >= a->layout.shape.dim[i]) return false;
        *at += index[i] * a->layout.stride[i];
    }
    return true;
}

double dl_array_get(const dl_array *a, int rank, const int64_t *index)
{
    int64_t at;
    return locate(a, rank, index, &at) ? dl__load_real(a->data, dl_array_dtype(a), at) : NAN;
}

dl_status dl_array_set(dl_array *a, int rank, const int64_t *index, double value)
{
    int64_t at;
    if (!a) return DL_ENULL;
    if (a->status) return a->status;
    if (!locate(a, rank, index, &at)) return DL_EARG;
    char *p = dl_array_write(a);
    dl__store_real(p + at * (int64_t)dl_dtype_size(dl_array_dtype(a)), dl_array_dtype(a), value);
    return DL_OK;
}

dl_status dl_array_fill(dl_array *a, double value)
{
    if (!a) return DL_ENULL;
    if (a->status) return a->status;
    const dl_layout *l = &a->layout;
    size_t size = dl_dtype_size(dl_array_dtype(a));
    char *p = dl_array_write(a);
    int64_t index[DL_MAX_RANK] = { 0 }, at = 0;
    for (int64_t k = 0; k < l->shape.numel; k++) {
        dl__store_real(p + at * (int64_t)size, dl_array_dtype(a), value);
        dl__next_element(l, index, &at);
    }
    return DL_OK;
}
