/* w1.h: the reference loss at 4-4-4 with 10 columns, f32: the numbers that all systems start from.
 */
#ifndef DLTAPE_BENCH_W1_H
#define DLTAPE_BENCH_W1_H

enum { W1_N = 4, W1_T = 10 };

typedef struct w1_params {
    float w1[W1_N][W1_N], b1[W1_N], w2[W1_N][W1_N], b2[W1_N];
} w1_params;

typedef struct w1_data {
    float x[W1_N][W1_T], t[W1_N][W1_T];
} w1_data;

void w1_make(w1_params *p, w1_data *d);
float w1_by_hand(const w1_params *p, const w1_data *d, float lambda, w1_params *gradient);

#endif
