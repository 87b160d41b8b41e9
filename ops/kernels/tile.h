/* tile.h: included once for each type TILE of 1 or more neighbouring elements: tiles of a product
 * that is as wide as TILE. Rows and columns that do not fill the last tile are covered by moving it
 * back: what is computed twice is the same twice. */
#define TILE_PASTE(name, type) name##_##type
#define TILE_NAMED(name, type) TILE_PASTE(name, type)
#define NAMED(name) TILE_NAMED(name, TILE)

static inline __attribute__((always_inline)) void
NAMED(tile)(int rows, int64_t k, matrix a, matrix b, REAL *c, int64_t ldc, bool add)
{
    TILE acc[4];
    const REAL *row[4];
    for (int i = 0; i < rows; i++) {
        acc[i] = add ? *(const TILE *)(c + i * ldc) : (TILE){ 0 };
        row[i] = a.at + i * a.row;
    }
    for (int64_t p = 0; p < k; p++) {
        TILE x = *(const TILE *)(b.at + p * b.row);
#pragma GCC unroll 4
        for (int i = 0; i < rows; i++) acc[i] += row[i][p * a.col] * x;
    }
    for (int i = 0; i < rows; i++) *(TILE *)(c + i * ldc) = acc[i];
}

/* c (m, width of TILE) = a b, or added to what is there. */
static void NAMED(column)(int64_t m, int64_t k, matrix a, matrix b, REAL *c, int64_t ldc, bool add)
{
    int64_t i = 0;
    for (; i + 4 <= m; i += 4)
        NAMED(tile)(4, k, (matrix){ a.at + i * a.row, a.row, a.col }, b, c + i * ldc, ldc, add);
    if (i < m && m >= 4 && !add) {
        i = m - 4;
        NAMED(tile)(4, k, (matrix){ a.at + i * a.row, a.row, a.col }, b, c + i * ldc, ldc, add);
        return;
    }
    for (; i < m; i++)
        NAMED(tile)(1, k, (matrix){ a.at + i * a.row, a.row, a.col }, b, c + i * ldc, ldc, add);
}

#undef NAMED
#undef TILE_NAMED
#undef TILE_PASTE
#undef TILE
