// The legend, the point, the search and the selection. What was read from files is only ever set as text.
function element(name, content, attributes = {}) {
  const made = document.createElement(name);
  if (typeof content === "string") made.textContent = content;
  else for (const child of content ?? []) made.append(child);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
const wayNow = () => waysToColour.find((w) => w.id === state.colour);

function swatch(style) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-1.1 -1.1 2.2 2.2");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const [r, g, b, shape] = styles()[style];
  const bar = "M-.95-.32h.63v-.63h.64v.63h.63v.64h-.63v.63h-.64v-.63h-.63z";
  const forms = ["M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z", "M-.86-.86h1.72v1.72h-1.72z", "M0-1L1.05.9h-2.1z", "M0-1L1 0 0 1-1 0z", bar];
  path.setAttribute("d", forms[shape]);
  path.setAttribute("fill", `rgb(${r},${g},${b})`);
  svg.append(path);
  return svg;
}

function paintAll() {
  const way = wayNow();
  let scores = null;
  if (way.id === "similarity") {
    scores = state.point >= 0 ? similarities(state.point) : null;
    let low = 1;
    if (scores) for (const score of scores) low = Math.min(low, score);
    for (let i = 0; i < count; i++) {
      paint[i] = scores ? RAMP + Math.round(((scores[i] - low) / Math.max(1 - low, 1e-6)) * (STEPS - 1)) : OTHER;
    }
    way.low = low;
  } else {
    for (let i = 0; i < count; i++) paint[i] = way.group[i] === NONE ? OTHER : way.style[way.group[i]];
  }
  for (let i = 0; i < count; i++) {
    const out = (way.names && state.only.size && !state.only.has(way.group[i])) || (state.found && !state.found[i]);
    stress[i] = out ? 1 : state.found || state.only.size ? 3 : 2;
  }
  restyle();
}

function showLegend() {
  const way = wayNow(), legend = $("legend");
  legend.replaceChildren();
  if (way.id === "similarity") {
    if (state.point < 0) return legend.append(element("p", "Choose a point: the others take the colour of their likeness to it.", { class: "soft" }));
    const bar = element("canvas", "", { width: STEPS, height: 1, role: "img", "aria-label": "scale from little to much likeness" });
    styles().slice(RAMP).forEach(([r, g, b], step) => {
      const pen = bar.getContext("2d");
      pen.fillStyle = `rgb(${r},${g},${b})`;
      pen.fillRect(step, 0, 1, 1);
    });
    const ends = element("div", [element("span", way.low.toFixed(2)), element("span", "1.00 the same")], { class: "ends" });
    return legend.append(bar, ends, element("p", data.codes.note, { class: "soft" }));
  }
  const list = element("ul");
  for (const g of way.order.slice(0, 400)) {
    if (!way.size[g]) continue;
    const name = element("span", brief(way.names[g], 200), { class: "name", title: brief(way.names[g], 500) });
    const button = element("button", [swatch(way.style[g]), name, element("span", String(way.size[g]), { class: "number" })]);
    button.setAttribute("aria-pressed", state.only.has(g));
    button.addEventListener("click", () => {
      if (!state.only.delete(g)) state.only.add(g);
      button.setAttribute("aria-pressed", state.only.has(g));
      paintAll();
    });
    list.append(element("li", [button]));
  }
  legend.append(list);
  const bare = way.group.reduce((sum, g) => sum + (g === NONE ? 1 : 0), 0);
  const notes = [];
  if (way.order.length > KINDS) notes.push(`${way.order.length - KINDS} smaller ones of ${way.order.length} are grey.`);
  if (bare) notes.push(`${bare} points have no ${way.title}.`);
  if (notes.length) legend.append(element("p", notes.join(" "), { class: "soft" }));
}

function row(list, term, value) {
  if (value !== null && value !== "") list.append(element("dt", term), element("dd", value));
}
function showPoint() {
  const i = state.point, panel = $("point");
  panel.replaceChildren();
  if (i < 0) return panel.append(element("p", `Point at a dot to ${isAudio ? "hear" : "read"} it; click for its nearest neighbours.`, { class: "soft" }));
  const facts = element("dl");
  row(facts, "Label", label(i));
  row(facts, "Text", textOf(i));
  row(facts, "File", pathOf(i));
  row(facts, isAudio ? "Time" : "Place", when(i));
  row(facts, "Cluster", String(clusterOf[i] + 1));
  panel.append(facts);
  if (isAudio) {
    const again = element("button", "Play", { id: "play" });
    again.addEventListener("click", () => play(i));
    panel.append(again);
  }
  const near = element("ol");
  for (const { id, score } of neighbours(i)) {
    const name = element("span", nameOf(id), { class: "name", title: `${brief(pathOf(id), 300)}, ${when(id)}` });
    const button = element("button", [element("span", score.toFixed(2), { class: "number" }), name]);
    button.addEventListener("click", () => choose(id));
    button.addEventListener("pointerenter", () => hover(id, null));
    near.append(element("li", [button]));
  }
  panel.append(element("h3", "Nearest neighbours"), near);
}

function choose(i, quiet = false) {
  state.point = i;
  if (i >= 0 && !quiet) play(i);
  if (i >= 0) reveal(i);
  showPoint();
  if (state.colour === "similarity") {
    paintAll();
    showLegend();
  }
  markRow();
  redraw();
}

let soon = 0;
function hover(i, at) {
  const tip = $("tip");
  if (i !== state.hover) {
    state.hover = i;
    clearTimeout(soon);
    if (i >= 0 && $("sound").checked) soon = setTimeout(() => play(i), 60);
    tip.hidden = i < 0 || !at;
    if (i >= 0) {
      const facts = [brief(pathOf(i), 200), when(i)];
      if (label(i) && textOf(i)) facts.unshift(brief(textOf(i), 200));
      tip.replaceChildren(element("b", nameOf(i)), ...facts.map((fact) => element("span", fact)));
    }
    redraw();
  }
  if (i >= 0 && at) {
    const size = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(at[0] + 14, view.width - size.width - 6))}px`;
    tip.style.top = `${at[1] + size.height + 24 > view.height ? Math.max(4, at[1] - size.height - 12) : at[1] + 16}px`;
  }
}

function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  state.found = null;
  if (words.length) {
    state.found = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const all = `${label(i) ?? ""} ${textOf(i) ?? ""} ${pathOf(i)}`.toLowerCase();
      if (words.every((word) => all.includes(word))) state.found[i] = 1;
    }
  }
  const hits = state.found ? state.found.reduce((sum, hit) => sum + hit, 0) : 0;
  $("found").textContent = state.found ? `${hits} of ${count}` : "";
  paintAll();
  showTable(0);
}

// What the search and the legend leave, in the order of the files.
function shownPoints() {
  const out = [];
  for (let i = 0; i < count; i++) if (stress[i] >= 2) out.push(i);
  return out;
}
function select(points) {
  state.chosen = new Set(points);
  const n = state.chosen.size;
  $("selected").textContent = n ? `${n} ${n === 1 ? "point is" : "points are"} selected.` : "Nothing is selected.";
  $("save").disabled = $("clear").disabled = !n;
  redraw();
}
function selectionLines() {
  return [...state.chosen].map((i) => {
    return JSON.stringify({ path: pathOf(i), ...placeOf(i), label: label(i), text: textOf(i), x: places[2 * i], y: places[2 * i + 1] });
  }).join("\n") + "\n";
}
function save() {
  const link = element("a", "", { download: "selection.jsonl" });
  link.href = URL.createObjectURL(new Blob([selectionLines()], { type: "application/jsonl" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
