// Choosing many rows of the desk: all of them, a range, by keyboard, and how many there are. The form works without it.
"use strict";
(() => {
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  const boxes = Array.from(document.querySelectorAll("input[name=pick]"));
  const all = bar.querySelector("[data-pick-all]");
  const count = bar.querySelector(".bulk-count");
  let last = null;

  function show() {
    const chosen = boxes.filter((one) => one.checked);
    const alone = chosen.filter((one) => "alone" in one.dataset);
    const words = [chosen.length && bar.dataset.picked.replace("{count}", chosen.length),
      alone.length && bar.dataset.alone.replace("{count}", alone.length)].filter(Boolean);
    count.textContent = words.join(" · ");
    bar.classList.toggle("floats", chosen.length > 0);
    all.checked = chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    for (const one of boxes) one.closest("li").classList.toggle("chosen", one.checked);
  }

  function choose(some, checked) {
    for (const one of some) one.checked = checked;
    show();
  }

  const between = (one, other) => {
    const ends = [boxes.indexOf(one), boxes.indexOf(other)].sort((a, b) => a - b);
    return boxes.slice(ends[0], ends[1] + 1);
  };

  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      if (event.shiftKey && last && last !== box) choose(between(last, box), box.checked);
      last = box;
      show();
    });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        const next = boxes[boxes.indexOf(box) + step];
        event.preventDefault();
        if (!next) return;
        if (event.shiftKey) choose([box, next], true);
        last = next;
        next.focus();
      } else if (event.key === "Enter") {
        event.preventDefault(); // a browser would send the form
      } else if (event.key === "Escape") {
        choose(boxes, false);
      } else if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        choose(boxes, true);
      }
    });
  }
  all.addEventListener("change", () => choose(boxes, all.checked));
  bar.querySelector(".bulk-head").hidden = false;
  // A browser that comes back to the page has put the ticks back by then.
  addEventListener("pageshow", show);
  show();
})();
