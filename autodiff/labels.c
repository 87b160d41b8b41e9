/* labels.c: dlarray's dimension labels. */
#include "internal.h"

int dl__labels_rank(char label)
{
    static const char order[] = "SCBTU";
    const char *p = label ? strchr(order, label) : NULL;
    return p ? (int)(p - order) : -1;
}

const char *dl__labels_order(const char *labels, int rank, int order[DL_MAX_RANK])
{
    int seen[5] = { 0 };
    for (int i = 0; i < rank; i++) {
        int r = dl__labels_rank(labels[i]);
        if (r < 0) return "labels are letters of SCBTU, one for each axis";
        if (seen[r]++ && labels[i] != 'S' && labels[i] != 'U')
            return "C, B and T may stand once each";
    }
    if (labels[rank]) return "there are more labels than axes";
    int k = 0;
    for (int r = 0; r < 5; r++)
        for (int i = 0; i < rank; i++)
            if (dl__labels_rank(labels[i]) == r) order[k++] = i;
    return NULL;
}
