/* fours.h: included once for each number WIDTH of columns, 2, 4 or 8: products of four terms at a
 * time, k >= 4 and n >= WIDTH. Four rows of b and 1 to 3 vectors of columns stay in registers while
 * all rows of a pass by; a transposed b is turned round there. Sums of more terms go on through c.
 * The last columns and the last four terms may lie over those before: columns computed twice are
 * the same twice, terms that have been added are left out. */
#define FOURS_PASTE(name, width) name##_##width
#define FOURS_NAMED(name, width) FOURS_PASTE(name, width)
#define NAMED(name) FOURS_NAMED(name, WIDTH)
#define FOURS NAMED(vector_of_fours)

typedef REAL FOURS VECTOR_OF(WIDTH);

INLINE void NAMED(four_rows)(const dl_product *p, bool turned, const REAL *b, int64_t column,
                             FOURS *x)
{
    if (turned) NAMED(turn)(b + column * p->b_col, p->b_col, x);
    else
        for (int s = 0; s < 4; s++) x[s] = *(const FOURS *)(b + s * p->b_row + column);
}

/* c = a b over the last 4 - skip of four terms, or added to what is there; the last vector begins
 * at column `last`. */
INLINE void NAMED(four_terms)(const dl_product *p, bool turned, int vectors, int64_t last,
                              int64_t skip, bool add, const REAL *a, const REAL *b, REAL *c)
{
    const char *left = (const char *)a;
    int64_t a_row = p->a_row * SIZE, a_col = p->a_col * SIZE, ldc = p->ldc;
    int64_t first[3] = { 0, WIDTH };
    FOURS x[3][4], acc[3];
    first[vectors - 1] = last;
    for (int v = 0; v < vectors; v++) NAMED(four_rows)(p, turned, b, first[v], x[v]);
    __asm__("" : "+r"(a_row)); /* or gcc makes a second loop for a stride of 1 */
    for (int64_t i = p->m; i > 0; i--, left += a_row, c += ldc) {
        for (int v = 0; v < vectors; v++)
            acc[v] = add ? *(const FOURS *)(c + first[v]) : (FOURS){ 0 };
#pragma GCC unroll 4
        for (int s = 0; s < 4; s++)
            if (s >= skip)
                for (int v = 0; v < vectors; v++)
                    acc[v] += *(const REAL *)(left + s * a_col) * x[v][s];
        for (int v = 0; v < vectors; v++) *(FOURS *)(c + first[v]) = acc[v];
    }
}

/* A transposed b. */
INLINE void NAMED(columns)(const dl_product *p, int vectors, int64_t last, const REAL *a,
                           const REAL *b, REAL *c)
{
    int64_t k = p->k, q = 4;
    NAMED(four_terms)(p, true, vectors, last, 0, false, a, b, c);
    for (; q + 4 <= k; q += 4)
        NAMED(four_terms)(p, true, vectors, last, 0, true, a + q * p->a_col, b + q, c);
    if (q == k) return;
    a += (k - 4) * p->a_col, b += k - 4;
    NAMED(four_terms)(p, true, vectors, last, q + 4 - k, true, a, b, c);
}

INLINE void NAMED(once)(const dl_call *call, bool turned, int vectors)
{
    const dl_product *p = call->ins->info;
    const REAL *a = dl_operand(call, p->left), *b = dl_operand(call, p->right);
    NAMED(four_terms)(p, turned, vectors, p->last, 0, false, a, b, dl_result(call));
}

#define VECTORS_OF(vectors)                                                                        \
    static void NAMED(columns##vectors)(const dl_product *p, int64_t last, const REAL *a,          \
                                        const REAL *b, REAL *c)                                    \
    {                                                                                              \
        NAMED(columns)(p, vectors, last, a, b, c);                                                 \
    }                                                                                              \
    static void NAMED(direct##vectors)(const dl_call *call) { NAMED(once)(call, false, vectors); } \
    static void NAMED(turned##vectors)(const dl_call *call) { NAMED(once)(call, true, vectors); }
VECTORS_OF(1)
VECTORS_OF(2)
VECTORS_OF(3)

static const fours NAMED(fours) = {
    WIDTH,
    { NAMED(columns1), NAMED(columns2), NAMED(columns3) },
    { NAMED(direct1), NAMED(direct2), NAMED(direct3) },
    { NAMED(turned1), NAMED(turned2), NAMED(turned3) },
};

#undef VECTORS_OF
#undef FOURS
#undef NAMED
#undef FOURS_NAMED
#undef FOURS_PASTE
#undef WIDTH
