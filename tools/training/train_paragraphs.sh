#!/bin/sh
# Trains the three models of paragraphs that tools/QUALITY.md shows, from a folder that holds paragraphs.train.txt.gz and
# paragraphs.dev.txt.gz, one paragraph a line, and measures them side by side:
#
#   tools/training/train_paragraphs.sh FOLDER OUTFOLDER [BUDGET AND OTHER OPTIONS OF train text]
#
# All read the same text in the same order. AUDIOSEARCH names the program; without it target/release/audiosearch is taken.
set -eu
if [ $# -lt 2 ]; then
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
fi
program=${AUDIOSEARCH:-$(dirname "$0")/../../target/release/audiosearch}
folder=$1 out=$2
shift 2
[ $# -gt 0 ] || set -- --steps 200 --epoch 50 --learning-rate 5e-4 --warm-up 50 --batch 2048 --jitter 0 --threads 1

mkdir -p "$out"
for part in train dev; do
    gzip -dc "$folder/paragraphs.$part.txt.gz" > "$out/$part.txt"
done
for levels in "" "--hierarchical" "--hierarchical --attention"; do
    case $levels in "") name=flat ;; *attention) name=attention ;; *) name=hierarchical ;; esac
    # shellcheck disable=SC2086  # the levels are words
    "$program" train text "$out/train.txt" --dev "$out/dev.txt" --paragraphs $levels --out "$out/$name.safetensors" "$@"
done
"$program" eval paragraphs "$out/dev.txt" --model "$out/flat.safetensors" --model "$out/hierarchical.safetensors" \
    --model "$out/attention.safetensors"
