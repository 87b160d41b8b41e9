/* parts.c: the sum of cotangents of slices, each padded to the size of what it was cut from. To add
 * them as they are takes the whole size for each; laid side by side they take it once. */
#include "support.h"
#include "attributes.h"

#include <stdlib.h>

typedef struct range {
    int64_t axis, begin, end, behind;
} range;

static dl_val inner_of(dl_val part) { return dl_in(&(dl_node){ part.tape, part.id }, 0); }

static range range_of(dl_val part)
{
    const axis_attr *a = dl_attr(&(dl_node){ part.tape, part.id });
    int64_t n = dl_size(inner_of(part), (int)a->axis);
    return (range){ a->axis, a->begin, a->begin + n, a->end };
}

static int order(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int by_range(const void *x, const void *y)
{
    const dl_val *p = x, *q = y;
    range a = range_of(*p), b = range_of(*q);
    int c = order(a.axis, b.axis);
    if (!c) c = order(a.begin, b.begin);
    if (!c) c = order(a.end, b.end);
    return c ? c : order(p->id, q->id);
}

/* Parts of one range become one; the number of those that are left. */
static int merge(dl_val *part, int n)
{
    int m = 0;
    for (int i = 0, j; i < n; i = j) {
        range r = range_of(part[i]), next;
        dl_val sum = inner_of(part[i]);
        for (j = i + 1; j < n; j++) {
            next = range_of(part[j]);
            if (next.axis != r.axis || next.begin != r.begin || next.end != r.end) break;
            sum = dl_add(sum, inner_of(part[j]));
        }
        part[m++] = j == i + 1 ? part[i] : dl__pad_zeros(sum, r.axis, r.begin, r.behind);
    }
    return m;
}

/* Parts that follow each other along an axis, with zeros between them. */
static dl_val lay(dl_val *part, int n)
{
    int axis = (int)range_of(part[0]).axis;
    for (int i = 0; i < n && n > 1; i++) {
        range r = range_of(part[i]);
        int64_t zeros = i + 1 < n ? range_of(part[i + 1]).begin - r.end : r.behind;
        part[i] = dl__pad_zeros(inner_of(part[i]), r.axis, i ? 0 : r.begin, zeros);
    }
    return n > 1 ? dl__join("grad", part, n, axis) : part[0];
}

/* As many parts as do not overlap make one layer, and the layers are added. */
dl_val dl__assemble(dl_val *part, int n)
{
    dl_tape *t = part[0].tape;
    dl_val *layer = dl_work_list(t, n), sum = dl_none(t);
    if (!layer) return dl_fail(t, DL_ENOMEM, "grad", "out of memory");
    qsort(part, (size_t)n, sizeof *part, by_range);
    n = merge(part, n);
    for (bool first = true; n && !dl_tape_status(t); first = false) {
        int laid = 0, left = 0;
        range last = { 0 };
        for (int i = 0; i < n; i++) {
            range r = range_of(part[i]);
            if (laid && (r.axis != last.axis || r.begin < last.end)) part[left++] = part[i];
            else layer[laid++] = part[i], last = r;
        }
        dl_val y = lay(layer, laid);
        sum = first ? y : dl_add(sum, y);
        n = left;
    }
    return sum;
}
