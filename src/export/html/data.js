// What the page was given: texts as they are, numbers as base64 of little-endian arrays.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const NONE = 0xffffffff;

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}
const count = data.count;
const places = new Float32Array(bytes(data.places).buffer);
const files = new Uint32Array(bytes(data.file).buffer);
const starts = new Uint32Array(bytes(data.start).buffer);
const lengths = new Uint32Array(bytes(data.length).buffer);
const labelOf = new Uint32Array(bytes(data.label).buffer);
const clusterOf = bytes(data.cluster);
const nearIds = new Uint32Array(bytes(data.near.ids).buffer);
const nearScores = new Int16Array(bytes(data.near.scores).buffer);
const codes = new Int8Array(bytes(data.codes.values).buffer);
const isAudio = data.collection === "audio";

const pathOf = (i) => data.files[files[i]];
const label = (i) => (labelOf[i] === NONE ? null : data.labels[labelOf[i]]);
const textOf = (i) => (data.texts ? data.texts[i] : null);
const seconds = (sample) => sample / data.rate;
// Sentences of subtitles have times, in milliseconds; of other texts lines.
const isTimed = (i) => /\.(srt|vtt)$/i.test(pathOf(i));
const placeOf = (i) => {
  const [start, end] = [starts[i], starts[i] + lengths[i]];
  if (isAudio) return { start: seconds(start), end: seconds(end) };
  return isTimed(i) ? { start: start / 1000, end: end / 1000 } : { start: start + 1, end };
};

function clock(s) {
  const minutes = Math.floor(s / 60);
  const rest = (s - 60 * minutes).toFixed(2);
  return minutes ? `${minutes}:${rest.padStart(5, "0")}` : rest;
}
function when(i) {
  const { start, end } = placeOf(i);
  if (isAudio || isTimed(i)) return `${clock(start)} – ${clock(end)} s`;
  return end > start ? `lines ${start}–${end}` : `line ${start}`;
}
function brief(text, most) {
  const letters = Array.from(text);
  return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : text;
}
// What a point is called where there is room for one line.
const nameOf = (i) => brief(label(i) ?? textOf(i) ?? `${pathOf(i)} ${when(i)}`, 120);

function neighbours(i) {
  const out = [];
  for (let at = i * data.near.k; at < (i + 1) * data.near.k && nearIds[at] !== NONE; at++) {
    out.push({ id: nearIds[at], score: nearScores[at] / 32767 });
  }
  return out;
}

// Cosine of one point with all, from the codes.
const norms = new Float32Array(count);
for (let i = 0, at = 0; i < count; i++) {
  let sum = 0;
  for (let c = 0; c < data.codes.columns; c++, at++) sum += codes[at] * codes[at];
  norms[i] = Math.sqrt(sum) || 1;
}
function similarities(point) {
  const out = new Float32Array(count);
  const own = codes.subarray(point * data.codes.columns, (point + 1) * data.codes.columns);
  for (let i = 0, at = 0; i < count; i++) {
    let sum = 0;
    for (let c = 0; c < own.length; c++, at++) sum += own[c] * codes[at];
    out[i] = sum / (norms[i] * norms[point]);
  }
  return out;
}

// The points of every square of the plane, to find what lies under a pointer.
const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
for (let i = 0; i < count; i++) {
  box.left = Math.min(box.left, places[2 * i]);
  box.right = Math.max(box.right, places[2 * i]);
  box.top = Math.min(box.top, places[2 * i + 1]);
  box.bottom = Math.max(box.bottom, places[2 * i + 1]);
}
const grid = (() => {
  const side = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(count / 2))));
  const width = Math.max(box.right - box.left, 1e-9) / side;
  const height = Math.max(box.bottom - box.top, 1e-9) / side;
  const clamp = (v) => Math.max(0, Math.min(side - 1, Math.floor(v)));
  const column = (x) => clamp((x - box.left) / width);
  const row = (y) => clamp((y - box.top) / height);
  const begins = new Uint32Array(side * side + 1);
  const square = (i) => row(places[2 * i + 1]) * side + column(places[2 * i]);
  for (let i = 0; i < count; i++) begins[square(i) + 1]++;
  for (let s = 0; s < side * side; s++) begins[s + 1] += begins[s];
  const fill = begins.slice();
  const members = new Uint32Array(count);
  for (let i = 0; i < count; i++) members[fill[square(i)]++] = i;
  return {
    // Calls `visit` for every point in the squares that a rectangle touches.
    within(left, top, right, bottom, visit) {
      for (let r = row(top); r <= row(bottom); r++) {
        const from = begins[r * side + column(left)], to = begins[r * side + column(right) + 1];
        for (let at = from; at < to; at++) visit(members[at]);
      }
    },
  };
})();
