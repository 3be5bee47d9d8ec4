#!/bin/sh
# Trains the sentence model that ships, src/sentence/weights/text.safetensors, from a folder that holds sentences.train.txt.gz and
# sentences.dev.txt.gz, one sentence a line:
#
#   tools/training/train_text.sh FOLDER OUT.safetensors [BUDGET AND OTHER OPTIONS OF train text]
#
# Without further options it trains as the shipped weights were trained; on one core that takes ten minutes.
# AUDIOSEARCH names the program; without it target/release/audiosearch is taken.
set -eu
if [ $# -lt 2 ]; then
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0" >&2
    exit 2
fi
program=${AUDIOSEARCH:-$(dirname "$0")/../../target/release/audiosearch}
folder=$1 out=$2
shift 2
[ $# -gt 0 ] || set -- --steps 400 --epoch 100 --learning-rate 5e-4 --warm-up 200 --batch 2048 --jitter 0 --threads 1

text=$(mktemp -d)
trap 'rm -rf "$text"' EXIT
for part in train dev; do
    gzip -dc "$folder/sentences.$part.txt.gz" > "$text/$part.txt"
done
"$program" train text "$text/train.txt" --dev "$text/dev.txt" --out "$out" "$@"
