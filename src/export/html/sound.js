// Sound: out of the page where the page carries it, else out of the recording beside it.
const audio = $("audio");
const hint = (text) => {
  $("hint").textContent = text;
  $("hint").hidden = !text;
};

const ADPCM_MOVES = [-1, -1, -1, -1, 2, 4, 6, 8];
const ADPCM_STEPS = (() => {
  const steps = [7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118];
  steps.push(130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060);
  steps.push(1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132);
  steps.push(7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767);
  return steps;
})();
// One block of IMA ADPCM: 16 bits of the first value, 8 of the step, 8 unused, then four bits a sample, low half first.
function decode(block, out, at) {
  let value = new DataView(block.buffer, block.byteOffset).getInt16(0, true);
  let step = block[2];
  for (let n = 0; n < data.sound.blockSamples; n++) {
    const code = (block[4 + (n >> 1)] >> (n & 1 ? 4 : 0)) & 15;
    const size = ADPCM_STEPS[step];
    let change = size >> 3;
    if (code & 1) change += size >> 2;
    if (code & 2) change += size >> 1;
    if (code & 4) change += size;
    value = Math.max(-32768, Math.min(32767, value + (code & 8 ? -change : change)));
    step = Math.max(0, Math.min(88, step + ADPCM_MOVES[code & 7]));
    out[at + n] = value;
  }
}
// The runs of blocks by file: [first block, count, where it lies].
const runs = new Map();
for (const [file, first, blocks, where] of data.sound.runs) {
  if (!runs.has(file)) runs.set(file, []);
  runs.get(file).push([first, blocks, where]);
}
// The samples of a point, or null where the page does not carry all of them.
function samplesOf(i) {
  const size = data.sound.blockSamples;
  const first = Math.floor(starts[i] / size), last = Math.floor((starts[i] + Math.max(lengths[i], 1) - 1) / size);
  const run = (runs.get(files[i]) ?? []).find(([from, blocks]) => from <= first && last < from + blocks);
  if (!run) return null;
  const out = new Int16Array((last - first + 1) * size);
  const letters = data.sound.blockLetters, from = run[2] + first - run[0];
  const raw = bytes(data.sound.data.substr(from * letters, (last - first + 1) * letters));
  const each = raw.length / (last - first + 1);
  for (let b = 0; b <= last - first; b++) decode(raw.subarray(b * each, (b + 1) * each), out, b * size);
  return out.subarray(starts[i] - first * size, starts[i] - first * size + lengths[i]);
}
function wav(samples) {
  const head = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, n) => head.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  head.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  [[16, 16, 4], [20, 1, 2], [22, 1, 2], [24, data.rate, 4], [28, 2 * data.rate, 4], [32, 2, 2], [34, 16, 2]].forEach(
    ([at, value, width]) => (width === 4 ? head.setUint32(at, value, true) : head.setUint16(at, value, true)));
  text(36, "data");
  head.setUint32(40, 2 * samples.length, true);
  return new Blob([head, samples], { type: "audio/wav" });
}

let stopAt = Infinity, address = null;
function play(i) {
  if (!isAudio) return;
  if (address) URL.revokeObjectURL(address);
  address = null;
  const samples = samplesOf(i);
  if (samples) {
    address = URL.createObjectURL(wav(samples));
    stopAt = Infinity;
    audio.src = address;
  } else if (data.links[files[i]]) {
    const [from, to] = [seconds(starts[i]), seconds(starts[i] + lengths[i])];
    stopAt = to;
    audio.src = `${data.links[files[i]]}#t=${from.toFixed(3)},${to.toFixed(3)}`;
  } else {
    return;
  }
  audio.dataset.point = i;
  audio.play().then(() => hint(""), (cause) => {
    if (cause.name === "NotAllowedError") hint("Click the map once: a browser plays no sound before that.");
    else if (cause.name !== "AbortError") hint(`${pathOf(i)} cannot be played from here: the page must lie where its relative paths lead to the recordings.`);
  });
}
function silence() {
  audio.pause();
}
audio.addEventListener("timeupdate", () => {
  if (audio.currentTime >= stopAt) audio.pause();
});
