// Arrow keys move between the cells of a board. Every cell is a link, so all works without this too.
"use strict";
for (const board of document.querySelectorAll("[data-board]")) {
  const rows = Array.from(board.rows);
  board.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const cell = event.target.closest("td, th");
    if (!step || !cell) return;
    let row = rows.indexOf(cell.parentElement), column = cell.cellIndex;
    do {
      row += step[0];
      column += step[1];
      const link = rows[row]?.cells[column]?.querySelector("a");
      if (link) { event.preventDefault(); link.focus(); return; }
    } while (rows[row]?.cells[column]);
  });
}
