#!/bin/sh
# The structure of the project, as TAP: structure.sh ROOT AUTODIFF_LIB SCRATCH OPS_ROWS LIBS...
set -u
root=$1 lib=$(cd "$(dirname "$2")" && pwd)/$(basename "$2") scratch=$3
rows=$(cd "$(dirname "$4")" && pwd)/$(basename "$4")
shift 4
cd "$root" || exit 1
mkdir -p "$scratch"
n=0
tell()
{
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# autodiff/ knows neither ops/ nor nn/, and ops/ does not know nn/.
upwards=$(
    grep -nE '#include "(\.\./)*(ops|nn)/' autodiff/*.[ch]
    grep -nE '#include "(\.\./)*nn/' ops/*.[ch] ops/kernels/*.[ch]
    grep -nE '#include "(\.\./)*(examples|bench|tests)/' autodiff/*.[ch] ops/*.[ch] nn/*.[ch]
    grep -nE '#include "(\.\./)*autodiff/(internal|plan|grad|replay)\.h' ops/*.[ch] ops/kernels/*.[ch] nn/*.[ch]
)
[ -z "$upwards" ] || echo "$upwards" | sed 's/^/# /'
[ -z "$upwards" ]
tell $? includes_point_down

# The engine with an algebra of no ops: it links, and it knows a scalar.
cat >"$scratch/alone.c" <<'END'
#include "autodiff/op.h"
int main(void)
{
    static const dl_algebra none;
    dl_tape *t = dl_tape_create(&none);
    double two = (dl_item)((dl_scalar)(t, DL_F64, 2));
    dl_tape_free(t);
    return two != 2;
}
END
cc -I. "$scratch/alone.c" "$lib" "$@" -lm -o "$scratch/alone" && "$scratch/alone"
tell $? autodiff_links_alone

# The environment is asked for the number of threads once, at first use, and a process ends in good
# order with a pool of sleeping threads, also from within a part.
cat >"$scratch/threads.c" <<'END'
#define _GNU_SOURCE 1
#include "autodiff/op.h"
#include <stdlib.h>
static void part(void *leave, int64_t k)
{
    if (leave && k == 3) exit(0);
}
int main(int argc, char **argv)
{
    printf("%d", dl_threads());
    setenv("DLTAPE_THREADS", "7", 1);
    if (dl_threads() == 7) return 1;
    dl_set_threads(4);
    for (int k = 0; k < 100; k++) dl_parallel(9, part, NULL);
    if (argc > 1) dl_parallel(9, part, argv);
    return 0;
}
END
cc -I. "$scratch/threads.c" "$lib" "$@" -lm -o "$scratch/threads"
threads() # VALUE WANTED [leave]
{
    answer=$(DLTAPE_THREADS=$1 timeout 60 "$scratch/threads" ${3:+"$3"})
    code=$?
    [ "$code $answer" = "0 $2" ] || echo "# DLTAPE_THREADS=$1: exit $code, $answer, wanted $2"
}
case " $* " in
*" -pthread "*)
    all=$(nproc)
    wrong=$(threads 3 3; threads 3 3 leave; threads 1 1; threads 0 "$all"; threads -1 "$all"
        threads many 1; threads 3x 1; threads '' 1)
    ;;
*) wrong=$(threads 3 1) ;;
esac
[ -z "$wrong" ] || echo "$wrong"
[ -z "$wrong" ]
tell $? threads_come_from_the_environment_and_end_with_the_process

wrong=0
public="ops/elementwise.h ops/logic.h ops/reductions.h ops/linalg.h ops/shapes.h"
public="$public ops/creation.h ops/losses.h ops/deep.h ops/random.h ops/custom.h"
public="$public ops/special.h"
public="$public ops/spectral.h"
public="$public ops/resize.h"
headers="autodiff/autodiff.h autodiff/fn.h autodiff/op.h ops/ops.h nn/nn.h $public"
for h in dltape.h $headers; do
    echo "#include \"$h\"" >"$scratch/one.c"
    cp "$scratch/one.c" "$scratch/one.cpp"
    cc -std=c11 -Wall -Wextra -Wpedantic -Werror -I. -fsyntax-only "$scratch/one.c" &&
        c++ -std=c++17 -Wall -Wextra -Werror -I. -fsyntax-only "$scratch/one.cpp" || wrong=1
done
tell $wrong headers_compile_alone

# Every op's macro stands in places.h.
python3 tools/places.py $public | cmp - ops/places.h
tell $? every_call_of_an_op_is_placed

undocumented=$(python3 tools/ops_doc.py --undocumented $public)
[ -z "$undocumented" ] || echo "$undocumented" | sed 's/^/# /'
[ -z "$undocumented" ]
tell $? every_op_is_documented

unexampled=$(python3 tools/ops_doc.py --unexampled $public)
[ -z "$unexampled" ] || echo "$unexampled" | sed 's/^/# /'
[ -z "$unexampled" ]
tell $? every_op_has_an_example

unmapped=$(python3 tools/ops_doc.py --unmapped docs/from-matlab.md docs/from-pytorch.md -- $public)
[ -z "$unmapped" ] || echo "$unmapped" | sed 's/^/# /'
[ -z "$unmapped" ]
tell $? both_guides_name_every_op

# What prints docs/ops.md: BUILD/tests/ops_rows >rows; python3 tools/ops_doc.py rows HEADERS >docs/ops.md
"$rows" >"$scratch/rows" && python3 tools/ops_doc.py "$scratch/rows" ops/ops.h $public | cmp - docs/ops.md
tell $? the_list_of_ops_is_up_to_date

undeclared=$(python3 tools/ops_doc.py --undeclared docs/*.md README.md -- dltape.h $headers)
[ -z "$undeclared" ] || echo "$undeclared" | sed 's/^/# /'
[ -z "$undeclared" ]
tell $? pages_name_what_is_declared

# A file is under 600 lines, a public header under 400, a line under 101 columns.
long=$(
    wc -l autodiff/*.[ch] ops/*.[ch] ops/kernels/*.[ch] nn/*.[ch] bench/*.[ch] bench/*/*.[ch] bench/peers/*pp examples/*.[ch] tests/*/*.[ch] |
        awk '$2 != "total" && $1 > 600'
    wc -l $headers | awk '$2 != "total" && $1 > 400'
    grep -nE '^.{101,}' autodiff/*.[ch] ops/*.[ch] ops/kernels/*.[ch] nn/*.[ch] bench/*.[ch] bench/*/*.[ch] bench/peers/*pp examples/*.[ch]
)
[ -z "$long" ] || echo "$long" | sed 's/^/# /'
[ -z "$long" ]
tell $? files_are_short
# The code that README shows: the first block compiles, the second is the example.
awk -v out="$scratch/readme_" '/^```c$/ { k++; on = 1; next } /^```$/ { on = 0 } on { print > (out k ".c") }' README.md
cc -std=gnu11 -Wall -Wextra -Werror -Wno-unused-function -I. -fsyntax-only "$scratch/readme_1.c" &&
    cmp "$scratch/readme_2.c" examples/custom_loss_minimal.c
tell $? readme_shows_code_that_compiles
echo "1..$n"
