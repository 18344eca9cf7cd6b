// The search view: sends what is asked for, puts the fragments that come back in their places.
// Like script.js it holds no text. Its state is the form's; the address bar keeps a copy.
(() => {
  "use strict";
  const FILTERS = ["source", "folder", "language", "since", "until", "where"];
  const PANES = ["hits", "stages", "trace"];
  const REST = 220; // milliseconds without a change before a slider counts

  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seek = () => find("#seek .seek");
  const form = () => find("#seek .seek-card");
  const field = (name) => form().elements.namedItem(name);
  const kb = () => document.body.dataset.kb || "default";

  let pane = "hits";
  let running = null; // the request under way; a newer one ends it
  let timer = 0;
  const fresh = new Set(); // the panes that show what the form asks for

  // -- views and panes ------------------------------------------------------------------------

  function openView(name) {
    document.body.dataset.view = name;
    for (const button of all("#views [data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
    remember();
    const box = name === "search" ? field("q") : find("#question textarea");
    if (box && window.matchMedia("(hover: hover)").matches) box.focus();
  }

  function look(button) {
    openView(button.dataset.view);
    const nothing = find("#seek-hits .seek-empty") && !field("q").value.trim();
    if (button.dataset.view === "search" && nothing) clear();
  }

  function openPane(name, focus) {
    pane = name;
    seek().dataset.shown = name;
    for (const tab of all(".seek-tabs [role=tab]")) {
      const chosen = tab.dataset.pane === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen && focus) tab.focus();
    }
    for (const other of PANES) find(`#seek-${other}`).hidden = other !== name;
    if (name === "trace" && !find(".trace-form input").value) find(".trace-form input").focus();
    if (!fresh.has(name)) run();
  }

  // -- what is asked for ----------------------------------------------------------------------

  function asked() {
    const wanted = new URLSearchParams();
    for (const [name, value] of new FormData(form())) {
      const text = String(value).trim();
      if (text && !["auto", "reader", "weight"].includes(name)) wanted.set(name, text);
    }
    if (!field("auto").checked) wanted.set("weight", field("weight").value);
    if (Number(wanted.get("diversity")) === 0) wanted.delete("diversity");
    return wanted;
  }

  function remember() {
    const address = new URL(window.location.href);
    const searching = document.body.dataset.view === "search";
    for (const name of ["show", "q", "k", "weight", "diversity", "reader", ...FILTERS]) {
      address.searchParams.delete(name);
    }
    if (searching) {
      address.searchParams.set("show", "search");
      for (const [name, value] of asked()) address.searchParams.set(name, value);
      if (!field("reader").checked) address.searchParams.set("reader", "0");
    }
    if (address.href !== window.location.href) {
      window.history.replaceState(window.history.state, "", address);
    }
  }

  function recall() {
    const address = new URL(window.location.href).searchParams;
    if (address.get("show") !== "search") return undefined;
    for (const name of ["q", "k", "weight", "diversity", ...FILTERS]) {
      if (address.has(name)) field(name).value = address.get(name);
    }
    field("auto").checked = !address.has("weight");
    field("reader").checked = address.get("reader") !== "0";
    tell();
    openView("search");
    return run();
  }

  // The sliders' numbers, and how many filters and changes of the ranking there are.
  function tell() {
    for (const range of form().querySelectorAll("input[type=range]")) {
      range.parentElement.querySelector("output").textContent = Number(range.value).toFixed(2);
    }
    const filters = FILTERS.filter((name) => field(name).value.trim()).length;
    const changed = [!field("auto").checked, !field("reader").checked, field("diversity").value > 0];
    const counts = { filters, ranking: changed.filter(Boolean).length };
    for (const [name, count] of Object.entries(counts)) {
      find(`[data-fold=${name}] b`).textContent = count || "";
    }
  }

  // -- asking ---------------------------------------------------------------------------------

  async function fetched(path, wanted, signal) {
    wanted.set("kb", kb());
    try {
      const answer = await fetch(`search/${path}?${wanted}`, { signal });
      const html = await answer.text();
      if ((answer.headers.get("content-type") || "").includes("html")) return html;
    } catch (error) {
      if (error.name === "AbortError") return null;
    }
    const failed = document.createElement("p");
    failed.className = "hint";
    failed.textContent = seek().dataset.failed;
    return failed.outerHTML;
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(changed, REST);
  }

  function changed() {
    clearTimeout(timer);
    fresh.clear();
    tell();
    remember();
    run();
  }

  async function run() {
    if (running) running.abort();
    running = null;
    const wanted = asked();
    if (!wanted.get("q")) return clear();
    const mine = new AbortController();
    running = mine;
    const shown = pane;
    if (shown === "trace") {
      wanted.set("document", find(".trace-form input").value.trim());
      if (!wanted.get("document")) return undefined;
    }
    const reads = field("reader").checked;
    if (shown === "trace" && reads) wanted.set("reader", "1");
    seek().setAttribute("aria-busy", "true");
    seek().classList.remove("reads");
    let html = await fetched(shown, wanted, mine.signal);
    if (html === null) return undefined;
    show(shown, html);
    // the reader takes its time: what is found is there before it has put the head in order
    if (shown === "hits" && reads && find("#seek-hits .found")) {
      reading();
      seek().classList.add("reads");
      wanted.set("reader", "1");
      html = await fetched(shown, wanted, mine.signal);
      if (html === null) return undefined;
      show(shown, html);
    }
    seek().removeAttribute("aria-busy");
    fresh.add(shown);
    announce(shown);
    return undefined;
  }

  // What stands there before anything was searched for depends on whether there are documents.
  async function clear() {
    const mine = new AbortController();
    running = mine;
    const html = await fetched("hits", new URLSearchParams(), mine.signal);
    if (html === null) return;
    seek().removeAttribute("aria-busy");
    for (const name of ["hits", "stages"]) find(`#seek-${name} .results`).innerHTML = html;
  }

  function show(name, html) {
    const place = find(`#seek-${name} .results`);
    const open = opened(place);
    place.innerHTML = html;
    const found = place.querySelector("[data-weight]");
    if (found && found.dataset.weight && field("auto").checked) {
      field("weight").value = found.dataset.weight;
      tell();
    }
    for (const id of open) {
      const again = place.querySelector(`.hit[data-id="${CSS.escape(id)}"] [data-why]`);
      if (again) why(again);
    }
  }

  function opened(place) {
    return [...place.querySelectorAll(".hit:has([data-why][aria-expanded=true])")].map(
      (hit) => hit.dataset.id,
    );
  }

  function reading() {
    const line = find("#seek-hits .found-line");
    const note = document.createElement("span");
    note.className = "working";
    note.textContent = seek().dataset.reading;
    for (let dot = 0; dot < 3; dot += 1) note.append(document.createElement("i"));
    line.append(note);
  }

  function announce(name) {
    const told = find(`#seek-${name} [data-told]`);
    find("#seek-status").textContent = told ? told.dataset.told : "";
  }

  // -- at a hit -------------------------------------------------------------------------------

  function toggled(button, box) {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    box.hidden = !open;
    return open;
  }

  function why(button) {
    const box = button.closest(".hit").querySelector(".why");
    if (toggled(button, box)) load(box.querySelector("[data-load]"), "load");
  }

  function similar(button) {
    const box = button.closest(".hit").querySelector(".alike");
    if (!toggled(button, box)) return;
    box.dataset.load = button.dataset.similar;
    load(box, "load");
  }

  // Fills a place once, when it is first looked at.
  async function load(place) {
    if (!place || place.dataset.filled) return;
    place.dataset.filled = "yes";
    place.textContent = seek().dataset.loading;
    const [path, query] = place.dataset.load.replace(/^search\//, "").split("?");
    place.innerHTML = await fetched(path, new URLSearchParams(query));
  }

  async function alike(source) {
    openView("search");
    if (running) running.abort();
    running = null;
    pane = "hits";
    fresh.clear();
    openPaneOnly("hits");
    const html = await fetched("similar", new URLSearchParams({ source }));
    find("#seek-hits .results").innerHTML = `<div class="alike whole">${html}</div>`;
    find("#seek-status").textContent = find("#seek-hits h4")?.textContent || "";
  }

  function openPaneOnly(name) {
    fresh.add(name);
    openPane(name);
    fresh.delete(name);
  }

  // -- naming documents -----------------------------------------------------------------------

  let naming = 0;

  function offer(input) {
    clearTimeout(naming);
    naming = setTimeout(async () => {
      const named = input.name === "source" || input.name === "document" ? input.value : "";
      find("#seek-choices").innerHTML = await fetched("choices", new URLSearchParams({ named }));
    }, 120);
  }

  // -- events ---------------------------------------------------------------------------------

  function fold(button) {
    const box = find(`#seek-${button.dataset.fold}`);
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
    const first = box.querySelector("input");
    if (!box.hidden && first.type !== "range") first.focus();
  }

  function unfilter() {
    for (const name of FILTERS) field(name).value = "";
    changed();
  }

  const PRESSED = [
    ["#views [data-view]", look],
    ["#seek [data-pane]", (button) => openPane(button.dataset.pane)],
    ["#seek [data-fold]", fold],
    ["#seek [data-clear]", unfilter],
    ["#seek [data-why]", why],
    ["#seek [data-similar]", similar],
    ["[data-alike]", (button) => alike(button.dataset.alike)],
    // what is opened from the sidebar belongs to the conversation
    ["#new, #conversations [data-event=open]", () => openView("ask")],
  ];

  document.addEventListener("click", (click) => {
    if (!seek()) return;
    for (const [selector, act] of PRESSED) {
      const button = click.target.closest(selector);
      if (button) act(button);
    }
  });

  document.addEventListener("submit", (submit) => {
    if (!submit.target.closest("#seek")) return;
    submit.preventDefault();
    if (submit.target !== form()) {
      fresh.delete("trace");
      run();
      return;
    }
    if (pane === "trace" && !find(".trace-form input").value.trim()) {
      openPaneOnly("hits");
    }
    changed();
  });

  document.addEventListener("input", (input) => {
    const { target } = input;
    if (!target.closest("#seek")) return;
    if (target.hasAttribute("list")) offer(target);
    if (target.type === "range") {
      if (target.name === "weight") field("auto").checked = false;
      tell();
      later();
    }
    if (target.name === "q" && !target.value) changed();
  });

  document.addEventListener("change", (change) => {
    const { target } = change;
    if (!target.closest("#seek .seek-card") || target.type === "range" || target.name === "q") return;
    changed();
  });

  document.addEventListener("focusin", (focus) => {
    if (focus.target.matches("#seek [list]")) offer(focus.target);
    light(focus.target);
  });

  document.addEventListener("mouseover", (over) => light(over.target));

  // The same passage in every column.
  function light(target) {
    if (pane !== "stages") return;
    const row = target.closest && target.closest("#seek .stages li");
    for (const other of all("#seek .stages li")) {
      other.classList.toggle("same", Boolean(row) && other.dataset.id === row.dataset.id);
    }
  }

  document.addEventListener("keydown", (key) => {
    const tab = key.target.closest && key.target.closest(".seek-tabs [role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key.key];
    if (!tab || !step) return;
    const at = PANES.indexOf(tab.dataset.pane) + step;
    openPane(PANES[(at + PANES.length) % PANES.length], true);
  });

  // -- beginning ------------------------------------------------------------------------------

  let known = "";

  // The parts of the page come one after the other; then only the knowledge base can change.
  const waiting = new MutationObserver(() => {
    const current = document.body && document.body.dataset.kb;
    if (!seek() || current === undefined) return undefined;
    waiting.disconnect();
    known = current;
    new MutationObserver(moved).observe(document.body, { attributeFilter: ["data-kb"] });
    if (document.body.dataset.view === "search") return run(); // a quick hand was there before
    document.body.dataset.view = "ask";
    return recall();
  });
  waiting.observe(document.documentElement, { childList: true, subtree: true, attributes: true });

  function moved() {
    if (document.body.dataset.kb === known) return;
    known = document.body.dataset.kb;
    fresh.clear();
    if (document.body.dataset.view === "search") run();
  }
})();
