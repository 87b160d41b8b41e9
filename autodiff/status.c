/* status.c: names of statuses and dtypes. */
#include "internal.h"

static const char *const status_names[DL_NSTATUS] = {
    [DL_OK] = "DL_OK",
    [DL_ENOMEM] = "DL_ENOMEM",
    [DL_ENULL] = "DL_ENULL",
    [DL_ESTALE] = "DL_ESTALE",
    [DL_ETAPE] = "DL_ETAPE",
    [DL_EDTYPE] = "DL_EDTYPE",
    [DL_ERANK] = "DL_ERANK",
    [DL_ESHAPE] = "DL_ESHAPE",
    [DL_ELABEL] = "DL_ELABEL",
    [DL_EAXIS] = "DL_EAXIS",
    [DL_EARG] = "DL_EARG",
    [DL_EOVERFLOW] = "DL_EOVERFLOW",
    [DL_EVERSION] = "DL_EVERSION",
    [DL_EGRAD] = "DL_EGRAD",
    [DL_EFILE] = "DL_EFILE",
    [DL_EFORMAT] = "DL_EFORMAT",
};

static const struct {
    const char *name;
    size_t size;
} dtypes[DL_NDTYPE] = {
    [DL_F32] = { "f32", 4 }, [DL_F64] = { "f64", 8 }, [DL_I32] = { "i32", 4 },
    [DL_I64] = { "i64", 8 }, [DL_U8] = { "u8", 1 },
};

const char *dl_status_name(dl_status status)
{
    return (unsigned)status < DL_NSTATUS ? status_names[status] : "DL_?";
}

const char *dl_dtype_name(dl_dtype dtype)
{
    return (unsigned)dtype < DL_NDTYPE ? dtypes[dtype].name : "?";
}

size_t dl_dtype_size(dl_dtype dtype)
{
    return (unsigned)dtype < DL_NDTYPE ? dtypes[dtype].size : 0;
}
