#!/bin/sh
# Instructions of one step, by callgrind: they repeat, so that a regression of some per cent shows.
# counts.sh compares with baseline.json, as TAP, and fails where a count has grown by more than 2 %;
# counts.sh --refresh writes baseline.json. It is of the release, with AVX2 kernels (valgrind knows
# no AVX-512), and holds for one compiler and architecture: elsewhere the comparison is skipped.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$root/build/release
baseline=$root/bench/baseline.json
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Workload, and steps of the shorter run; the longer one has twice as many.
workloads="W1 200
W2 8
W6 50
W8 500"
modes="define-by-run fn"

skip() { echo "1..0 # SKIP $*"; exit 0; }

refresh=
case "$*" in
'') ;;
--refresh) refresh=yes ;;
*)
    echo "usage: $0 [--refresh]" >&2
    exit 2
    ;;
esac

compiler=$("${CC:-cc}" --version | head -n 1) machine=$(uname -m)
if [ -z "$refresh" ]; then
    command -v valgrind >/dev/null || skip "there is no valgrind"
    [ -f "$baseline" ] || skip "there is no bench/baseline.json"
    of=$(sed -n 's/.*"compiler": "\(.*\)", "machine": "\(.*\)",$/\1, \2/p' "$baseline")
    [ "$of" = "$compiler, $machine" ] || skip "the baseline is of $of; this is $compiler, $machine"
fi

[ -f "$build/build.ninja" ] || meson setup "$build" "$root" --buildtype=release >"$scratch/log"
meson compile -C "$build" dltape_bench >"$scratch/log" || { cat "$scratch/log" >&2; exit 1; }

# total ROW STEPS: all instructions of a process that makes so many steps. One core type for OpenBLAS,
# one thread, and the allocator of libc: what depends on the machine is as little as can be.
total()
{
    DLTAPE_ISA=avx2 DLTAPE_THREADS=1 OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 \
        valgrind --tool=callgrind --callgrind-out-file="$scratch/out" "$build/bench/dltape_bench" \
        --count "$1" "$2" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
    sed -n 's/^summary: //p' "$scratch/out"
}

echo "$workloads" | while read -r workload steps; do
    for mode in $modes; do
        row=$workload:dltape:$mode:1
        "$build/bench/dltape_bench" --list | grep -qxF "$row" || continue
        once=$(total "$row" "$steps")
        twice=$(total "$row" $((2 * steps)))
        echo "$workload $mode $(((twice - once) / steps))"
    done
done >"$scratch/counts"
[ -s "$scratch/counts" ]

if [ -n "$refresh" ]; then
    {
        echo "{"
        echo "  \"compiler\": \"$compiler\", \"machine\": \"$machine\","
        echo "  \"instructions\": ["
        awk '{ printf "%s    {\"workload\": \"%s\", \"mode\": \"%s\", \"per_step\": %d}", comma, $1, $2, $3
               comma = ",\n" } END { print "" }' "$scratch/counts"
        echo "  ]"
        echo "}"
    } >"$baseline"
    cat "$baseline"
    exit
fi

sed -n 's/.*"workload": "\(.*\)", "mode": "\(.*\)", "per_step": \([0-9]*\).*/\1 \2 \3/p' "$baseline" |
    awk 'NR == FNR { was[$1 " " $2] = $3; next }
         !(($1 " " $2) in was) { was[$1 " " $2] = $3; unknown = " (not in the baseline: refresh it)" }
         {
             before = was[$1 " " $2]
             grown = 100 * ($3 / before - 1)
             word = grown > 2 || unknown ? "not ok" : "ok"
             failed += word != "ok"
             printf("%s %d - %s %s: %d instructions, %+.2f %% of %d%s\n", word, ++n, $1, $2, $3, grown, before, unknown)
             unknown = ""
         }
         END { print "1.." n; exit failed > 0 }' - "$scratch/counts"
