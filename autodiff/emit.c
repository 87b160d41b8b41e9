/* emit.c: a frozen function as a file of C99 that needs nothing but libm. */
#define DL_NO_PLACES
#include "emit.h"

#include <limits.h>

/* ---- instructions ---------------------------------------------------------------------------- */

static void operand_text(const dl_writer *w, uint32_t v, const char *name, char *text, size_t n)
{
    const dl_layout *l = w->p->layout[v];
    char sizes[DL_SHAPE_TEXT];
    snprintf(text, n, "%s%s %s", name, l->contiguous ? "" : " strided",
             dl_shape_text(&l->shape, sizes, sizeof sizes));
}

static void emit_op(dl_writer *w, const dl_instr *ins, const dl_source *source)
{
    const dl_op *op = source->op;
    int dtype = w->p->layout[ins->out]->shape.dtype;
    for (int i = 0; dtype >= DL_NREAL && i < op->nin; i++)
        dtype = w->p->layout[ins->in[i]]->shape.dtype;
    if (dtype >= DL_NREAL) dtype = DL_F32;
    char text[DL_SHAPE_TEXT + 2 * DL__C_NAME];
    if (!op->emit) {
        if (!w->missing) w->missing = dl__title(op, source->attr);
        return;
    }
    if (!w->p->layout[ins->out]->shape.numel) {
        for (int i = 0; i < op->nin; i++) dl__c_unread(w, ins->in[i]);
        return;
    }
    dl_value_name name[DL_MAX_IN + 1] = { dl__c_value(w, ins->out, true) };
    dl_emit e = { .name = { name[0].text },
                  .layout = { w->p->layout[ins->out] },
                  .attr = source->attr,
                  .info = ins->info,
                  .real = dl__c_type(dtype),
                  .type = dtype == DL_F32 ? "f32" : "f64",
                  .work = dl__c_scratch(w, ins, op),
                  .writer = w };
    for (int i = 0; i < op->nin; i++) {
        name[i + 1] = dl__c_value(w, ins->in[i], false);
        e.name[i + 1] = name[i + 1].text;
        e.layout[i + 1] = w->p->layout[ins->in[i]];
    }
    operand_text(w, ins->out, e.name[0], text, sizeof text);
    dl__write(w, "%*s/* %s = %s(", 4 * w->depth, "", text, dl__c_op(op->name).text);
    for (int i = 0; i < op->nin; i++) {
        operand_text(w, ins->in[i], e.name[i + 1], text, sizeof text);
        dl__write(w, "%s%s", i ? ", " : "", text);
    }
    dl__write(w, ") */\n");
    op->emit(&e);
    for (int i = 0; i < op->nin; i++)
        if (!e.layout[i + 1]->shape.numel) dl__c_unread(w, ins->in[i]);
}

/* What is computed elsewhere, or is an output more than once. */
static void deliver(dl_writer *w)
{
    const dl_fn *f = w->f;
    for (int i = 0; i < f->nout; i++) {
        const char *to = w->name[f->nin + i];
        if (w->home[f->out[i].value].name == to || !f->out[i].shape.numel) continue;
        dl_value_name from = dl__c_value(w, f->out[i].value, false);
        dl__write_line(w, "for (int i = 0; i < %lld; i++) %s[i] = %s[i];",
                       (long long)f->out[i].shape.numel, to, from.text);
    }
}

static void write_body(dl_writer *w)
{
    const dl_plan *p = w->p;
    w->depth = 1;
    for (uint32_t i = 0; i < p->ninstr; i++) {
        dl__write(w, "\n");
        if (dl__library_runs(w, i)) dl__emit_library(w, i);
        else if (p->source[i].op) emit_op(w, &p->instr[i], &p->source[i]);
        else dl__emit_fused(w, p->instr[i].info);
    }
    dl__write(w, "\n");
    deliver(w);
}

/* ---- the parts of the file ------------------------------------------------------------------- */

static int column_of_names(const dl_writer *w)
{
    int width = 12;
    for (int i = 0; i < w->f->nin + w->f->nout; i++)
        width = (int)strlen(w->name[i]) > width ? (int)strlen(w->name[i]) : width;
    return width;
}

static void print_argument(FILE *to, const dl_writer *w, const dl_fn_slot *s, const char *name)
{
    char sizes[DL_SHAPE_TEXT];
    fprintf(to, " *   %-*s %s %s", column_of_names(w), name, dl__c_type(s->shape.dtype),
            dl_shape_text(&s->shape, sizes, sizeof sizes));
    if (s->updates >= 0)
        fprintf(to, ", replaces %s and may lie in its memory", w->name[s->updates]);
    fprintf(to, "\n");
}

static void print_comment(FILE *to, const dl_writer *w, const char *name)
{
    const dl_fn *f = w->f;
    fprintf(to, "/* %s: reads\n", name);
    for (int i = 0; i < f->nin; i++) print_argument(to, w, &f->in[i], w->name[i]);
    fprintf(to, " * and writes\n");
    for (int i = 0; i < f->nout; i++) print_argument(to, w, &f->out[i], w->name[f->nin + i]);
    fprintf(to, " * all row by row. No pointer may be null%s, and outputs overlap nothing else.\n",
            w->workspace ? "" : " but that of the workspace");
    if (w->workspace)
        fprintf(to,
                " * The workspace is %zu bytes, aligned to 64; calls at the same time need one "
                "each. */\n",
                w->workspace);
    else fprintf(to, " * The workspace is empty; calls may run at the same time. */\n");
}

/* "(const float *W1, ..., float *loss, void *workspace)", broken at 100 columns. */
static void print_head(FILE *to, const dl_writer *w, const char *name, bool definition)
{
    const dl_fn *f = w->f;
    int indent = fprintf(to, "void %s(", name), column = indent;
    for (int i = 0; i < f->nin + f->nout; i++) {
        bool in = i < f->nin;
        const dl_fn_slot *s = in ? &f->in[i] : &f->out[i - f->nin];
        bool alone = in || (s->updates < 0 && s->first == i - f->nin);
        alone = alone && (in || !w->home[s->value].shared);
        for (int k = 0; k < f->nout; k++) {
            alone = alone && !(in && f->out[k].updates == i);
            alone = alone && !(!in && k != i - f->nin && f->out[k].first == i - f->nin);
        }
        char text[2 * DL__C_NAME];
        int n = snprintf(text, sizeof text, "%s%s *%s%s", in ? "const " : "",
                         dl__c_type(s->shape.dtype), definition && alone ? "DL_RESTRICT " : "",
                         w->name[i]);
        if (column + n + 2 > 99) column = (fprintf(to, ",\n%*s", indent, ""), indent);
        else if (i) column += fprintf(to, ", ");
        column += fprintf(to, "%s", text);
    }
    if (column + 17 > 99) fprintf(to, ",\n%*s", indent, "");
    else fprintf(to, ", ");
    fprintf(to, "void *workspace)");
}

static void print_declarations(FILE *to, const dl_writer *w, const char *name)
{
    print_comment(to, w, name);
    print_head(to, w, name, false);
    fprintf(to, ";\nsize_t %s_workspace_size(void);\n", name);
    if (w->with & DL__CALLS)
        fprintf(to, "void %s_call(const void *const *in, void *const *out, void *workspace);\n",
                name);
}

static void print_call(FILE *to, const dl_writer *w, const char *name)
{
    const dl_fn *f = w->f;
    fprintf(to, "\nvoid %s_call(const void *const *in, void *const *out, void *workspace)\n{\n",
            name);
    if (!f->nin) fprintf(to, "    (void)in;\n");
    fprintf(to, "    %s(", name);
    for (int i = 0; i < f->nin; i++)
        fprintf(to, "(const %s *)in[%d], ", dl__c_type(f->in[i].shape.dtype), i);
    for (int i = 0; i < f->nout; i++)
        fprintf(to, "(%s *)out[%d], ", dl__c_type(f->out[i].shape.dtype), i);
    fprintf(to, "workspace);\n}\n");
}

static void print_definition(FILE *to, const dl_writer *w, const char *name)
{
    fprintf(to, "\nsize_t %s_workspace_size(void) { return %zu; }\n\n", name, w->workspace);
    print_head(to, w, name, true);
    fprintf(to, "\n{\n");
    if (w->memory) fprintf(to, "    char *const memory = (char *)workspace;\n");
    else fprintf(to, "    (void)workspace;\n");
    for (int i = 0; i < w->f->nin; i++) {
        uint32_t v = w->f->in[i].value;
        if (v == DL_NO_VALUE || !w->home[v].used || w->home[v].name != w->name[i])
            fprintf(to, "    (void)%s;\n", w->name[i]);
    }
    for (int i = 0; i < w->f->nout; i++) {
        const dl_home *h = &w->home[w->f->out[i].value];
        bool library = h->shared && !h->used;
        if (library || !w->f->out[i].shape.numel)
            fprintf(to, "    (void)%s;\n", w->name[w->f->nin + i]);
    }
    dl__print_constants(to, w);
    fwrite(w->text, 1, w->n, to);
    fprintf(to, "}\n");
}

static bool has_floats(const dl_fn *f)
{
    for (uint32_t v = 0; v < f->plan->nval; v++)
        if (f->plan->layout[v]->shape.dtype == DL_F32) return true;
    return false;
}

static void print_file(FILE *to, const dl_writer *w, const char *const *name, int n)
{
    bool rounds = false;
    for (int i = 0; i < n; i++) rounds = rounds || has_floats(w[i].f);
    fprintf(to,
            "/* Written by dltape: C99, or C++17; it needs nothing but libm.\n"
            " *\n"
            " * The bits are those of the library where products and sums are not fused, which "
            "gcc and clang\n"
            " * promise with -ffp-contract=off, and gcc with -std=c99. -O3 -fno-math-errno\n"
            " * -fno-trapping-math let loops over exp, log and the like vectorise; no bit changes. "
            "*/\n\n"
            "#include <stddef.h>\n#include <stdint.h>\n\n"
            "/* ---- declarations: for a header "
            "---------------------------------------------------------------- */\n\n"
            "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    for (int i = 0; i < n; i++) print_declarations(to, &w[i], name[i]);
    fprintf(to,
            "\n#ifdef __cplusplus\n}\n#endif\n\n/* ---- definitions "
            "-------------------------------------------------------------------------------"
            " */\n\n#include <math.h>\n"
            "\n/* Vectors of doubles that gcc 12 rounds to float and widens again keep their "
            "digits, and\n * loops with `continue` in vectors of AVX-512 their values. Tuned for "
            "Zen, it keeps what does\n * not fit into vector registers in general ones: a detour. "
            "*/\n#if defined(__GNUC__) && !defined(__clang__)\n"
            "#pragma GCC optimize(\"no-tree-fre\", \"no-tree-pre\", \"no-tree-vrp\"%s)\n"
            "#if defined(__x86_64__) || defined(__i386__)\n"
            "#pragma GCC target(\"tune=haswell\")\n#endif\n#endif\n",
            rounds ? ", \"no-tree-slp-vectorize\"" : "");
    dl__print_helpers(to, w->f->algebra->texts, w->needed);
    fprintf(to, "\n#if defined(__cplusplus)\n#define DL_RESTRICT __restrict\n#else\n"
                "#define DL_RESTRICT restrict\n#endif\n");
    for (int i = 0; i < n; i++) {
        print_definition(to, &w[i], name[i]);
        if (w[i].with & DL__CALLS) print_call(to, &w[i], name[i]);
    }
}

/* ---- the calls ------------------------------------------------------------------------------- */

static bool small(const dl_fn *f)
{
    for (uint32_t v = 0; v < f->plan->nval; v++)
        if (f->plan->layout[v]->shape.numel > INT_MAX / 4) return false;
    return true;
}

static void name_arguments(dl_writer *w)
{
    const dl_fn *f = w->f;
    for (int i = 0; i < f->nin + f->nout && !w->nameless; i++) {
        const char *name = i < f->nin ? f->in[i].name : f->out[i - f->nin].name;
        if (!dl__c_name(w->name[i], name, w->name[0], sizeof *w->name, i)) w->nameless = name;
    }
}

static void write_function(dl_writer *w, const dl_fn *f, unsigned with, bool *needed)
{
    size_t n = (size_t)(f->nin + f->nout);
    *w = (dl_writer){ .f = f, .p = f->plan, .with = with, .needed = needed };
    w->name = dl__zalloc((n + 1) * sizeof *w->name);
    w->home = dl__zalloc((f->plan->nval + 1) * sizeof *w->home);
    w->failed = !w->name || !w->home;
    if (w->failed) return;
    name_arguments(w);
    if (w->nameless) return;
    dl__place_values(w);
    write_body(w);
}

static dl_status told(const dl_writer *w, int n, FILE *to)
{
    for (int i = 0; i < n; i++) {
        if (w[i].failed) return DL_ENOMEM;
        if (w[i].nameless)
            fprintf(to, "#error \"emit_c: no name is free for %s\"\n", w[i].nameless);
        else if (w[i].missing)
            fprintf(to, "#error \"emit_c: op %s has no C\"\n", dl__c_op(w[i].missing).text);
        else continue;
        return DL_EARG;
    }
    return DL_OK;
}

/* A function of one's own may be called so; else the file says why not. */
static bool callable(const char *name, FILE *to)
{
    if (!dl__identifier(name))
        fprintf(to, "#error \"emit_c: the function's name is no identifier of C\"\n");
    else if (!dl__c_function(name))
        fprintf(to, "#error \"emit_c: %s means something in C, C++ or their libraries\"\n", name);
    else return true;
    return false;
}

dl_status dl__emit(const dl_fn *const *f, const char *const *name, int n, unsigned with, FILE *to)
{
    bool needed[DL__TEXTS] = { false };
    for (int i = 0; i < n; i++) {
        if (!f[i] || !name[i]) return DL_ENULL;
        if (f[i]->status) return f[i]->status;
        if (!small(f[i])) return DL_EOVERFLOW;
        if (!callable(name[i], to)) return DL_EARG;
    }
    dl_writer *w = dl__zalloc((size_t)n * sizeof *w);
    if (!w) return DL_ENOMEM;
    for (int i = 0; i < n; i++) write_function(&w[i], f[i], with, needed);
    dl_status s = told(w, n, to);
    if (!s) print_file(to, w, name, n);
    for (int i = 0; i < n; i++) {
        dl__free(w[i].text);
        dl__free(w[i].name);
        dl__free(w[i].home);
    }
    dl__free(w);
    return s ? s : fflush(to) || ferror(to) ? DL_EFILE : DL_OK;
}

dl_status dl_emit_c(const dl_fn *f, const char *name, FILE *to)
{
    if (!f || !name || !to) return DL_ENULL;
    return dl__emit(&f, &name, 1, 0, to);
}
