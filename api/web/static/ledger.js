// What makes the pages kinder where there is JavaScript. Every action works without it.
"use strict";
(() => {
  const said = document.body.dataset;
  const store = {
    read(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    write(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden */ } },
    drop(key) { try { localStorage.removeItem(key); } catch { /* forbidden */ } },
    keys() { try { return Object.keys(localStorage); } catch { return []; } },
  };

  function tell(form, words, tone) {
    let line = form.querySelector(".told");
    if (!line) {
      line = document.createElement("p");
      line.className = "told";
      line.setAttribute("role", "status");
      form.prepend(line);
    }
    line.dataset.tone = tone || "";
    line.textContent = words;
  }

  // -- what is typed stays on this device until it has arrived
  const typed = (form) => Array.from(form.elements).filter(
    (one) => one.name && !["hidden", "password", "file", "submit", "button"].includes(one.type));
  const keyOf = (form) => `keep:${said.person}:${form.dataset.keep || location.pathname + "#" + (form.id || form.action)}`;

  function keep(form) {
    const values = typed(form).filter((one) => !["checkbox", "radio"].includes(one.type) || one.checked)
      .map((one) => [one.name, one.value]);
    store.write(keyOf(form), { at: Date.now(), revision: revisionOf(form), values });
  }
  // A draft knows which save it goes on from: text kept over that very save is newer than what the page shows.
  const revisionOf = (form) => form.elements.revision ? form.elements.revision.value : null;
  function restore(form) {
    // A refused form comes back as it was sent: what was kept is not newer than that.
    if (form.dataset.filled !== undefined) { keep(form); return; }
    const kept = store.read(keyOf(form));
    if (!kept) return;
    const isDraft = revisionOf(form) !== null;
    if (isDraft && kept.revision !== revisionOf(form)) {
      form.dispatchEvent(new CustomEvent("outdated", { detail: kept }));
      return;
    }
    for (const [name] of kept.values) {
      if (!form.elements[name]) form.dispatchEvent(new CustomEvent("missing", { detail: name }));
    }
    const fields = typed(form);
    let any = false;
    const seen = new Map();
    for (const [name, value] of kept.values) {
      const nth = seen.get(name) || 0;
      seen.set(name, nth + 1);
      const field = fields.filter((one) => one.name === name)[nth];
      if (!field || ["checkbox", "radio"].includes(field.type) || field.value === value) continue;
      if (isDraft || (!field.value && value)) { field.value = value; any = true; }
    }
    if (any) {
      const holder = form.closest("details");
      if (holder) holder.open = true;
      tell(form, said.restored);
    }
  }
  if (new URLSearchParams(location.search).has("said")) {
    const here = `keep:${said.person}:${location.pathname}`;
    store.keys().filter((key) => key === here || key.startsWith(`${here}#`)).forEach(store.drop);
  }
  for (const done of document.querySelectorAll("[data-drop]")) store.drop(`keep:${said.person}:${done.dataset.drop}`);
  for (const key of store.keys().filter((one) => one.startsWith("keep:"))) {
    const kept = store.read(key);
    if (!kept || Date.now() - kept.at > 14 * 86400e3) store.drop(key);
  }

  // -- drafts save themselves
  function autosave(form) {
    let timer = null, running = false, again = false, changed = false, pressed = null;
    async function save() {
      if (running) { again = true; return; }
      clearTimeout(timer);
      running = true;
      changed = false;
      try {
        const answer = await fetch(form.dataset.autosave, {
          method: "POST", body: new FormData(form), headers: { accept: "application/json" },
          redirect: "manual", credentials: "same-origin" });
        if (answer.ok) {
          const saved = await answer.json();
          form.elements.revision.value = saved.revision;
          tell(form, saved.said, "done");
          if (changed) keep(form); else store.drop(keyOf(form));
        } else if (answer.status === 401 || answer.type === "opaqueredirect") {
          tell(form, said.signedOut, "warn");
        } else {
          const problem = await answer.json().catch(() => null);
          tell(form, (problem && problem.detail) || said.saveFailed, "warn");
        }
      } catch { tell(form, said.saveFailed, "warn"); }
      running = false;
      if (pressed) { const { button } = pressed; pressed = null; form.requestSubmit(button); return; }
      if (again) { again = false; save(); }
    }
    // A save that is under way moves the draft: what is pressed meanwhile goes once it has arrived.
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      if (!running) return;
      pressed = { button: event.submitter };
      event.preventDefault();
      event.stopImmediatePropagation();
    });
    form.addEventListener("input", () => { changed = true; clearTimeout(timer); timer = setTimeout(save, 1500); });
    addEventListener("online", save);
  }

  for (const form of document.querySelectorAll("form")) {
    if (form.matches("[data-keep], [data-autosave]")) {
      // Once every script is there: one of them may have to make room for what was kept.
      addEventListener("DOMContentLoaded", () => restore(form));
      form.addEventListener("input", () => keep(form));
    }
    if (form.dataset.autosave) autosave(form);
    form.addEventListener("submit", (event) => {
      if (form.method !== "post") return;
      if (!navigator.onLine) { event.preventDefault(); tell(form, said.offline, "warn"); return; }
      // After the browser has taken the pressed button's value.
      setTimeout(() => form.querySelectorAll("button").forEach((one) => { one.disabled = true; }), 0);
    });
  }
  addEventListener("pageshow", () => document.querySelectorAll("form button[disabled]:not([data-off])")
    .forEach((one) => { one.disabled = false; }));
  for (const form of document.querySelectorAll("form[data-sign-out]")) {
    form.addEventListener("submit", () => store.keys().filter((key) => key.startsWith("keep:")).forEach(store.drop));
  }

  // -- choose all, filters that apply at once, and where the eye should go first
  for (const all of document.querySelectorAll("input[data-all]")) {
    all.closest("label").hidden = false;
    all.addEventListener("change", () => document.querySelectorAll(`input[name="${all.dataset.all}"]`)
      .forEach((one) => { one.checked = all.checked; }));
  }
  const trouble = document.querySelector(".problems");
  if (trouble) trouble.focus();

  // -- live counts
  if (said.live && window.EventSource) {
    const source = new EventSource(said.live);
    source.addEventListener("counts", (event) => {
      for (const [name, count] of Object.entries(JSON.parse(event.data))) {
        document.querySelectorAll(`[data-live="${name}"]`).forEach((one) => {
          one.textContent = count || "";
          one.hidden = !count;
        });
      }
    });
    addEventListener("pagehide", () => source.close());
  }
})();
