// The scoring sheet where there is JavaScript: each item saves by itself, and what cannot be sent waits on the device.
"use strict";
(() => {
  const sheet = document.querySelector("form[data-score]");
  if (!sheet) return;
  const said = sheet.dataset;
  const person = document.body.dataset.person;
  const prefix = `keep:${person}:score:${said.score}:`;
  const fill = (words, figure) => words.replace("#", figure);

  const store = {
    read(item) { try { return JSON.parse(localStorage.getItem(prefix + item)); } catch { return null; } },
    write(item, value) { try { localStorage.setItem(prefix + item, JSON.stringify(value)); } catch { /* full or forbidden */ } },
    drop(item) { try { localStorage.removeItem(prefix + item); } catch { /* forbidden */ } },
  };

  // Not crypto.randomUUID: a closed school network has no https.
  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  class Item {
    constructor(line) {
      this.line = line;
      this.id = line.dataset.item;
      this.points = line.querySelector(`[name="${this.id}.points"]`);
      this.comment = line.querySelector(`[name="${this.id}.comment"]`);
      this.seen = line.querySelector(`[name="${this.id}.seen"]`);
      this.by = line.querySelector("[data-by]");
      this.fault = line.querySelector("[data-error]");
      this.scored = line.classList.contains("is-open") ? "" : this.points.value;
      this.waiting = null;   // what is not sent yet, with the id it is sent under
      this.running = false;
      this.timer = null;
      this.last = JSON.stringify(this.typed);
    }
    get evidence() {
      return Array.from(this.line.querySelectorAll(`[name="${this.id}.evidence"]`))
        .filter((one) => one.type !== "checkbox" || one.checked).map((one) => one.value.trim()).filter(Boolean);
    }
    get typed() { return { points: this.points.value.trim(), comment: this.comment.value, evidence: this.evidence }; }
    mark() {
      for (const tap of this.line.querySelectorAll("[data-points]")) {
        tap.setAttribute("aria-pressed", String(tap.dataset.points === this.points.value.trim()));
      }
    }
    tell(words, tone) { this.by.textContent = words; this.by.dataset.tone = tone || ""; }
    wrong(words) {
      this.fault.hidden = !words;
      this.fault.querySelector("span").textContent = words;
      this.line.classList.toggle("wrong", Boolean(words));
      this.points.toggleAttribute("aria-invalid", Boolean(words));
    }
    changed() {
      this.mark();
      clearTimeout(this.timer);
      if (!this.points.value.trim()) {
        if (this.scored || this.comment.value.trim() || this.evidence.length) this.wrong(said.missing);
        return;
      }
      const typed = JSON.stringify(this.typed);
      if (typed === this.last) return;
      this.last = typed;
      this.waiting = { ...this.typed, seen: this.seen.value, id: uuid(), at: Date.now() };
      store.write(this.id, this.waiting);
      tally();
      this.send();
    }
    restore() {
      const kept = store.read(this.id);
      if (!kept) return;
      this.points.value = kept.points;
      this.comment.value = kept.comment;
      const boxes = Array.from(this.line.querySelectorAll(`[type=checkbox][name="${this.id}.evidence"]`));
      const own = kept.evidence.filter((line) => !boxes.some((box) => box.value === line));
      boxes.forEach((box) => { box.checked = kept.evidence.includes(box.value); });
      const lines = Array.from(this.line.querySelectorAll(`input:not([type=checkbox])[name="${this.id}.evidence"]`));
      lines.forEach((line, number) => { line.value = own[number] || ""; });
      this.mark();
      this.waiting = kept;
      this.tell(said.held, "warn");
      this.send();
    }
    async send() {
      if (this.running || !this.waiting) return;
      if (!navigator.onLine) { this.tell(said.held, "warn"); tally(); return; }
      this.running = true;
      const sent = this.waiting;
      this.tell(said.saving);
      const body = new URLSearchParams({
        csrf: sheet.elements.csrf.value, command_id: sent.id,
        [`${this.id}.points`]: sent.points, [`${this.id}.comment`]: sent.comment, [`${this.id}.seen`]: sent.seen });
      sent.evidence.forEach((line) => body.append(`${this.id}.evidence`, line));
      try {
        const answer = await fetch(sheet.action, { method: "POST", body, headers: { accept: "application/json" },
          redirect: "manual", credentials: "same-origin" });
        if (answer.status === 401 || answer.type === "opaqueredirect") this.tell(said.signedOut, "warn");
        else if (answer.status >= 500 || answer.status === 429) this.tell(said.held, "warn");
        else this.told(await answer.json(), sent);
      } catch { this.tell(said.held, "warn"); }
      this.running = false;
      tally();
      if (this.waiting && this.waiting !== sent) this.send();
    }
    told(answer, sent) {
      const mine = answer.items && answer.items[this.id];
      const newest = this.waiting === sent;
      if (newest) { this.waiting = null; store.drop(this.id); }
      if (!mine) { this.tell(answer.detail || said.held, "warn"); return; }
      this.seen.value = mine.seen;
      if (!newest) this.waiting.seen = mine.ok ? mine.seen : this.waiting.seen;
      this.scored = mine.points;
      this.line.classList.toggle("is-open", !mine.points);
      this.wrong(mine.ok ? "" : mine.said);
      if (!mine.ok) this.last = null;
      this.tell(mine.ok ? mine.said : "");
      total = answer.total;
      const sign = document.querySelector("#sign-form");
      // Whoever signs stands by what this page showed: a change by somebody else in between is not taken over.
      if (sign && sign.elements.version.value === String(answer.before)) sign.elements.version.value = answer.version;
    }
  }

  const items = Array.from(sheet.querySelectorAll("[data-item]"), (line) => new Item(line));
  let total = null;

  function tally() {
    const held = items.filter((one) => one.waiting);
    const open = items.filter((one) => !one.scored && !one.waiting);
    // Until it is sent, the total counts what stands in the fields.
    const sum = items.reduce((all, one) => all + Math.round(10 * (parseFloat(one.waiting ? one.waiting.points : one.scored) || 0)), 0) / 10;
    sheet.querySelector("[data-total]").textContent = fill(said.totalOf, held.length || total === null ? String(sum) : total);
    sheet.querySelector("[data-open]").textContent = open.length ? fill(said.openOf, open.length) : said.allScored;
    const late = sheet.querySelector("p[data-held]");
    const stuck = held.filter((one) => !one.running);
    late.hidden = !stuck.length;
    late.textContent = stuck.length ? fill(said.heldCount, stuck.length) : "";
    const next = sheet.querySelector("[data-next]");
    next.hidden = !open.length;
    if (open.length) next.href = `#item-${open[0].id}`;
    sheet.querySelector("[data-sign]").hidden = open.length > 0 || held.length > 0;
    for (const part of sheet.querySelectorAll("[data-group]")) {
      const left = open.filter((one) => part.contains(one.line)).length;
      const link = document.querySelector(`[data-left="${part.dataset.group}"]`);
      if (link) link.textContent = left ? fill(said.partOpen, left) : said.partDone;
    }
  }

  sheet.querySelectorAll(".nojs, [data-save]").forEach((one) => { one.hidden = true; });
  document.querySelectorAll(".js-only").forEach((one) => { one.hidden = false; });
  for (const item of items) {
    for (const tap of item.line.querySelectorAll("[data-points]")) {
      tap.type = "button";
      tap.addEventListener("click", () => { item.points.value = tap.dataset.points; item.changed(); });
    }
    item.line.addEventListener("change", () => item.changed());
    item.line.addEventListener("input", () => { clearTimeout(item.timer); item.timer = setTimeout(() => item.changed(), 1200); });
    item.restore();
  }
  // Enter saves what is there; the sheet as a whole is sent only where there is no script.
  sheet.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const item = items.find((one) => one.line.contains(document.activeElement));
    if (item) item.changed();
  }, true);
  const sign = document.querySelector("#sign-form");
  if (sign) sign.addEventListener("submit", (event) => {
    if (!items.some((one) => one.waiting)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const wait = sign.querySelector("[data-wait]");
    wait.hidden = false;
    wait.textContent = said.heldSign;
  }, true);
  const retry = () => items.forEach((one) => one.send());
  addEventListener("online", retry);
  setInterval(() => { if (navigator.onLine) retry(); }, 20000);
  tally();
})();
