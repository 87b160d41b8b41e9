#!/bin/sh
# The examples as a person runs them, as TAP: examples.sh ROOT CONSTRAINED_AUTOENCODER MINIMAL EMIT_C
# SCRATCH CUSTOM_OP WEIGHTED_CLASSIFICATION
set -u
train=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
minimal=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
emit=$(cd "$(dirname "$4")" && pwd)/$(basename "$4")
custom=$(cd "$(dirname "$6")" && pwd)/$(basename "$6")
weighted=$(cd "$(dirname "$7")" && pwd)/$(basename "$7")
mkdir -p "$5" && scratch=$(cd "$5" && pwd)
cd "$1" || exit 1
n=0
tell()
{
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

# rejects DATA STATUS PART: the data file, written as printf would, is refused with this message.
rejects()
{
    printf "$1" >"$scratch/data.csv"
    "$train" --data "$scratch/data.csv" --epochs 1 >"$scratch/out" 2>"$scratch/err"
    [ $? = 1 ] && grep -qF "data.csv$2" "$scratch/err" || { sed 's/^/# /' "$scratch/err"; false; }
}

"$train" --epochs 20 --seed 3 | grep 'hash of' >"$scratch/one"
"$train" --epochs 20 --seed 3 | grep 'hash of' >"$scratch/two"
"$train" --epochs 20 --seed 4 | grep 'hash of' >"$scratch/three"
grep -q hash "$scratch/one" && cmp -s "$scratch/one" "$scratch/two" && ! cmp -s "$scratch/one" "$scratch/three"
tell $? the_same_seed_gives_the_same_bits

DLTAPE_DISABLE=follow,hash,cse,fold,views,reuse DLTAPE_ISA=baseline "$train" --epochs 20 --seed 3 |
    grep 'hash of' >"$scratch/two"
cmp -s "$scratch/one" "$scratch/two"
tell $? every_mode_trains_to_the_same_bits

"$train" >"$scratch/out" && grep -q 'gradient check: PASS' "$scratch/out" && awk '
    $1 == "loss" && NF > 8 { falls = $NF < $(NF - 1) / 2 }
    /over all rows/ { closer = $9 < $7 / 2 }
    END { exit !(falls && closer) }' "$scratch/out"
tell $? the_loss_falls_and_the_covariance_comes_closer_to_the_identity

"$train" --literal-norm --dtype f64 --optimizer sgdm --rate 0.001 --hidden 3 --batch 30 --epochs 3 \
    --plot "$scratch/loss.svg" >"$scratch/out" && grep -q 'gradient check: PASS' "$scratch/out" &&
    { ! command -v gnuplot >/dev/null || grep -q '<svg' "$scratch/loss.svg"; }
tell $? options_are_taken

rejects '1,2\n3,4,5\n' ':2:' && rejects '1,2\n3,x\n' ':2:3' && rejects '1,2\nnan,4\n' ':2:1' && rejects '' ':'
tell $? bad_data_is_told_by_file_line_and_column

"$train" --data "$scratch/none.csv" >"$scratch/out" 2>"$scratch/err"
[ $? = 1 ] && grep -q 'none.csv' "$scratch/err"
tell $? a_missing_file_is_named

"$train" --epochs many >"$scratch/out" 2>"$scratch/err"
[ $? = 2 ] && grep -q 'epochs' "$scratch/err"
tell $? a_bad_option_is_named

"$minimal" >"$scratch/out" && grep -q '^step 2000  loss' "$scratch/out"
tell $? the_minimal_example_trains

"$emit" >"$scratch/train.c" && cc -std=c99 -Wall -Wextra -Wpedantic -Werror -c -o "$scratch/train.o" "$scratch/train.c"
tell $? the_printed_step_compiles

"$custom" >"$scratch/snake.c" 2>"$scratch/err" && grep -q PASS "$scratch/err" &&
    awk '$1 == "loss" { same = $2 == $4 "," } END { exit !same }' "$scratch/err" &&
    grep -q 'sinf(' "$scratch/snake.c" &&
    cc -std=c99 -Wall -Wextra -Wpedantic -Werror -c -o "$scratch/snake.o" "$scratch/snake.c"
tell $? an_op_of_ones_own_is_checked_frozen_and_printed

"$weighted" >"$scratch/out" && [ "$(grep -c 'gradient check PASS' "$scratch/out")" = 2 ] && awk '
    /versicolor,/ { found[n++] = $(NF - 6) + 0 }
    / loss / { falls += $(NF - 3) + 0 < $NF / 2 }
    END { exit !(n == 2 && found[1] > found[0] && falls == 2) }' "$scratch/out"
tell $? a_layer_of_callbacks_learns_and_its_weights_count

printf '1,2,3\n' >"$scratch/narrow.csv"
"$weighted" "$scratch/narrow.csv" >"$scratch/out" 2>"$scratch/err"
[ $? = 1 ] && grep -q . "$scratch/err"
tell $? a_layer_of_callbacks_tells_what_is_wrong
echo "1..$n"
