/* accuracy.h: the functions whose accuracy is measured, and what they are measured against. */
#ifndef DLTAPE_ACCURACY_H
#define DLTAPE_ACCURACY_H

#include "../../ops/ops.h"

#include <mpfr.h>

/* A function of one operand. */
typedef struct subject {
    const char *name;
    dl_val (*op)(dl_val);
    double (*in_double)(double);             /* for floats */
    long double (*in_long)(long double);     /* for doubles; finds what MPFR then decides */
    int (*exact)(mpfr_ptr y, mpfr_srcptr x); /* or null: the long double stands */
    double from, to;                         /* where things happen */
    double least, most;                      /* the domain in which the bound holds */
    double bound;                            /* ulp */
    /* Around zeros the unit is that of the larger of the value and of this; or null. */
    double (*scale)(double x);
    uint64_t sparse; /* or 0: it is so slow that it gets one float in so many */
} subject;

extern const subject subjects[];
extern const int subject_count;

#endif
