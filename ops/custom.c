/* custom.c: ops of callbacks.
 *
 * The callbacks and the user's pointer are the attributes of the node, and so part of every key.
 * The backward callback is a node of its own, whose result holds the gradients of all operands one
 * after the other: equal nodes become one, so it runs once however many operands are wanted. Its
 * operands are those of the op, the value and its gradient; if these are more than a node has, the
 * op's operands are packed into one first. */
#include "support.h"

#include <stdarg.h>

typedef struct custom_attr {
    dl_custom_op op;
    void *user;
} custom_attr;

/* What dl_custom records, without padding: the sizes of operands stand there for backward. */
typedef struct node_attr {
    int64_t name, nin, flags, infer, forward, backward, vjp, user;
} node_attr;

/* Pointers of data and of functions as integers: one size on every system with dlopen. */
#define AS_NUMBER(p) ((int64_t)(intptr_t)(p))
#define AS_POINTER(type, n) ((type)(intptr_t)(n))

static node_attr pack_attr(const dl_custom_op *op, void *user)
{
    return (node_attr){ AS_NUMBER(op->name),
                        op->nin,
                        op->flags,
                        AS_NUMBER(op->infer),
                        AS_NUMBER(op->forward),
                        AS_NUMBER(op->backward),
                        AS_NUMBER(op->vjp),
                        AS_NUMBER(user) };
}

static custom_attr unpack_attr(const void *attr)
{
    const node_attr *a = attr;
    custom_attr c = { .user = AS_POINTER(void *, a->user) };
    c.op.name = AS_POINTER(const char *, a->name);
    c.op.nin = (int)a->nin;
    c.op.flags = (unsigned)a->flags;
    c.op.infer = AS_POINTER(dl_status(*)(dl_custom_call *, void *), a->infer);
    c.op.forward = AS_POINTER(dl_custom_callback *, a->forward);
    c.op.backward = AS_POINTER(dl_custom_callback *, a->backward);
    c.op.vjp = AS_POINTER(dl_val(*)(int, const dl_val *, dl_val, dl_val, void *), a->vjp);
    return c;
}

static const char *title(const void *attr)
{
    return AS_POINTER(const char *, ((const node_attr *)attr)->name);
}

static dl_custom_array array_of(const dl_shape *s, const void *data)
{
    dl_custom_array a = { .data = (void *)(uintptr_t)data,
                          .dtype = (dl_dtype)s->dtype,
                          .rank = s->rank,
                          .numel = s->numel };
    memcpy(a.dims, s->dim, sizeof a.dims);
    memcpy(a.labels, s->labels, sizeof a.labels);
    return a;
}

/* ---- failing --------------------------------------------------------------------------------- */

dl_status dl_custom_fail(const dl_custom_call *c, dl_status status, const char *format, ...)
{
    va_list args;
    dl_failure *failure = c->reserved;
    if (status <= DL_OK || status >= DL_NSTATUS) status = DL_EARG;
    if (failure->status) return failure->status;
    va_start(args, format);
    vsnprintf(failure->text, sizeof failure->text, format ? format : "failed", args);
    va_end(args);
    return failure->status = status;
}

/* What a callback came to: its status, and a text that names that. */
static dl_status told(const dl_failure *own, dl_status returned, dl_failure *to)
{
    dl_status status = own->status ? own->status : returned;
    if ((unsigned)status >= DL_NSTATUS) status = DL_EARG;
    *to = (dl_failure){ .status = status };
    const char *colon = *own->text ? ": " : "";
    snprintf(to->text, sizeof to->text, "%s%s%.170s", dl_status_name(status), colon, own->text);
    return status;
}

static void run(const dl_call *call, dl_custom_call *c, const custom_attr *a, bool backward)
{
    dl_failure own = { .status = DL_OK }, result;
    c->reserved = &own;
    dl_status s = (backward ? a->op.backward : a->op.forward)(c, a->user);
    if (told(&own, s, &result))
        dl_call_fail(call, result.status, "%s: %s failed: %s", a->op.name,
                     backward ? "backward" : "forward", result.text);
}

/* ---- the op ---------------------------------------------------------------------------------- */

/* Operands that compute have one dtype. */
static bool one_dtype(dl_infer *c, const char *name, int32_t *dtype)
{
    *dtype = DL_NDTYPE;
    for (int i = 0; i < c->op->nin; i++) {
        int32_t own = c->in[i]->dtype;
        if (own >= DL_NREAL) continue;
        if (*dtype != DL_NDTYPE && own != *dtype)
            return dl_fail(c->tape, DL_EDTYPE, name, "dtypes %s and %s differ",
                           dl_dtype_name((dl_dtype)*dtype), dl_dtype_name((dl_dtype)own)),
                   false;
        *dtype = own;
    }
    return true;
}

/* The labels are in order, none but U and S twice, one for each axis. */
static bool good_labels(const dl_custom_array *a)
{
    const char *order = "SCBTU";
    size_t n = strnlen(a->labels, sizeof a->labels);
    if (n && n != (size_t)a->rank) return false;
    for (size_t i = 0; i < n; i++) {
        const char *at = strchr(order, a->labels[i]);
        if (!at) return false;
        if (i && at < strchr(order, a->labels[i - 1])) return false;
        if (i && a->labels[i] == a->labels[i - 1] && !strchr("SU", a->labels[i])) return false;
    }
    return true;
}

static bool good_result(dl_infer *c, const char *name, const dl_custom_array *a, int32_t dtype)
{
    bool good = a->rank >= 0 && a->rank <= DL_MAX_RANK;
    for (int i = 0; i < a->rank && good; i++) good = a->dims[i] >= 0;
    if (!good)
        dl_fail(c->tape, DL_ESHAPE, name, "infer gives no sizes of rank 0 to %d", DL_MAX_RANK);
    else if (a->dtype >= DL_NDTYPE
             || (dtype != DL_NDTYPE && a->dtype < DL_NREAL && (int32_t)a->dtype != dtype))
        dl_fail(c->tape, DL_EDTYPE, name, "infer gives %s, the operands are %s",
                a->dtype < DL_NDTYPE ? dl_dtype_name(a->dtype) : "no dtype",
                dl_dtype_name((dl_dtype)dtype));
    else if (!good_labels(a))
        dl_fail(c->tape, DL_ELABEL, name, "infer gives labels \"%.16s\" for rank %d", a->labels,
                a->rank);
    return !dl_tape_status(c->tape);
}

static void custom_infer(dl_infer *c)
{
    custom_attr a = unpack_attr(c->attr);
    dl_failure own = { .status = DL_OK }, result;
    dl_custom_call call = { .n = c->op->nin, .reserved = &own };
    int32_t dtype;
    if (!one_dtype(c, a.op.name, &dtype)) return;
    for (int i = 0; i < call.n; i++) call.in[i] = array_of(c->in[i], NULL);
    call.out = call.in[0];
    if (a.op.infer && told(&own, a.op.infer(&call, a.user), &result)) {
        dl_fail(c->tape, result.status, a.op.name, "infer failed: %s", result.text);
        return;
    }
    if (!good_result(c, a.op.name, &call.out, dtype)) return;
    c->out.dtype = (int32_t)call.out.dtype;
    c->out.rank = call.out.rank;
    for (int i = 0; i < call.out.rank; i++) c->out.dim[i] = call.out.dims[i];
    memcpy(c->out.labels, call.out.labels, (size_t)call.out.rank);
}

static void custom_eval(const dl_call *c)
{
    custom_attr a = unpack_attr(c->ins->info);
    dl_custom_call call = { .n = a.op.nin };
    for (int i = 0; i < call.n; i++)
        call.in[i] = array_of(&dl_operand_layout(c, i)->shape, dl_operand(c, i));
    call.out = array_of(&dl_result_layout(c)->shape, dl_result(c));
    run(c, &call, &a, false);
}

static dl_val custom_vjp(const dl_node *y, int i, dl_val g);

#define CUSTOM(NIN, SHAPES)                                                     \
    { .name = "custom", .nin = NIN, .flags = DL_MAY_FAIL | DL_IMPURE, SHAPES }, \
    {                                                                           \
        .name = "custom", .nin = NIN, .flags = DL_MAY_FAIL, SHAPES              \
    }
#define PARTS                                                                                      \
    .attr_size = sizeof(node_attr), .shapes = "any -> any", .title = title, .infer = custom_infer, \
    .eval = { { custom_eval, custom_eval } }, .vjp = custom_vjp
static const dl_op custom_ops[2 * DL_CUSTOM_IN] = { CUSTOM(1, PARTS), CUSTOM(2, PARTS),
                                                    CUSTOM(3, PARTS), CUSTOM(4, PARTS) };

dl_val dl_custom(const dl_custom_op *op, void *user, const dl_val *in, int n)
{
    dl_tape *t = dl_any_tape(in, n);
    if (!op || !op->forward || !op->name)
        return dl_fail(t, DL_ENULL, "custom", op ? "an op without %s" : "no op",
                       op && op->name ? "a forward callback" : "a name");
    if (n != op->nin || n < 1 || n > DL_CUSTOM_IN || !in)
        return dl_fail(t, DL_EARG, op->name, "%d operands, wanted %d (of 1 to %d)", n, op->nin,
                       DL_CUSTOM_IN);
    if (!dl_usable(op->name, in, n)) return dl_none(t);
    node_attr a = pack_attr(op, user);
    return dl_record(NULL, &custom_ops[2 * (n - 1) + !!(op->flags & DL_CUSTOM_PURE)], &a, in);
}

/* ---- operands packed into one: their bytes --------------------------------------------------- */

enum { LINE = 64 };
static int64_t padded(const dl_shape *s)
{
    int64_t bytes = s->numel * (int64_t)dl_dtype_size((dl_dtype)s->dtype);
    return (bytes + LINE - 1) / LINE * LINE;
}

static void pack_infer(dl_infer *c)
{
    c->out.dtype = DL_U8;
    c->out.rank = 1;
    for (int i = 0; i < c->op->nin; i++) c->out.dim[0] += padded(c->in[i]);
}

static void pack_eval(const dl_call *c)
{
    char *to = dl_result(c);
    for (int i = 0; i < DL_MAX_IN && c->ins->in[i] != c->ins->out; i++) {
        const dl_shape *s = &dl_operand_layout(c, i)->shape;
        size_t bytes = (size_t)s->numel * dl_dtype_size((dl_dtype)s->dtype);
        if (bytes) memcpy(to, dl_operand(c, i), bytes);
        memset(to + bytes, 0, (size_t)padded(s) - bytes);
        to += padded(s);
    }
}

#define PACK(NIN)                                                                     \
    {                                                                                 \
        .name = "custom_pack", .nin = NIN, .shapes = "any any any -> (bytes)",        \
        .infer = pack_infer, .eval = { { pack_eval, pack_eval } }, .vjp = dl_vjp_zero \
    }
static const dl_op pack_ops[DL_CUSTOM_IN + 1] = { [3] = PACK(3), [4] = PACK(4) };

/* ---- backward -------------------------------------------------------------------------------- */

/* The op, and the sizes of what it was called with. */
typedef struct backward_attr {
    node_attr node;
    struct {
        int64_t dtype, rank, dim[DL_MAX_RANK], numel;
        char labels[2 * DL_MAX_RANK];
    } in[DL_CUSTOM_IN];
} backward_attr;

static int64_t gradients(const backward_attr *a, int n)
{
    int64_t numel = 0;
    for (int i = 0; i < n; i++)
        if (a->in[i].dtype < DL_NREAL) numel += a->in[i].numel;
    return numel;
}

static dl_shape shape_in(const backward_attr *a, int i)
{
    dl_shape s = { .dtype = (int32_t)a->in[i].dtype,
                   .rank = (int32_t)a->in[i].rank,
                   .numel = a->in[i].numel };
    memcpy(s.dim, a->in[i].dim, sizeof s.dim);
    memcpy(s.labels, a->in[i].labels, sizeof s.labels);
    return s;
}

static void backward_infer(dl_infer *c)
{
    const backward_attr *a = c->attr;
    c->out.dtype = c->in[c->op->nin - 1]->dtype;
    c->out.rank = 1;
    c->out.dim[0] = gradients(a, (int)a->node.nin);
}

static void backward_eval(const dl_call *c)
{
    const backward_attr *b = c->ins->info;
    custom_attr a = unpack_attr(&b->node);
    int n = a.op.nin, first = n > 2 ? 1 : n; /* where value and gradient stand */
    dl_custom_call call = { .n = n };
    const char *packed = dl_operand(c, 0);
    char *to = dl_result(c);
    for (int i = 0; i < n; i++) {
        dl_shape s = shape_in(b, i);
        size_t bytes = (size_t)s.numel * dl_dtype_size((dl_dtype)s.dtype);
        call.in[i] = array_of(&s, n > 2 ? (const void *)packed : dl_operand(c, i));
        call.in_grad[i] = array_of(&s, NULL);
        packed += padded(&s);
        if (s.dtype >= DL_NREAL) continue;
        call.in_grad[i].data = to;
        if (bytes) memset(to, 0, bytes);
        to += bytes;
    }
    call.out = array_of(&dl_operand_layout(c, first)->shape, dl_operand(c, first));
    call.grad = array_of(&dl_operand_layout(c, first + 1)->shape, dl_operand(c, first + 1));
    run(c, &call, &a, true);
}

static dl_val backward_vjp(const dl_node *y, int i, dl_val g)
{
    (void)i, (void)g;
    return dl_fail(y->tape, DL_EGRAD, title(dl_attr(y)),
                   "a second derivative, and backward is a callback, which has none: give vjp");
}

#define BACKWARD(NIN)                                                                        \
    {                                                                                        \
        .name = "custom_backward", .nin = NIN, .flags = DL_MAY_FAIL, .title = title,         \
        .attr_size = sizeof(backward_attr), .shapes = "any -> (n)", .infer = backward_infer, \
        .eval = { { backward_eval, backward_eval } }, .vjp = backward_vjp                    \
    }
static const dl_op backward_ops[DL_MAX_IN + 1] = { [3] = BACKWARD(3), [4] = BACKWARD(4) };

static backward_attr attr_of(const dl_node *y, int n)
{
    backward_attr a = { .node = *(const node_attr *)dl_attr(y) };
    for (int i = 0; i < n; i++) {
        const dl_shape *s = dl_shape_of(dl_in(y, i));
        a.in[i].dtype = s->dtype;
        a.in[i].rank = s->rank;
        a.in[i].numel = s->numel;
        memcpy(a.in[i].dim, s->dim, sizeof s->dim);
        memcpy(a.in[i].labels, s->labels, sizeof s->labels);
    }
    return a;
}

static dl_val custom_vjp(const dl_node *y, int i, dl_val g)
{
    dl_val in[DL_MAX_IN];
    custom_attr a = unpack_attr(dl_attr(y));
    int n = a.op.nin, m = 0;
    for (int k = 0; k < n; k++) in[k] = dl_in(y, k);
    if (a.op.vjp) return a.op.vjp(i, in, dl_out(y), g, a.user);
    if (!a.op.backward)
        return dl_fail(y->tape, DL_EGRAD, a.op.name, "neither backward nor vjp: no derivative");
    backward_attr b = attr_of(y, n);
    int64_t begin = gradients(&b, i);
    if (n > 2) in[m++] = dl_record(NULL, &pack_ops[n], NULL, in);
    else m = n;
    in[m++] = dl_out(y);
    in[m++] = g;
    dl_val all = dl_record(NULL, &backward_ops[m], &b, in);
    dl_shape s = shape_in(&b, i);
    return dl__reshape_to(dl_slice(all, "0", begin, begin + s.numel), &s);
}
