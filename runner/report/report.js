"use strict";
/* Tables sort by the column whose head is pressed; numbers by their value, text by its letters. */
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement, table = head.closest("table"), body = table.tBodies[0];
    const column = head.cellIndex, down = head.getAttribute("aria-sort") === "ascending";
    const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const rows = [...body.rows];
    const isNumber = head.classList.contains("n");
    rows.sort((a, b) => {
      const x = value(a), y = value(b);
      if (x === "" || y === "") return (x === "") - (y === "");
      const order = isNumber ? Number(x) - Number(y) : x.localeCompare(y);
      return down ? -order : order;
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  });
}

/* A replay is a sheet of frames and what each shows. */
function openPlayer(figure) {
  const sheet = figure.querySelector("img"), canvas = figure.querySelector("canvas");
  const play = figure.querySelector(".play"), range = figure.querySelector("input");
  const speed = figure.querySelector("select"), caption = figure.querySelector("figcaption");
  const captions = JSON.parse(figure.dataset.captions), data = figure.dataset;
  const width = Number(data.width), height = Number(data.height), columns = Number(data.columns);
  const frames = Number(data.frames), rate = Number(data.rate);
  const context = canvas.getContext("2d");
  let frame = 0, timer = 0;
  const show = (n) => {
    frame = Math.max(0, Math.min(frames - 1, n));
    context.drawImage(sheet, frame % columns * width, Math.floor(frame / columns) * height,
      width, height, 0, 0, width, height);
    range.value = frame;
    caption.textContent = captions[frame];
    figure.dataset.frame = frame;
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "\u25b6";
    play.setAttribute("aria-label", "play");
  };
  const start = () => {
    if (frame === frames - 1) show(0);
    timer = setInterval(() => frame === frames - 1 ? stop() : show(frame + 1),
      1000 / (rate * Number(speed.value)));
    play.textContent = "\u275a\u275a";
    play.setAttribute("aria-label", "pause");
  };
  play.addEventListener("click", () => timer ? stop() : start());
  speed.addEventListener("change", () => { if (timer) { stop(); start(); } });
  range.addEventListener("input", () => { stop(); show(Number(range.value)); });
  for (const step of figure.querySelectorAll("[data-step]"))
    step.addEventListener("click", () => { stop(); show(frame + Number(step.dataset.step)); });
  sheet.decode().then(() => show(Number(data.first)), () => {
    caption.textContent = "The frames cannot be shown.";
  });
}
document.querySelectorAll(".player").forEach(openPlayer);

addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
