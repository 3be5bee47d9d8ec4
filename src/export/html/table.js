// All points as a table, for those who cannot use or do not want the picture.
const PAGE = 100;
let tableFrom = 0;
const tableRows = new Map();

function showTable(from) {
  tableFrom = from;
  if (!document.body.classList.contains("tabular")) return;
  const points = shownPoints();
  const table = $("table").querySelector("table");
  const heads = ["Label", ...(data.texts ? ["Text"] : []), "File", isAudio ? "Time" : "Place", "Nearest neighbours", ""];
  table.tHead.replaceChildren(element("tr", heads.map((head) => element("th", head, { scope: "col" }))));
  tableRows.clear();
  const rows = points.slice(from, from + PAGE).map((i) => {
    const cells = [element("td", label(i) ? brief(label(i), 400) : "")];
    if (data.texts) cells.push(element("td", [element("div", brief(textOf(i) ?? "", 2000))], { class: "long" }));
    const near = neighbours(i).slice(0, 3).map(({ id, score }) => `${brief(nameOf(id), 40)} (${score.toFixed(2)})`).join(", ");
    cells.push(element("td", pathOf(i)), element("td", when(i), { class: "number" }), element("td", near));
    const act = element("button", isAudio ? "Play" : "Choose", { "aria-label": `${isAudio ? "Play" : "Choose"} ${brief(nameOf(i), 60)}` });
    act.addEventListener("click", () => choose(i));
    cells.push(element("td", [act]));
    const row = element("tr", cells);
    tableRows.set(i, row);
    return row;
  });
  table.tBodies[0].replaceChildren(...rows);
  const to = Math.min(from + PAGE, points.length);
  $("range").textContent = points.length ? `${from + 1}–${to} of ${points.length}` : "Nothing is found.";
  $("back").disabled = from === 0;
  $("next").disabled = to >= points.length;
  markRow();
}
function markRow() {
  for (const [i, row] of tableRows) row.setAttribute("aria-selected", i === state.point);
}
function tabular(on) {
  document.body.classList.toggle("tabular", on);
  $("table").hidden = !on;
  $("tabular").setAttribute("aria-pressed", on);
  $("tabular").textContent = on ? "Map" : "Table";
  if (on) {
    showTable(0);
    $("table").focus();
  } else {
    measure();
  }
}
