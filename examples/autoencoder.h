/* autoencoder.h: what the files of the constrained autoencoder share. */
#ifndef AUTOENCODER_H
#define AUTOENCODER_H

#include <dltape.h>

/* ---- options (autoencoder_options.c) --------------------------------------------------------- */

typedef struct options {
    const char *data, *plot; /* plot: null for none */
    double lambda, rate;
    int64_t hidden, epochs, batch;
    uint64_t seed;
    dl_dtype dtype;
    bool adam, literal_norm;
} options;

/* False: the program ends here, with *status; what had to be said has been said. */
bool options_parse(options *o, int argc, char **argv, int *status);

/* ---- the terms of the loss ------------------------------------------------------------------- */

enum { L1, L2, L3, L4, TOTAL, TERMS };
extern const char *const term_names[TERMS]; /* "l1" ... "loss" */
extern const char *const term_formulas[TERMS];

/* Means over the batches of each epoch. */
typedef struct history {
    int64_t epochs;
    double (*mean)[TERMS];
} history;

/* ---- output (autoencoder_report.c) ----------------------------------------------------------- */

/* A bar on a terminal, a line for every tenth in a log. */
void report_progress(int64_t done, int64_t epochs, double loss);
void report_terms(const double before[TERMS], const double after[TERMS]);
/* Two covariances, n x n, side by side. */
void report_covariances(const double *before, const double *after, int64_t n);
/* FNV-1a over the bits of everything the network has learned. */
uint64_t hash_of(const dl_net *net);
bool can_unicode(void);
bool is_terminal(void);

/* ---- curves (autoencoder_chart.c) ------------------------------------------------------------ */

void chart_print(const history *h);
/* Through gnuplot, as svg or png by the name; false: it failed, and has said why. */
bool chart_plot(const history *h, const char *path);

#endif
