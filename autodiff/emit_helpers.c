/* emit_helpers.c: functions that printed code calls: sums in the order of the kernels, here, and
 * what the algebra lends. */
#define DL_NO_PLACES
#include "emit.h"

/* ---- sums ------------------------------------------------------------------------------------ */

#define BLOCK(NAME, ARGS, TERM)                                                             \
    {                                                                                       \
        "dl_" NAME, "",                                                                     \
            "static DL_APART double dl_" NAME "(int n, " ARGS ")\n"                         \
            "{\n"                                                                           \
            "    double lane[8] = { 0, 0, 0, 0, 0, 0, 0, 0 };\n"                            \
            "    int i, j;\n"                                                               \
            "    for (i = 0; i + 8 <= n; i += 8)\n"                                         \
            "        for (j = 0; j < 8; j++) lane[j] += " TERM(                             \
                "[i + j]") ";\n"                                                            \
                           "    for (j = 0; i + j < n; j++) lane[j] += " TERM(              \
                               "[i + j]") ";\n"                                             \
                                          "    return ((lane[0] + lane[1]) + (lane[2] + "   \
                                          "lane[3]))\n"                                     \
                                          "           + ((lane[4] + lane[5]) + (lane[6] + " \
                                          "lane[7]));\n"                                    \
                                          "}\n"                                             \
    }
#define PLAIN(AT) "(double)x" AT
#define SQUARE(AT) "(double)x" AT " * (double)x" AT
#define PRODUCT(AT) "(double)x" AT " * (double)y" AT

static const dl_c_text sums[] = {
    BLOCK("sum_f32", "const float *x", PLAIN),
    BLOCK("sum_f64", "const double *x", PLAIN),
    BLOCK("sum_squares_f32", "const float *x", SQUARE),
    BLOCK("sum_squares_f64", "const double *x", SQUARE),
    BLOCK("dot_f32", "const float *x, const float *y", PRODUCT),
    BLOCK("dot_f64", "const double *x, const double *y", PRODUCT),
    { "dl_library", "",
      "/* The library puts the way to its kernels before the workspace. */\n"
      "static void dl_library(char *workspace, unsigned instruction)\n"
      "{\n"
      "    typedef void kernel(void *, unsigned);\n"
      "    ((kernel *const *)(void *)workspace)[-1](workspace, instruction);\n"
      "}\n" },
    { "dl_pairwise", "",
      "typedef struct dl_pairwise {\n"
      "    double level[32];\n"
      "    unsigned blocks;\n"
      "} dl_pairwise;\n" },
    { "dl_pairwise_add", " dl_pairwise ",
      "static inline void dl_pairwise_add(dl_pairwise *p, double block)\n"
      "{\n"
      "    unsigned n;\n"
      "    int k = 0;\n"
      "    for (n = p->blocks++; n & 1; n >>= 1) block += p->level[k++];\n"
      "    p->level[k] = block;\n"
      "}\n" },
    { "dl_pairwise_total", " dl_pairwise_add ",
      "static inline double dl_pairwise_total(const dl_pairwise *p)\n"
      "{\n"
      "    double sum = 0;\n"
      "    int k = 0, first = 1;\n"
      "    for (; p->blocks >> k; k++)\n"
      "        if (p->blocks >> k & 1) {\n"
      "            sum = first ? p->level[k] : sum + p->level[k];\n"
      "            first = 0;\n"
      "        }\n"
      "    return sum;\n"
      "}\n" },
    { NULL, NULL, NULL },
};

/* ---- which are needed: numbered through, the engine's first ---------------------------------- */

enum { SUMS = sizeof sums / sizeof *sums - 1 };

static const dl_c_text *text_at(const dl_c_text *texts, int k)
{
    return k < SUMS ? &sums[k] : texts && texts[k - SUMS].name ? &texts[k - SUMS] : NULL;
}

static void mark(const dl_c_text *texts, bool *needed, const char *name, size_t length)
{
    const dl_c_text *t;
    for (int k = 0; k < DL__TEXTS && (t = text_at(texts, k)); k++)
        if (strlen(t->name) == length && memcmp(t->name, name, length) == 0) needed[k] = true;
}

void dl__need(dl_writer *w, const char *function)
{
    mark(w->f->algebra->texts, w->needed, function, strlen(function));
}

/* A helper calls only what stands before it. */
static void mark_called(const dl_c_text *texts, bool *needed)
{
    const dl_c_text *t;
    int n = 0;
    while (n < DL__TEXTS && text_at(texts, n)) n++;
    while (n-- > 0) {
        if (!needed[n]) continue;
        t = text_at(texts, n);
        for (const char *word = t->uses; *(word += strspn(word, " ")); word += strcspn(word, " "))
            mark(texts, needed, word, strcspn(word, " "));
    }
}

static bool any_calls(const dl_c_text *texts, const bool *needed, const char *what)
{
    const dl_c_text *t;
    for (int k = 0; k < DL__TEXTS && (t = text_at(texts, k)); k++)
        if (needed[k] && strstr(t->text, what)) return true;
    return false;
}

void dl__print_helpers(FILE *to, const dl_c_text *texts, bool *needed)
{
    const dl_c_text *t;
    bool sums_told = false;
    mark_called(texts, needed);
    if (any_calls(texts, needed, "memcpy")) fprintf(to, "#include <string.h>\n");
    for (int k = 0; k < DL__TEXTS && (t = text_at(texts, k)); k++) {
        if (!needed[k]) continue;
        if (k < SUMS && !sums_told)
            fprintf(to,
                    "\n/* Sums of at most 128 terms: eight partial sums, added pairwise; longer "
                    "ones are\n * sums of such blocks, added pairwise too. Compilers do worse with "
                    "them "
                    "in line. */\n#if defined(__GNUC__)\n#define DL_APART "
                    "__attribute__((noinline))\n#else\n#define DL_APART\n#endif\n");
        sums_told = true;
        fprintf(to, "\n%s", t->text);
    }
}
