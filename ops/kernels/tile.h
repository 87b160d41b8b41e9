/* tile.h: included once for each number WIDTH of neighbouring elements and of VECTORS of them, 1 to
 * 3: tiles of 1 to 4 rows. The last vector begins at column `last`, and may lie over the end of the
 * one before: what is computed twice is the same twice. */
#define TILE_PASTE(name, width, vectors) name##_##width##x##vectors
#define TILE_NAMED(name, width, vectors) TILE_PASTE(name, width, vectors)
#define NAMED(name) TILE_NAMED(name, WIDTH, VECTORS)
#define TILE NAMED(vector)

#if WIDTH == 1
typedef REAL TILE;
#else
typedef REAL TILE VECTOR_OF(WIDTH);
#endif

INLINE void NAMED(tile)(int rows, const dl_product *p, int64_t last, const REAL *a, const REAL *b,
                        REAL *c)
{
    TILE acc[4][VECTORS], x[VECTORS];
    const char *row[4], *left = (const char *)a;
    int64_t k = p->k, a_row = p->a_row * SIZE, a_col = p->a_col * SIZE, b_row = p->b_row,
            ldc = p->ldc, first[] = { 0, WIDTH, 2 * WIDTH };
    if (VECTORS > 1) first[VECTORS - 1] = last;
    /* Or gcc makes a second loop for a stride of 1, and spills. */
    __asm__("" : "+r"(a_col));
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < VECTORS; v++) acc[i][v] = (TILE){ 0 };
        row[i] = left + i * a_row;
    }
    for (int64_t at = 0; k > 0; k--, b += b_row, at += a_col) {
        for (int v = 0; v < VECTORS; v++) x[v] = *(const TILE *)(b + first[v]);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++)
            for (int v = 0; v < VECTORS; v++) acc[i][v] += *(const REAL *)(row[i] + at) * x[v];
    }
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECTORS; v++) *(TILE *)(c + i * ldc + first[v]) = acc[i][v];
}

#define ROWS_OF(rows)                                                                              \
    static void NAMED(tile##rows)(const dl_product *p, int64_t last, const REAL *a, const REAL *b, \
                                  REAL *c)                                                         \
    {                                                                                              \
        NAMED(tile)(rows, p, last, a, b, c);                                                       \
    }                                                                                              \
    static void NAMED(kernel##rows)(const dl_call *call)                                           \
    {                                                                                              \
        const dl_product *p = call->ins->info;                                                     \
        const REAL *a = dl_operand(call, p->left), *b = dl_operand(call, p->right);                \
        NAMED(tile)(rows, p, p->last, a, b, dl_result(call));                                      \
    }
ROWS_OF(1)
ROWS_OF(2)
ROWS_OF(3)
ROWS_OF(4)

static const tiles NAMED(tiles) = {
    { NAMED(tile1), NAMED(tile2), NAMED(tile3), NAMED(tile4) },
    { NAMED(kernel1), NAMED(kernel2), NAMED(kernel3), NAMED(kernel4) },
};

#undef ROWS_OF
#undef TILE
#undef NAMED
#undef TILE_NAMED
#undef TILE_PASTE
#undef WIDTH
#undef VECTORS
