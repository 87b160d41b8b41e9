/* tile.h: included once for each number WIDTH of neighbouring elements and of VECTORS of them, 1 or
 * 2: tiles of 1 to 4 rows. The second vector begins p->second behind the first, over whose last
 * elements it may lie: what is computed twice is the same twice. */
#define TILE_PASTE(name, width, vectors) name##_##width##x##vectors
#define TILE_NAMED(name, width, vectors) TILE_PASTE(name, width, vectors)
#define NAMED(name) TILE_NAMED(name, WIDTH, VECTORS)
#define TILE NAMED(vector)

#if WIDTH == 1
typedef REAL TILE;
#else
typedef REAL TILE
    __attribute__((vector_size(WIDTH * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
#endif

static inline __attribute__((always_inline)) void NAMED(tile)(int rows, const dl_product *p,
                                                              const REAL *a, const REAL *b, REAL *c)
{
    TILE acc[4][VECTORS], x[VECTORS];
    const char *row[4], *left = (const char *)a;
    int64_t k = p->k, a_row = p->a_row * SIZE, a_col = p->a_col * SIZE, b_row = p->b_row,
            ldc = p->ldc, second = VECTORS == 2 ? p->second : 0;
    /* Or gcc makes a second loop for a stride of 1, and spills. */
    __asm__("" : "+r"(a_col));
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < VECTORS; v++) acc[i][v] = (TILE){ 0 };
        row[i] = left + i * a_row;
    }
    for (int64_t at = 0; k > 0; k--, b += b_row, at += a_col) {
        for (int v = 0; v < VECTORS; v++) x[v] = *(const TILE *)(b + v * second);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++)
            for (int v = 0; v < VECTORS; v++) acc[i][v] += *(const REAL *)(row[i] + at) * x[v];
    }
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < VECTORS; v++) *(TILE *)(c + i * ldc + v * second) = acc[i][v];
}

#define ROWS_OF(rows)                                                                         \
    static void NAMED(tile##rows)(const dl_product *p, const REAL *a, const REAL *b, REAL *c) \
    {                                                                                         \
        NAMED(tile)(rows, p, a, b, c);                                                        \
    }                                                                                         \
    static void NAMED(kernel##rows)(const dl_call *call)                                      \
    {                                                                                         \
        const dl_product *p = call->ins->info;                                                \
        NAMED(tile)                                                                           \
        (rows, p, dl_operand(call, p->left), dl_operand(call, p->right), dl_result(call));    \
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
