#!/bin/sh
# Makes the small recordings under tests/fixtures again: one second of a rising tone in each format that is read.
# Needs ffmpeg with libmp3lame and libvorbis.
set -eu
cd "$(dirname "$0")/../tests/fixtures"

tone() { # rate, channels, file, encoder options
    rate=$1 channels=$2 file=$3
    shift 3
    signal='0.5*sin(2*PI*(300*t+600*t*t))'
    [ "$channels" = 1 ] || signal="$signal|$signal"
    ffmpeg -v error -y -f lavfi -i "aevalsrc=$signal:s=$rate:d=1" -bitexact "$@" "$file"
}

tone 16000 1 tone.flac -c:a flac -compression_level 8
tone 22050 2 tone.mp3 -c:a libmp3lame -b:a 48k
tone 22050 1 untagged.mp3 -c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 0
tone 22050 1 tone.ogg -c:a libvorbis -q:a 1 -serial_offset 1
tone 16000 1 second.ogg -c:a libvorbis -q:a 1 -serial_offset 2
tone 22050 2 tone.m4a -c:a aac -b:a 48k -movflags +faststart
tone 22050 1 moov-last.m4a -c:a aac -b:a 32k
tone 22050 1 tone.aac -c:a aac -b:a 32k -f adts
tone 16000 1 alac.m4a -c:a alac
tone 8000 1 tone.aiff -c:a pcm_s16be
tone 8000 1 alaw.wav -c:a pcm_alaw
tone 8000 1 mulaw.wav -c:a pcm_mulaw

ffmpeg -v error -y -f lavfi -i color=red:s=16x16:d=1 -frames:v 1 -bitexact cover.png
ffmpeg -v error -y -i tone.m4a -i cover.png -map 0 -map 1 -c copy -disposition:v:0 attached_pic -bitexact cover.m4a
rm cover.png
