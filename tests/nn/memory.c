/* memory.c: every allocation of nn fails, once and for ever: an error comes back, nothing is lost.
 */
#define _GNU_SOURCE 1
#include "tests/harness/test.h"

#include "dltape.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct failing {
    int64_t calls, live, fail_at; /* fail_at: counted from 1; 0 never */
    bool for_ever;
} failing;

static void *allocate(size_t bytes, size_t align, void *data)
{
    failing *f = data;
    f->calls++;
    if (f->fail_at && (f->calls == f->fail_at || (f->for_ever && f->calls > f->fail_at)))
        return NULL;
    f->live++;
    return aligned_alloc(align, (bytes + align - 1) & ~(align - 1));
}

static void release(void *p, void *data)
{
    ((failing *)data)->live -= p != NULL;
    free(p);
}

/* Reads a file, makes a network and an optimiser, takes a step and prints. True if all went well.
 */
static bool everything(const char *path, FILE *to)
{
    const dl_layer layers[] = { dl_sequence_input("in", 2), dl_fully_connected("fc_1", 3),
                                dl_tanh_layer("tanh"), dl_fully_connected("fc_2", 2) };
    dl_array *data = dl_csv_read(path, DL_F32);
    dl_net *net = dl_net_new(DL_F32, 1, layers, 4);
    dl_optimizer *o = dl_adam_new(net, DL_ADAM_DEFAULTS);
    dl_tape *t = dl_tape_new();
    dl_val x = dl_transpose(dl_leaf(t, data)), p[4], g[4];
    dl_val loss = dl_mse(dl_net_predict(net, x), x);
    dl_net_params(net, t, p);
    dl_grad(loss, p, 4, g);
    dl_optimizer_step(o, g);
    dl_eval(t, &loss, 1);
    bool good = dl_net_print(net, to) == DL_OK;
    good = dl_table_print(net, g, to) == DL_OK && good;
    good = !dl_tape_status(t) && !dl_optimizer_status(o) && !dl_net_status(net) && good;
    CHECK(good || dl_tape_status(t) == DL_ENOMEM || dl_tape_status(t) == DL_OK);
    dl_tape_free(t);
    dl_optimizer_free(o);
    dl_net_free(net);
    dl_array_free(data);
    return good;
}

TEST(nn_memory, every_allocation_may_fail)
{
    char path[] = "/tmp/dltape-memory-XXXXXX";
    int fd = mkstemp(path);
    FILE *to = fopen("/dev/null", "w");
    REQUIRE(fd >= 0 && to && write(fd, "1,2\n3,5\n4,7\n", 12) == 12);
    for (int for_ever = 0; for_ever < 2; for_ever++)
        for (int64_t k = 1;; k++) {
            failing f = { .fail_at = k, .for_ever = for_ever };
            dl_set_allocator(&(dl_allocator){ allocate, release, &f });
            bool good = everything(path, to);
            dl_set_allocator(NULL);
            CHECK_MSG(f.live == 0, "allocation %d failed: %d blocks lost", (int)k, (int)f.live);
            CHECK_MSG(!good || f.calls < k, "allocation %d failed, and nobody noticed", (int)k);
            if (f.calls < k) break;
        }
    fclose(to);
    close(fd);
    unlink(path);
}
