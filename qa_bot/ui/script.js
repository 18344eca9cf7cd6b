// What the page does by itself: sending events, showing sources, copying, opening and closing.
// It holds no text: every word comes from the server in the reader's language.
(() => {
  "use strict";
  const armed = new Map();

  const find = (selector) => document.querySelector(selector);

  // -- events to the server -------------------------------------------------------------------

  function bind(element, trigger) {
    element.addEventListener("click", (click) => {
      const button = click.target.closest("[data-event]");
      if (!button || button.tagName === "FORM" || !element.contains(button)) return;
      if (button.dataset.confirm && !confirmed(button)) return;
      trigger(button.dataset.event, { ...button.dataset });
    });
    element.addEventListener("submit", (submit) => {
      submit.preventDefault();
      const form = submit.target;
      const fields = Object.fromEntries(new FormData(form).entries());
      form.hidden = true;
      form.parentElement.classList.remove("editing");
      trigger(form.dataset.event, { ...form.dataset, ...fields });
    });
    element.addEventListener("change", (change) => {
      const name = change.target.dataset.change;
      if (name) trigger(name, { value: change.target.value });
    });
  }

  // A first press asks, a second one within four seconds does it.
  function confirmed(button) {
    if (armed.has(button)) {
      disarm(button);
      return true;
    }
    const label = button.getAttribute("aria-label");
    button.classList.add("armed");
    button.setAttribute("aria-label", button.dataset.confirm);
    armed.set(button, { label, timer: setTimeout(() => disarm(button), 4000) });
    return false;
  }

  function disarm(button) {
    const { label, timer } = armed.get(button);
    clearTimeout(timer);
    armed.delete(button);
    button.classList.remove("armed");
    if (label) button.setAttribute("aria-label", label);
  }

  // -- the source panel -----------------------------------------------------------------------

  let opener = null;

  async function openSource(button) {
    const panel = find("#panel .panel");
    const body = panel.querySelector(".panel-body");
    const same = opener === button && !panel.hidden;
    if (opener) opener.removeAttribute("aria-expanded");
    if (same) return closeSource();
    opener = button;
    button.setAttribute("aria-expanded", "true");
    let html = "";
    try {
      const answer = await fetch(button.dataset.source, { headers: { Accept: "text/html" } });
      html = await answer.text();
      if (!answer.ok && !(answer.headers.get("content-type") || "").includes("html")) html = "";
    } catch {
      html = "";
    }
    if (opener !== button) return undefined;
    body.innerHTML = html;
    if (!html) body.textContent = panel.dataset.failed;
    panel.hidden = false;
    document.body.dataset.panel = "open";
    const picture = body.querySelector("img[data-page]");
    if (picture) picture.addEventListener("error", () => picture.closest("figure").remove());
    const mark = body.querySelector("#quote");
    if (mark && !picture) mark.scrollIntoView({ block: "center" });
    else panel.scrollTop = 0;
    panel.focus({ preventScroll: true });
    return undefined;
  }

  function closeSource() {
    const panel = find("#panel .panel");
    if (!panel || panel.hidden) return;
    panel.hidden = true;
    delete document.body.dataset.panel;
    if (opener) {
      opener.removeAttribute("aria-expanded");
      if (opener.isConnected) opener.focus();
    }
    opener = null;
  }

  // -- the frame ------------------------------------------------------------------------------

  function openTab(name) {
    find("#side").dataset.tab = name;
    for (const tab of document.querySelectorAll("#side [role=tab]")) {
      tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
    }
  }

  function setMenu(state) {
    if (state === "open") document.body.dataset.menu = "open";
    else delete document.body.dataset.menu;
  }

  function toggleForm(name, near) {
    const place = near.closest("li, header, .bases") || document;
    const form = place.querySelector(`form[data-form="${CSS.escape(name)}"]`);
    if (!form) return;
    form.hidden = !form.hidden;
    form.parentElement.classList.toggle("editing", !form.hidden);
    const field = form.querySelector("input, textarea");
    if (!form.hidden && field) {
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    }
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const area = document.createElement("textarea");
      area.value = button.dataset.copy;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1600);
  }

  document.addEventListener("click", (click) => {
    const at = (selector) => click.target.closest(selector);
    const source = at("[data-source]");
    if (source) return openSource(source);
    const tab = at("[data-tab]");
    if (tab && tab.id !== "side") openTab(tab.dataset.tab);
    const menu = at("[data-menu]");
    if (menu && menu !== document.body) setMenu(menu.dataset.menu);
    if (at("[data-panel=close]")) closeSource();
    const show = at("[data-show]") || at("[data-hide]");
    if (show) toggleForm(show.dataset.show || show.dataset.hide, show);
    const copied = at("[data-copy]");
    if (copied) copy(copied);
    const dismissed = at("[data-dismiss]");
    if (dismissed) dismissed.parentElement.hidden = true;
    // on a narrow screen the sidebar lies over the page: what was chosen is behind it
    if (at("#main") || at("[data-event=open], [data-alike], #new")) {
      if (!menu) setMenu("closed");
    }
    return undefined;
  });

  document.addEventListener("keydown", (key) => {
    if (key.key === "Escape") {
      const form = key.target.closest && key.target.closest("form[data-form]");
      if (form) toggleForm(form.dataset.form, form);
      else if (document.body.dataset.menu) setMenu("closed");
      else closeSource();
    }
    if (key.key === "Enter" && !key.shiftKey && key.target.matches("form.edit textarea")) {
      if (key.isComposing) return;
      key.preventDefault();
      key.target.form.requestSubmit();
    }
  });

  // While a Chinese word is being composed, Enter chooses it and must not send the question.
  document.addEventListener(
    "keydown",
    (key) => {
      const composing = key.isComposing || key.keyCode === 229;
      if (key.key === "Enter" && composing && key.target.closest("#question")) {
        key.stopImmediatePropagation();
      }
    },
    true,
  );

  document.addEventListener("input", (input) => {
    if (!input.target.matches("[data-filter]")) return;
    const wanted = input.target.value.trim().toLowerCase();
    const list = input.target.parentElement.querySelector("ul");
    for (const row of list.children) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    }
  });

  // -- following the conversation -------------------------------------------------------------

  function nearEnd(talk) {
    return talk.scrollHeight - talk.scrollTop - talk.clientHeight < 160;
  }

  let conversation = null;

  function followed() {
    const thread = find("#thread .thread");
    if (!thread) return;
    const language = find(".tabs[lang]");
    if (language) document.documentElement.lang = language.lang;
    const { conversation: current, kb } = thread.dataset;
    if (conversation !== null && conversation !== current) closeSource();
    conversation = current;
    document.body.dataset.kb = kb;
    const address = new URL(window.location.href);
    address.searchParams.delete("c");
    address.searchParams.delete("kb");
    if (current) address.searchParams.set("c", current);
    if (kb && kb !== "default") address.searchParams.set("kb", kb);
    if (address.href !== window.location.href) {
      window.history.replaceState(window.history.state, "", address);
    }
  }

  // A screen reader is told an answer when it is whole, not with every word.
  let announced = "";

  function announce(talk) {
    const replies = talk.querySelectorAll(".reply");
    const last = replies[replies.length - 1];
    const status = find("#announce");
    if (!last || !status) return;
    if (last.getAttribute("aria-busy") === "true") {
      announced = "busy";
      return;
    }
    if (announced !== "busy") return;
    announced = "";
    const text = last.querySelector(".answer, .notice");
    status.textContent = text ? text.textContent : "";
  }

  function watchTalk(talk) {
    let atEnd = true;
    let turns = 0;
    talk.addEventListener("scroll", () => {
      atEnd = nearEnd(talk);
    });
    new MutationObserver(() => {
      followed();
      const now = talk.querySelectorAll(".turn").length;
      if (atEnd || now !== turns) talk.scrollTop = talk.scrollHeight;
      turns = now;
      announce(talk);
    }).observe(talk, { childList: true, subtree: true, characterData: true, attributes: true });
    followed();
  }

  // Gradio names none of the question box's buttons: give them names from the texts.
  function nameButtons() {
    const names = find("#note [data-send]");
    if (!names) return;
    for (const [part, name] of [["submit", names.dataset.send], ["stop", names.dataset.stop]]) {
      for (const button of document.querySelectorAll(`#question .${part}-button`)) {
        if (button.getAttribute("aria-label") === name) continue;
        button.setAttribute("aria-label", name);
        button.title = name;
      }
    }
  }

  const waiting = new MutationObserver(() => {
    nameButtons();
    const talk = find("#talk");
    if (talk && !talk.dataset.watched) {
      talk.dataset.watched = "yes";
      watchTalk(talk);
    }
  });
  waiting.observe(document.documentElement, { childList: true, subtree: true });

  window.qaBot = { bind };
  window.dispatchEvent(new Event("qa-bot"));
})();
