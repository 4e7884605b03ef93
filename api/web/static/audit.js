// The slider moves at once: the page of that moment is fetched, and what it says takes the place of what stood here.
"use strict";
(() => {
  const print = document.querySelector("[data-print]");
  if (print) { print.hidden = false; print.addEventListener("click", () => window.print()); }

  const form = document.getElementById("slide");
  if (!form) return;
  const parts = ["moment", "timeline"];
  let wanted = null, running = false, timer = null;

  async function move() {
    if (running || wanted === null) return;
    running = true;
    const version = wanted;
    wanted = null;
    const address = `${location.pathname}?version=${encodeURIComponent(version)}`;
    try {
      const answer = await fetch(address, { credentials: "same-origin", headers: { accept: "text/html" } });
      const there = new DOMParser().parseFromString(await answer.text(), "text/html");
      // Signed out meanwhile, or refused: the browser goes there itself and says so.
      if (!answer.ok || !there.getElementById("moment")) { location.assign(address); return; }
      for (const id of parts) document.getElementById(id).replaceWith(document.adoptNode(there.getElementById(id)));
      document.getElementById("where").textContent = there.getElementById("where").textContent;
      document.getElementById("to-sheet").href = there.getElementById("to-sheet").getAttribute("href");
      steps(there);
      history.replaceState(null, "", address);
    } catch { /* offline: the button still asks the browser to go there */ }
    running = false;
    move();
  }

  // The links before and after the slider lead from where it is now.
  function steps(there) {
    const old = form.querySelectorAll(".au-slide-line > .button:not(button)");
    const fresh = there.querySelectorAll("#slide .au-slide-line > .button:not(button)");
    old.forEach((one, number) => one.replaceWith(document.adoptNode(fresh[number])));
  }

  const range = form.elements.version;
  range.addEventListener("input", () => {
    wanted = range.value;
    clearTimeout(timer);
    timer = setTimeout(move, 60);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); wanted = range.value; move(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#slide .au-slide-line a, #timeline a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const version = new URL(link.href, location.href).searchParams.get("version");
    if (version === null) return;
    event.preventDefault();
    range.value = version;
    wanted = version;
    move();
  });
})();
