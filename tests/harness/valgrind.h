/* valgrind.h: whether valgrind runs this process, in which long double is double, and time long. */
#ifndef DL_VALGRIND_H
#define DL_VALGRIND_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return getenv("VALGRIND_LIB") || (preload && strstr(preload, "vgpreload"));
}

/* Where every step takes many times as long: valgrind, AddressSanitizer. */
static inline bool is_slow(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return true;
#else
    return under_valgrind();
#endif
}

#endif
