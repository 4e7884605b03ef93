// Rows of a document's form: added, removed and moved without a journey to the server. Without this, the same buttons
// post the form.
"use strict";
(() => {
  const form = document.getElementById("edit");
  if (!form) return;
  const said = form.dataset;
  const typed = () => form.dispatchEvent(new Event("input", { bubbles: true }));
  const rowsOf = (many) => Array.from(many.querySelector(".form-rows").children);

  function number(many) {
    const rows = rowsOf(many);
    const words = many.querySelector("template").dataset.nth;
    rows.forEach((row, index) => {
      row.querySelector("[data-nth]").textContent = words.replace("{n}", index + 1);
      for (const button of row.querySelectorAll("[data-row]")) {
        const what = button.dataset.row;
        button.value = `${what}:${many.dataset.field}:${index}`;
        const off = (what === "up" && index === 0) || (what === "down" && index === rows.length - 1);
        button.disabled = off;
        button.toggleAttribute("data-off", off);
        button.setAttribute("aria-label", `${button.textContent.trim()} ${row.querySelector("[data-nth]").textContent}`);
      }
    });
  }

  function add(many, at) {
    const indices = rowsOf(many).map((row) => Number(row.dataset.index));
    const index = at === undefined ? Math.max(-1, ...indices) + 1 : at;
    const copy = document.createElement("template");
    copy.innerHTML = many.querySelector("template").innerHTML.replaceAll("NEW", String(index));
    const row = copy.content.firstElementChild;
    row.dataset.index = index;
    many.querySelector(".form-rows").append(row);
    number(many);
    return row;
  }

  function remove(many, row) {
    const next = row.nextElementSibling;
    const filled = Array.from(row.querySelectorAll("input, textarea")).some((one) => one.value.trim());
    row.remove();
    if (!rowsOf(many).length) add(many);
    number(many);
    const old = many.querySelector(".row-undo");
    if (old) old.remove();
    if (!filled) return;
    const line = document.createElement("p");
    line.className = "row-undo soft";
    line.setAttribute("role", "status");
    line.textContent = said.removed;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = said.undo;
    button.addEventListener("click", () => {
      many.querySelector(".form-rows").insertBefore(row, next && next.isConnected ? next : null);
      number(many);
      line.remove();
      typed();
    });
    line.append(button);
    many.append(line);
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-row]");
    if (!button) return;
    event.preventDefault();
    const many = button.closest("[data-field]");
    const row = button.closest(".form-row");
    if (button.dataset.row === "add") {
      const first = add(many).querySelector("input, textarea");
      first.focus();
      return;
    }
    if (button.dataset.row === "remove") remove(many, row);
    else if (button.dataset.row === "up" && row.previousElementSibling) row.previousElementSibling.before(row);
    else if (button.dataset.row === "down" && row.nextElementSibling) row.nextElementSibling.after(row);
    number(many);
    if (row.isConnected && !button.disabled) button.focus();
    typed();
  });

  // What was kept on this device may have more rows than the page.
  form.addEventListener("missing", (event) => {
    const [, field, index] = event.detail.split(".");
    const many = form.querySelector(`[data-field="${CSS.escape(field)}"]`);
    if (many && /^\d+$/.test(index || "")) add(many, Number(index));
  });

  // What was kept was written over an older draft: show both, side by side.
  form.addEventListener("outdated", (event) => {
    const line = form.querySelector(".told");
    line.dataset.tone = "warn";
    line.textContent = said.unsent + " ";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = said.compare;
    button.addEventListener("click", () => {
      const send = document.createElement("form");
      send.method = "post";
      send.action = form.action;
      send.enctype = form.enctype;
      const fields = [["csrf", form.elements.csrf.value], ["version", form.elements.version.value],
        ["revision", event.detail.revision], ["do", "save"], ...event.detail.values];
      if (form.elements.on_behalf_of) fields.push(["on_behalf_of", form.elements.on_behalf_of.value]);
      for (const [name, value] of fields) {
        const field = document.createElement("textarea");
        field.name = name;
        field.value = value;
        field.hidden = true;
        send.append(field);
      }
      document.body.append(send);
      send.submit();
    });
    line.append(button);
  });

  // How much room there is, told when it grows short. Nothing is ever cut off.
  form.addEventListener("input", (event) => {
    const limit = Number(event.target.dataset && event.target.dataset.limit);
    if (!limit) return;
    const length = Array.from(event.target.value).length;
    let line = event.target.nextElementSibling;
    if (!line || !line.classList.contains("count-said")) {
      if (length < limit * 0.8) return;
      line = document.createElement("p");
      line.className = "count-said";
      line.setAttribute("role", "status");
      event.target.after(line);
    }
    line.classList.toggle("over", length > limit);
    const words = length > limit ? said.over : said.count;
    line.textContent = words.replace("{length}", length).replace("{over}", length - limit).replace("{limit}", limit);
  });
})();

// The bar at the foot leads to what is to be decided; it is away while that is in view, and opens what it leads to.
(() => {
  const bar = document.querySelector(".act-bar");
  const acts = document.getElementById("act");
  if (bar && acts && window.IntersectionObserver) {
    new IntersectionObserver(([seen]) => bar.classList.toggle("away", seen.isIntersecting), { rootMargin: "0px 0px -25% 0px" }).observe(acts);
  }
  function reveal() {
    const led = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    let shut = null;
    for (let one = led && led.closest("details"); one; one = one.parentElement.closest("details")) {
      if (!one.open) { one.open = true; shut = one; }
    }
    if (shut) led.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();
})();

// People are offered while a name is typed. Without this, the server asks which of several is meant.
(() => {
  const between = /[、，,;；]/;
  let number = 0;

  function enhance(input) {
    const several = input.dataset.several !== undefined;
    const offers = document.createElement("ul");
    offers.className = "offers";
    offers.id = `offers-${(number += 1)}`;
    offers.hidden = true;
    offers.setAttribute("role", "listbox");
    offers.setAttribute("aria-label", input.labels[0].firstChild.textContent.trim());
    input.after(offers);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", offers.id);
    let asked = "";
    let timer = 0;
    let at = -1;

    const start = () => (several ? Math.max(...["、", "，", ",", ";", "；"].map((one) => input.value.lastIndexOf(one))) + 1 : 0);
    function close() {
      offers.hidden = true;
      offers.replaceChildren();
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark(index) {
      const options = Array.from(offers.children);
      if (!options.length) return;
      at = (index + options.length) % options.length;
      options.forEach((one, nth) => one.setAttribute("aria-selected", String(nth === at)));
      input.setAttribute("aria-activedescendant", options[at].id);
    }
    function take(option) {
      input.value = input.value.slice(0, start()) + option.dataset.words + (several ? "、" : "");
      asked = "";
      close();
      input.focus();
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    function show(people) {
      close();
      people.forEach((one, nth) => {
        const option = document.createElement("li");
        option.id = `${offers.id}-${nth}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.words = `${one.name} ${one.staff_no}`.trim();
        option.textContent = option.dataset.words;
        const posts = document.createElement("small");
        posts.textContent = one.posts;
        option.append(posts);
        // Before the field loses the focus.
        option.addEventListener("mousedown", (event) => { event.preventDefault(); take(option); });
        offers.append(option);
      });
      offers.hidden = !people.length;
      input.setAttribute("aria-expanded", String(!offers.hidden));
    }
    async function ask() {
      const words = input.value.slice(start()).trim();
      if (words === asked) return;
      asked = words;
      if (!words || between.test(words)) { close(); return; }
      try {
        const answer = await fetch(input.dataset.people + (input.dataset.people.includes("?") ? "&q=" : "?q=") + encodeURIComponent(words), { headers: { accept: "application/json" } });
        if (answer.ok && words === asked) show(await answer.json());
      } catch { close(); }
    }
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (offers.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") mark(at + (event.key === "ArrowDown" ? 1 : -1));
      else if (event.key === "Enter" && at >= 0) take(offers.children[at]);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
  }
  for (const input of document.querySelectorAll("[data-people]")) enhance(input);
})();
