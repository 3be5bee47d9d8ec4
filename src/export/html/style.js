// Which colour and shape a point has. Eight colours that colour-blind people tell apart (Okabe and Ito 2008) in five shapes.
const COLOURS = {
  light: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#3FA5DE", "#B7A800", "#404040"],
  dark: ["#3FA5E8", "#F0803C", "#16C79A", "#E29CC4", "#F5B52E", "#8CD3FA", "#F0E442", "#E0E0E0"],
};
const SHAPES = ["circle", "square", "triangle", "diamond", "cross"];
const KINDS = COLOURS.light.length * SHAPES.length;
const OTHER = KINDS; // the style of what has none of its own
const RAMP = KINDS + 1; // the first of the colours of a scale
const STEPS = 64;
// Cividis (Nuñez, Anderton, Renslow 2018), from little to much.
const CIVIDIS = [[0, 32, 77], [49, 68, 107], [102, 105, 112], [149, 143, 120], [203, 186, 105], [255, 234, 70]];

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
function ramp(t) {
  const at = Math.min(Math.max(t, 0), 1) * (CIVIDIS.length - 1);
  const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
  return CIVIDIS[low].map((v, c) => Math.round(v + (CIVIDIS[low + 1][c] - v) * (at - low)));
}
let theme = "light";
// [red, green, blue, shape] of every style.
function styles() {
  const out = [];
  for (let kind = 0; kind < KINDS; kind++) {
    out.push([...rgb(COLOURS[theme][kind % 8]), Math.floor(kind / 8)]);
  }
  out.push([...(theme === "dark" ? [122, 131, 140] : [150, 157, 164]), 0]);
  for (let step = 0; step < STEPS; step++) out.push([...ramp(step / (STEPS - 1)), 0]);
  return out;
}

// How points are grouped for colours: `group[i]` is a number below `names.length`, or NONE.
const waysToColour = [];
function way(id, title, names, group) {
  const size = new Uint32Array(names.length);
  for (let i = 0; i < count; i++) if (group[i] !== NONE) size[group[i]]++;
  const order = names.map((_, g) => g).sort((a, b) => size[b] - size[a] || (names[a] < names[b] ? -1 : 1));
  const style = new Uint16Array(names.length).fill(OTHER);
  order.slice(0, KINDS).forEach((g, at) => (style[g] = at));
  waysToColour.push({ id, title, names, group, size, order, style, centres: null });
}
if (data.labels.length) way("label", "label", data.labels, labelOf);
const clusterNames = Array.from({ length: data.clusters }, (_, g) => `cluster ${g + 1}`);
way("cluster", "cluster", clusterNames, Uint32Array.from(clusterOf));
way("file", "file", data.files, files);
waysToColour.push({ id: "similarity", title: "similarity to the point" });

// Where the name of a group stands: the median of its points.
function centres(way) {
  if (way.centres) return way.centres;
  const members = way.names.map(() => []);
  for (let i = 0; i < count; i++) if (way.group[i] !== NONE) members[way.group[i]].push(i);
  const median = (points, axis) => {
    const sorted = points.map((i) => places[2 * i + axis]).sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  };
  way.centres = members.map((points) => (points.length ? [median(points, 0), median(points, 1)] : null));
  return way.centres;
}

// Per point: its style, and 0 not drawn, 1 faint, 2 plain, 3 stressed.
const paint = new Uint8Array(count);
const stress = new Uint8Array(count).fill(2);
