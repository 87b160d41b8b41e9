/* internal.h: for the files of autodiff/ only. */
#ifndef DLTAPE_INTERNAL_H
#define DLTAPE_INTERNAL_H

#include "op.h"

#include <string.h>

/* ---- memory (alloc.c) ------------------------------------------------------------------------ */

void *dl__alloc(size_t bytes); /* 64-byte aligned; null when it fails */
void *dl__zalloc(size_t bytes);
void dl__free(void *p);
/* Makes room for `need` elements in *p, which has room for *cap; false: no memory, *p as before. */
bool dl__grow(void *p, size_t *cap, size_t need, size_t element);

/* A bump allocator that keeps its chunks when it is reset. */
typedef struct dl_chunk dl_chunk;
typedef struct dl_arena {
    dl_chunk *first, *now;
    char *at, *end;
} dl_arena;
void *dl__arena_slow(dl_arena *a, size_t bytes, size_t align);
void dl__arena_reset(dl_arena *a);
/* Reset, and all memory given back if it is more than `keep` bytes. */
void dl__arena_trim(dl_arena *a, size_t keep);
void dl__arena_free(dl_arena *a);
size_t dl__arena_bytes(const dl_arena *a);
static inline void *dl__arena(dl_arena *a, size_t bytes, size_t align)
{
    uintptr_t p = ((uintptr_t)a->at + (align - 1)) & ~(uintptr_t)(align - 1);
    if (a->at && bytes <= (uintptr_t)a->end - p && p <= (uintptr_t)a->end) {
        a->at = (char *)(p + bytes);
        return (void *)p;
    }
    return dl__arena_slow(a, bytes, align);
}

/* ---- shapes (shape.c, labels.c) -------------------------------------------------------------- */

/* numel and strides from rank and dim; false: the size of the data does not fit into ptrdiff_t. */
bool dl__shape_finish(dl_shape *s);
void dl__layout_contiguous(dl_layout *l);
bool dl__layout_is_contiguous(const dl_layout *l);

/* Sorts the axes into the order S C B T U: order[k] is the axis of `labels` that comes k-th. Null,
 * or what is wrong with the labels. */
const char *dl__labels_order(const char *labels, int rank, int order[DL_MAX_RANK]);
int dl__labels_rank(char label); /* 0 S .. 4 U; -1 for no label */

/* Equal contents, equal number: shapes (as contiguous layouts) and attributes. */
typedef struct dl_intern {
    dl_arena arena;
    const void **item;
    uint32_t *bytes, *slot;
    size_t n, cap_item, cap_bytes, nslot;
    uint32_t hint[64]; /* shapes met lately, by a cheap hash */
} dl_intern;
uint32_t dl__intern(dl_intern *in, const void *item, size_t bytes); /* 0: no memory */
/* The number of the contiguous layout of a finished shape; 0: no memory. */
uint32_t dl__intern_shape(dl_intern *in, const dl_shape *s);
void dl__intern_clear(dl_intern *in);
void dl__intern_free(dl_intern *in);

/* ---- loops (loop.c) -------------------------------------------------------------------------- */

/* Where a walk over the first operand of a loop stands, the elements in logical order. */
typedef struct dl_cursor {
    int64_t index[DL_MAX_RANK], at;
} dl_cursor;
dl_cursor dl__cursor_at(const dl_loop *l, int64_t element);
/* The next n elements of `size` bytes, without gaps. */
void dl__gather(void *to, const dl_loop *l, dl_cursor *c, int64_t n, const void *from, size_t size);

/* ---- arrays (array.c) ------------------------------------------------------------------------ */

struct dl_array {
    dl_layout layout;
    void *data;
    uint64_t version;
    uint64_t serial; /* no two arrays of a process share it, not even at the same address */
    bool owned;
    dl_status status;
    char name[48], message[256];
};

/* An array that carries an error; never null. */
dl_array *dl__array_error(dl_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- elements (element.c) -------------------------------------------------------------------- */

/* Integers saturate, NaN becomes 0. */
void dl__store_real(void *to, dl_dtype dtype, double value);
double dl__load_real(const void *from, dl_dtype dtype, int64_t index);
/* Steps a logical index, all zero at first, to the next element, and *at with it. */
void dl__next_element(const dl_layout *l, int64_t *index, int64_t *at);
/* The elements of x, in logical order and without gaps. */
void dl__copy_elements(void *to, const dl_layout *from, const void *x);

/* ---- the tape (tape.c, error.c, record.c, value.c) ------------------------------------------- */

/* One node. `shape` and `attr` are numbers of the intern table (attr 0: none). */
typedef struct dl_rec {
    const dl_op *op;
    uint32_t in[DL_MAX_IN];
    uint32_t shape, attr;
} dl_rec;

typedef struct dl_leaf_info {
    const dl_array *array;
    uint64_t version, serial;
    const char *name; /* a copy: an array that is not borrowed may be gone */
    uint32_t node;
    bool borrowed;
    bool again; /* the step has a leaf of the array from before it was written */
#ifndef NDEBUG
    uint64_t checksum;
#endif
} dl_leaf_info;

/* A value to be computed by the next evaluation; `to` is null for dl_keep. */
typedef struct dl_pending {
    uint32_t node;
    dl_array *to;
} dl_pending;

typedef struct dl_named {
    uint32_t node;
    const char *name;
} dl_named;

typedef struct dl_plan dl_plan;

typedef struct dl_cache {
    dl_plan *newest, *oldest; /* by last use */
    dl_plan **bucket;
    size_t nbucket, limit;
    uint32_t generation; /* counts drops: a plan remembered from before a drop may be gone */
    dl_cache_info info;
} dl_cache;

enum { DL__STRICT = 1 << 16 };

struct dl_tape {
    dl_status status;
    bool frozen; /* the shared tape of a failed dl_tape_create */
    bool deriving;
    const struct dl_sweep *sweep; /* the reverse sweep that is being recorded */
    uint32_t epoch;
    unsigned disabled; /* parts, and DL__STRICT: all that belongs to every key */
    dl_isa isa;
    const dl_algebra *algebra;

    /* Nodes: parallel arrays. data[i] is null until the value has been computed. */
    uint32_t n;
    size_t cap_rec, cap_place, cap_data, cap_mark;
    dl_rec *rec;
    const char **place;
    void **data;
    uint32_t *mark; /* all zero between uses */
    uint32_t placed;
    const char *call_place;

    /* Following: while the step repeats the previous one, rec[n..ghost) and log[nlog..ghost_log)
     * are what comes next if it goes on doing so. */
    uint32_t ghost;
    uint32_t *log;
    size_t nlog, ghost_log, cap_log;

    dl_intern intern;
    dl_arena arena;   /* values; reset with the tape */
    dl_arena scratch; /* reset by whoever began to use it */
    dl_leaf_info *leaf;
    size_t nleaf, cap_leaf;
    uint64_t *leaf_slot; /* hash table: epoch and index of leaf */
    size_t nleaf_slot;
    size_t hashed; /* the first leaves, which are in that table */
    dl_pending *pending;
    size_t npending, cap_pending;
    dl_named *name;
    size_t nname, cap_name;
    uint32_t *ids; /* the externals of the key that is being made */
    size_t cap_ids;

    dl_cache cache;
    void *block; /* memory of temporary values, shared by all plans */
    size_t block_bytes;

    const char *error_place;
    char text[480], message[640]; /* without and with the place */
};

enum { DL__SCRATCH_KEPT = 256 * 1024 };
static inline void dl__scratch_done(dl_tape *t) { dl__arena_trim(&t->scratch, DL__SCRATCH_KEPT); }

/* Ends a public call that dl_here has placed: what fails later is not its fault. */
static inline dl_status dl__called(dl_tape *t)
{
    if (!t) return DL_ENULL;
    if (!t->frozen) t->call_place = NULL;
    return t->status;
}

/* The first error stays. Returns the status. */
dl_status dl__tape_fail(dl_tape *t, dl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
dl_status dl__no_memory(dl_tape *t, const char *what);
/* The same, with the place of a node, if that has one. */
dl_status dl__node_fail(dl_tape *t, uint32_t node, dl_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A value of this tape and of this epoch. */
static inline bool dl__good(const dl_tape *t, dl_val x)
{
    return x.tape == t && x.epoch == t->epoch && x.id < t->n;
}
/* Says what is wrong with the first handle that is not good; false. */
bool dl__blame(const char *name, const dl_val *in, int n);
bool dl__reserve_node(dl_tape *t);
void dl__diverge(dl_tape *t);
/* A node whose value is there already: a leaf or a scalar. */
dl_val dl__record_given(dl_tape *t, const dl_op *op, uint32_t shape, uint32_t attr, uint32_t in0,
                        void *data);

static inline const dl_layout *dl__layout(const dl_tape *t, uint32_t shape)
{
    return t->intern.item[shape];
}
static inline const void *dl__attr(const dl_tape *t, uint32_t attr)
{
    return attr ? t->intern.item[attr] : NULL;
}
static inline const char *dl__title(const dl_op *op, const void *attr)
{
    return op->title ? op->title(attr) : op->name;
}
static inline dl_val dl__handle(dl_tape *t, uint32_t id) { return (dl_val){ t, id, t->epoch }; }

/* ---- the event log (log.c): what happened between nodes, in the order of happening ----------- */

enum { DL__EVAL = 1, DL__GRAD = 2 };

/* If the step is following and `words` come next in the log, returns where their result stands;
 * else appends them and returns 0. Sets *failed without memory. */
size_t dl__log_event(dl_tape *t, const uint32_t *words, size_t n, bool *failed);
bool dl__log_append(dl_tape *t, const uint32_t *words, size_t n);

/* ---- structural ops (roots.c) ---------------------------------------------------------------- */

extern const dl_op dl__leaf_op, dl__scalar_op, dl__constant_op, dl__detach_op, dl__copy_op;
typedef struct dl_constant_attr {
    int64_t dtype, bits; /* of the value as double */
} dl_constant_attr;

/* ---- keys (key.c) ---------------------------------------------------------------------------- */

/* What is to be computed, independent of where on the tape it stands: one block of memory, and
 * where its parts lie in it. Operand numbers below next are externals (values that are there
 * already), the others nodes of `rec`. */
typedef struct dl_key {
    uint32_t next, nrec, nout;
    const uint32_t *ext; /* pairs: shape, layout (0: contiguous) */
    const uint32_t *out; /* operand numbers */
    const dl_rec *rec;   /* in the order of recording */
    const void *block;
    size_t bytes;
    uint64_t hash;
} dl_key;

typedef struct dl_bound {
    uint32_t *ext, *out; /* node numbers on the tape, next and nout of them */
} dl_bound;

/* Makes the key of the nodes wanted, in scratch memory; false: no memory. What has been computed is
 * an external, or, with `all`, only leaves and scalars are, without the strides of their arrays. */
bool dl__key_make(dl_tape *t, const uint32_t *want, uint32_t n, bool all, dl_key *key,
                  dl_bound *bound);
bool dl__key_equal(const dl_key *a, const dl_key *b);
/* The node on the tape that is number k of rec in the key of the nodes wanted; UINT32_MAX: none. */
uint32_t dl__key_node(dl_tape *t, const uint32_t *want, uint32_t n, uint32_t k);
/* The same key in other memory of key->bytes. */
void dl__key_copy(dl_key *to, const dl_key *from, void *memory);
/* The first field in which b differs from a, as text. */
void dl__key_difference(const dl_tape *t, const dl_key *a, const dl_key *b, char *text, size_t n);

/* ---- plans (plan*.c, run.c, cache.c) --------------------------------------------------------- */

/* A value of a plan that lies `offset` bytes behind an external value or an output. */
typedef struct dl_derived {
    uint32_t value, base;
    int64_t offset;
} dl_derived;

/* What an instruction came from. */
typedef struct dl_source {
    const dl_op *op; /* null: a fused loop */
    const void *attr;
} dl_source;

/* A temporary that no later instruction reads. */
typedef struct dl_death {
    uint32_t instr, value;
    uint64_t bytes;
} dl_death;

/* A linear program over numbered values, externals first. Nothing in it changes once it is made,
 * but for ptr, which remembers the last binding, and the links of the cache. */
struct dl_plan {
    dl_plan *newer, *older, *chain;
    dl_key key;      /* block null: too large to be kept, the plan is found by following only */
    size_t bytes;    /* all memory of the plan */
    dl_arena memory; /* key, attributes of instructions, layouts of views, constants */
    uint32_t nval, ninstr, nderived, nslot;
    bool may_fail; /* some instruction may */
    dl_instr *instr;
    const dl_layout **layout; /* by value */
    int64_t *where;           /* by value: offset in the block of temporaries; -1: elsewhere */
    dl_derived *derived;
    uint32_t *out;       /* by output of the key: its slot */
    uint32_t *slot;      /* by slot: its value */
    size_t *slot_offset; /* by slot: where it lies in the memory of all outputs */
    size_t out_bytes, block_bytes;
    void **ptr;
    const char *bound_block;
    /* For printing and emitting; null in plans that are only run. */
    dl_source *source; /* by instruction */
    uint32_t *base;    /* by value: the value in whose memory it lies */
    dl_death *death;   /* debug builds only */
    uint32_t ndeath;
};

/* `told`: with what it takes to print it. Null: no memory, or the tape has the error. */
dl_plan *dl__plan_make(dl_tape *t, const dl_key *key, bool told);
void dl__plan_free(dl_plan *p);
dl_status dl__run(dl_tape *t, dl_plan *p, const uint32_t *ext, const uint32_t *out);
void dl__execute(const dl_instr *ins, uint32_t n, void *const *ptr, const dl_layout *const *layout);
/* The instruction that failed, or null: all went well. */
const dl_instr *dl__execute_failing(const dl_plan *p, void *const *ptr, dl_failure *failure);

/* plan_check.c: debug builds only. */
const dl_instr *dl__execute_checked(const dl_plan *p, dl_failure *failure);

/* Finds or makes the plan; null: no memory. */
dl_plan *dl__cache_plan(dl_tape *t, const dl_key *key);
void dl__cache_touch(dl_cache *c, dl_plan *p);
void dl__cache_free(dl_tape *t);

/* Computes the wanted nodes and everything pending (eval.c). */
dl_status dl__evaluate(dl_tape *t, const uint32_t *want, uint32_t n);

#endif
