/* emit.h: a frozen function as C text: what the files that print it share. The body is written to
 * memory first, because only then is it known which inputs, constants and helpers it reads. */
#ifndef DLTAPE_EMIT_H
#define DLTAPE_EMIT_H

#include "frozen.h"
#include "fused.h"

enum { DL__TEXTS = 1024, DL__C_NAME = DL__NAME + 16 };

/* Where a value lies. */
typedef struct dl_home {
    const char *name; /* of the input or output; null: v and its number */
    int64_t room;     /* in the workspace, of what is an update only; else -1 */
    bool local;       /* an array on the stack */
    bool shared;      /* the library reads or writes it, too */
    bool declared, used;
} dl_home;

typedef struct dl_writer {
    const dl_fn *f;
    const dl_plan *p;
    unsigned with;
    char *text; /* the body */
    size_t n, cap;
    int depth;         /* of indentation */
    bool failed, head; /* head: that of a loop was written last */
    uint64_t joined;
    const char *missing;      /* the first op that has no C text */
    const char *nameless;     /* the first argument for which no name is free */
    char (*name)[DL__C_NAME]; /* of inputs, then of outputs */
    dl_home *home;            /* by value */
    size_t workspace;
    bool memory;  /* something lies in it */
    bool *needed; /* by helper: DL__TEXTS of them */
} dl_writer;

/* ---- text (emit_text.c) ---------------------------------------------------------------------- */

void dl__write(dl_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dl__write_line(dl_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *dl__c_type(int dtype); /* "float" */
/* A literal of the dtype: element `at` of the data. */
typedef struct dl_literal {
    char text[40];
} dl_literal;
dl_literal dl__c_literal(const void *data, int dtype, int64_t at);

/* ---- names (emit_names.c) -------------------------------------------------------------------- */

/* For an argument: a name that is no word of C or C++, no macro, nothing that printed code calls
 * its own, and none of the n before it. False: there is none of at most DL__C_NAME - 1 letters. */
bool dl__c_name(char *to, const char *name, const char *before, size_t stride, int n);
/* A function may be called so: nor is it one of C's library. */
bool dl__c_function(const char *name);
/* What an op is called where it must end no comment and no string. */
typedef struct dl_op_name {
    char text[64];
} dl_op_name;
dl_op_name dl__c_op(const char *name);

/* ---- values (emit_values.c) ------------------------------------------------------------------ */

void dl__place_values(dl_writer *w);

/* The name of an array that holds the elements of a value. Called before the loops that use it:
 * it may have to be declared. */
typedef struct dl_value_name {
    char text[DL__C_NAME];
} dl_value_name;
dl_value_name dl__c_value(dl_writer *w, uint32_t v, bool written);
/* Says of a value that is computed and not read that this is meant. */
void dl__c_unread(dl_writer *w, uint32_t v);
/* Where in the workspace scratch memory lies; -1: it is small, or the op prints without it. */
int64_t dl__c_scratch(dl_writer *w, const dl_instr *ins, const dl_op *op);
bool dl__c_constant(const dl_writer *w, uint32_t v, dl_literal *number); /* one element */
void dl__print_constants(FILE *to, const dl_writer *w);

void dl__emit_fused(dl_writer *w, const dl_fused *f); /* emit_fused.c */

/* ---- helper functions (emit_helpers.c) ------------------------------------------------------- */

void dl__need(dl_writer *w, const char *function);
/* Prints those needed; `texts` are the algebra's. */
void dl__print_helpers(FILE *to, const dl_c_text *texts, bool *needed);

/* ---- what the library runs (emit_library.c) -------------------------------------------------- */

bool dl__library_runs(const dl_writer *w, uint32_t instr);
void dl__library_values(dl_writer *w); /* marks what is shared */
void dl__emit_library(dl_writer *w, uint32_t instr);

/* One file with n functions. */
enum {
    DL__CALLS = 1,       /* each with one that takes lists of pointers */
    DL__LIBRARY = 2,     /* for the library alone: some instructions are left to it */
    DL__LIBRARY_ALL = 4, /* all that are no loops: for tests */
};
dl_status dl__emit(const dl_fn *const *f, const char *const *name, int n, unsigned with, FILE *to);

#endif
