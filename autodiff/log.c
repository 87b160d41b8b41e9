/* log.c: the event log. Between nodes a step evaluates and differentiates; these calls are kept as
 * words: what was asked, then what came of it. A step that repeats the previous one finds its
 * gradients recorded and its plans bound already. */
#include "internal.h"

bool dl__log_append(dl_tape *t, const uint32_t *words, size_t n)
{
    if (!dl__grow(&t->log, &t->cap_log, t->nlog + n, sizeof *t->log)) return false;
    memcpy(t->log + t->nlog, words, n * sizeof *words);
    t->nlog += n;
    return true;
}

size_t dl__log_event(dl_tape *t, const uint32_t *words, size_t n, bool *failed)
{
    *failed = false;
    if (t->nlog + n < t->ghost_log && memcmp(t->log + t->nlog, words, n * sizeof *words) == 0) {
        t->nlog += n;
        return t->nlog;
    }
    dl__diverge(t);
    *failed = !dl__log_append(t, words, n);
    return 0;
}
