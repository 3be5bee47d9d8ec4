// Where one looks, and what is drawn over the points: names, neighbours, rings, arrows, the lasso.
const marks = $("marks");
const pen = marks.getContext("2d");
const screenX = (x) => view.width / 2 + (x - view.x) * view.scale;
const screenY = (y) => view.height / 2 - (y - view.y) * view.scale;
const planeX = (px) => view.x + (px - view.width / 2) / view.scale;
const planeY = (py) => view.y - (py - view.height / 2) / view.scale;

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    renderer.draw();
    drawMarks();
  });
}
function restyle() {
  sortByStress();
  renderer.restyle();
  redraw();
}

function measure() {
  const size = $("stage").getBoundingClientRect();
  if (!size.width) return;
  const atHome = view.x === home.x && view.y === home.y && view.scale === home.scale;
  view.width = size.width;
  view.height = size.height;
  view.ratio = Math.min(window.devicePixelRatio || 1, 2);
  for (const canvas of [renderer.canvas, marks]) {
    canvas.width = Math.round(view.width * view.ratio);
    canvas.height = Math.round(view.height * view.ratio);
  }
  const margin = Math.min(40, view.width / 12, view.height / 12);
  home.x = (box.left + box.right) / 2;
  home.y = (box.top + box.bottom) / 2;
  const wide = Math.max(box.right - box.left, 1e-6), high = Math.max(box.bottom - box.top, 1e-6);
  home.scale = Math.min((view.width - 2 * margin) / wide, (view.height - 2 * margin) / high);
  if (atHome) Object.assign(view, home);
  redraw();
}
function fit() {
  Object.assign(view, home);
  redraw();
}
// Zooms so that what lies under a pixel stays there.
function zoomAt(px, py, factor) {
  const x = planeX(px), y = planeY(py);
  view.scale = Math.min(Math.max(view.scale * factor, home.scale / 4), home.scale * 5000);
  view.x = x - (px - view.width / 2) / view.scale;
  view.y = y + (py - view.height / 2) / view.scale;
  redraw();
}
function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y += dy / view.scale;
  redraw();
}
// Brings a point into the picture where it is not.
function reveal(i) {
  const px = screenX(places[2 * i]), py = screenY(places[2 * i + 1]);
  if (px < 30 || py < 30 || px > view.width - 30 || py > view.height - 30) {
    view.x = places[2 * i];
    view.y = places[2 * i + 1];
  }
  redraw();
}
// The nearest point that is drawn within `reach` pixels, or -1.
function under(px, py, reach) {
  const r = reach / view.scale, x = planeX(px), y = planeY(py);
  let best = -1, least = r * r;
  grid.within(x - r, y - r, x + r, y + r, (i) => {
    const dx = places[2 * i] - x, dy = places[2 * i + 1] - y;
    const distance = (dx * dx + dy * dy) * (stress[i] === 1 ? 4 : 1);
    if (stress[i] && distance <= least) [best, least] = [i, distance];
  });
  return best;
}

const state = { colour: waysToColour[0].id, point: -1, hover: -1, only: new Set(), found: null, chosen: new Set(), lasso: null };
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function ring(i, radius, width) {
  pen.beginPath();
  pen.arc(screenX(places[2 * i]), screenY(places[2 * i + 1]), radius, 0, 2 * Math.PI);
  pen.lineWidth = width;
  pen.stroke();
}
function written(text, x, y, ink, ground) {
  pen.lineWidth = 3.5;
  pen.strokeStyle = ground;
  pen.strokeText(text, x, y);
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}
function drawNames(ink, ground) {
  const way = waysToColour.find((w) => w.id === state.colour);
  if (!$("names").checked || !way.names || way.id === "file") return;
  const where = centres(way), taken = [];
  pen.font = "600 12.5px system-ui, sans-serif";
  for (const g of way.order) {
    if (taken.length >= 60) break;
    if (!where[g] || (state.only.size && !state.only.has(g))) continue;
    const text = brief(way.names[g], 28);
    const x = screenX(where[g][0]), y = screenY(where[g][1]);
    const half = pen.measureText(text).width / 2 + 4;
    const own = { left: x - half, right: x + half, top: y - 11, bottom: y + 11 };
    if (own.left < 0 || own.right > view.width || own.top < 0 || own.bottom > view.height) continue;
    if (taken.some((t) => own.left < t.right && t.left < own.right && own.top < t.bottom && t.top < own.bottom)) continue;
    taken.push(own);
    written(text, x, y, ink, ground);
  }
}
function drawArrows(ink, ground) {
  for (const arrow of data.arrows) {
    const [x0, y0, x1, y1] = [screenX(arrow.x0), screenY(arrow.y0), screenX(arrow.x1), screenY(arrow.y1)];
    const angle = Math.atan2(y1 - y0, x1 - x0);
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(x0, y0);
    pen.lineTo(x1, y1);
    for (const turn of [2.7, -2.7]) {
      pen.moveTo(x1, y1);
      pen.lineTo(x1 + 11 * Math.cos(angle + turn), y1 + 11 * Math.sin(angle + turn));
    }
    pen.stroke();
    pen.font = "600 13px system-ui, sans-serif";
    written(brief(arrow.from, 28), x0, y0 + (y0 > y1 ? 14 : -14), ink, ground);
    written(brief(arrow.to, 28), x1, y1 + (y0 > y1 ? -14 : 14), ink, ground);
  }
}
function drawMarks() {
  const ink = colour("--mark"), ground = colour("--ground"), accent = colour("--accent");
  pen.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
  pen.clearRect(0, 0, view.width, view.height);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  if (data.arrows.length) drawArrows(ink, ground);
  else drawNames(ink, ground);
  if (state.chosen.size) {
    pen.strokeStyle = accent;
    let rings = 0;
    for (const i of state.chosen) {
      ring(i, dotSize() / 2 + 2, 1);
      if (++rings > 3000) break;
    }
  }
  if (state.point >= 0) {
    pen.strokeStyle = ink;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const { id } of neighbours(state.point)) {
      pen.moveTo(screenX(places[2 * state.point]), screenY(places[2 * state.point + 1]));
      pen.lineTo(screenX(places[2 * id]), screenY(places[2 * id + 1]));
    }
    pen.stroke();
    for (const { id } of neighbours(state.point)) ring(id, dotSize() / 2 + 2.5, 1.5);
    ring(state.point, dotSize() / 2 + 5, 2.5);
  }
  if (state.hover >= 0) {
    pen.strokeStyle = accent;
    ring(state.hover, dotSize() / 2 + 4, 2.5);
  }
  if (state.lasso?.length > 1) {
    pen.strokeStyle = accent;
    pen.lineWidth = 1.5;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    state.lasso.forEach(([px, py], at) => (at ? pen.lineTo(px, py) : pen.moveTo(px, py)));
    pen.closePath();
    pen.stroke();
    pen.setLineDash([]);
  }
}
