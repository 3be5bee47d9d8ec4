// Mouse, touch and keys.
const lasso = { on: false };
function lassoMode(on) {
  lasso.on = on;
  $("lasso").setAttribute("aria-pressed", on);
  state.lasso = null;
  hint(on ? "Draw around the points that you want." : "");
  redraw();
}
function inside(polygon, px, py) {
  let within = false;
  for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
    const [ax, ay] = polygon[a], [bx, by] = polygon[b];
    if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}
function endLasso() {
  const polygon = state.lasso;
  lassoMode(false);
  if (polygon.length < 3) return;
  const [xs, ys] = [polygon.map((p) => p[0]), polygon.map((p) => p[1])];
  const points = [];
  const [low, high] = [planeY(Math.max(...ys)), planeY(Math.min(...ys))];
  grid.within(planeX(Math.min(...xs)), low, planeX(Math.max(...xs)), high, (i) => {
    if (stress[i] >= 2 && inside(polygon, screenX(places[2 * i]), screenY(places[2 * i + 1]))) points.push(i);
  });
  select(points.sort((a, b) => a - b));
}

// Fingers and the mouse that are down, by their number.
const pointers = new Map();
let travelled = 0;
const here = (event) => {
  const frame = marks.getBoundingClientRect();
  return [event.clientX - frame.left, event.clientY - frame.top];
};
marks.addEventListener("pointerdown", (event) => {
  marks.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, here(event));
  if (pointers.size === 1) {
    travelled = 0;
    if (event.shiftKey) lassoMode(true);
    if (lasso.on) state.lasso = [here(event)];
  }
});
marks.addEventListener("pointermove", (event) => {
  const now = here(event), before = pointers.get(event.pointerId);
  if (!before) return hover(under(...now, 12), now);
  if (lasso.on && pointers.size === 1) {
    state.lasso?.push(now);
    redraw();
  } else if (pointers.size === 1) {
    travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (travelled > 4) {
      marks.classList.add("drag");
      hover(-1, null);
      pan(now[0] - before[0], now[1] - before[1]);
    }
  } else {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
    travelled = 99;
    pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, apart(now) / Math.max(apart(before), 1));
  }
  if (travelled > 4 || pointers.size > 1 || lasso.on) pointers.set(event.pointerId, now);
});
function lift(event) {
  if (!pointers.delete(event.pointerId) || pointers.size) return;
  marks.classList.remove("drag");
  if (state.lasso) return endLasso();
  if (event.type === "pointerup" && travelled <= 4) choose(under(...here(event), event.pointerType === "touch" ? 24 : 12));
}
marks.addEventListener("pointerup", lift);
marks.addEventListener("pointercancel", lift);
marks.addEventListener("pointerleave", () => hover(-1, null));
marks.addEventListener("wheel", (event) => {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 30 : 1;
  zoomAt(...here(event), Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)));
}, { passive: false });

// The nearest drawn point in a direction, sideways counted double.
function towards(dx, dy) {
  const from = state.point;
  if (from < 0) return under(view.width / 2, view.height / 2, Math.max(view.width, view.height));
  let best = -1, least = Infinity;
  for (let i = 0; i < count; i++) {
    if (i === from || stress[i] < 2) continue;
    const x = places[2 * i] - places[2 * from], y = places[2 * i + 1] - places[2 * from + 1];
    const ahead = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
    if (ahead > 0 && ahead + 2 * aside < least) [best, least] = [i, ahead + 2 * aside];
  }
  return best;
}
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
function forget() {
  if (lasso.on) return lassoMode(false);
  if (state.point >= 0) return choose(-1);
  select([]);
  state.only.clear();
  $("search").value = "";
  search("");
  showLegend();
}
const KEYS = {
  "+": () => zoomAt(view.width / 2, view.height / 2, 1.3),
  "=": () => zoomAt(view.width / 2, view.height / 2, 1.3),
  "-": () => zoomAt(view.width / 2, view.height / 2, 1 / 1.3),
  "0": fit,
  n: () => state.point >= 0 && neighbours(state.point).length && choose(neighbours(state.point)[0].id),
  l: () => lassoMode(!lasso.on),
  t: () => tabular(!document.body.classList.contains("tabular")),
  "/": () => $("search").focus(),
  Escape: forget,
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (typing && event.key !== "Escape") return;
  const way = ARROWS[event.key];
  if (way && event.target === marks) {
    if (event.shiftKey) pan(-60 * way[0], 60 * way[1]);
    else {
      const to = towards(...way);
      if (to >= 0) choose(to);
    }
  } else if (event.key === "Enter" && event.target === marks) {
    if (state.point >= 0) play(state.point);
  } else if (KEYS[event.key] && !way) {
    KEYS[event.key]();
  } else {
    return;
  }
  event.preventDefault();
});

function dress(to) {
  theme = to;
  document.documentElement.dataset.theme = to;
  $("theme").textContent = to === "dark" ? "Light" : "Dark";
  renderer.restyle();
  showLegend();
  redraw();
}

$("title").textContent = data.title;
$("about").textContent = data.about;
$("drawn").textContent = data.drawn;
$("hear").hidden = !isAudio;
for (const { id, title } of waysToColour) $("colour").append(element("option", title, { value: id }));
$("colour").value = state.colour = data.colour;
$("colour").addEventListener("change", () => {
  state.colour = $("colour").value;
  state.only.clear();
  paintAll();
  showLegend();
});
let typed = 0;
$("search").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => search($("search").value), 120);
});
$("search").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  clearTimeout(typed);
  search($("search").value);
  const first = shownPoints()[0];
  if (state.found && first !== undefined) choose(first);
});
$("names").addEventListener("change", redraw);
$("sound").addEventListener("change", silence);
$("lasso").addEventListener("click", () => lassoMode(!lasso.on));
$("tabular").addEventListener("click", () => tabular($("table").hidden));
$("theme").addEventListener("click", () => dress(theme === "dark" ? "light" : "dark"));
$("in").addEventListener("click", () => KEYS["+"]());
$("out").addEventListener("click", () => KEYS["-"]());
$("fit").addEventListener("click", fit);
$("take").addEventListener("click", () => select(shownPoints()));
$("save").addEventListener("click", save);
$("clear").addEventListener("click", () => select([]));
$("back").addEventListener("click", () => showTable(Math.max(0, tableFrom - PAGE)));
$("next").addEventListener("click", () => showTable(tableFrom + PAGE));
document.querySelector(".skip").addEventListener("click", () => tabular(true));
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => dress(dark.matches ? "dark" : "light"));
new ResizeObserver(measure).observe($("stage"));

measure();
fit();
dress(dark.matches ? "dark" : "light");
paintAll();
showLegend();
// For those who script the page: where on it a point is drawn, and what the page does at the moment.
window.audiosearch = {
  where(i) {
    const frame = marks.getBoundingClientRect();
    return [frame.left + screenX(places[2 * i]), frame.top + screenY(places[2 * i + 1])];
  },
  nearest: (x, y) => under(x, y, Math.max(view.width, view.height)),
  state: () => ({ point: state.point, hover: state.hover, chosen: state.chosen.size, scale: view.scale / home.scale, renderer: renderer.name }),
};
document.documentElement.dataset.ready = renderer.name;
