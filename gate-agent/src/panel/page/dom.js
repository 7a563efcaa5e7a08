// Makes and changes elements. Nothing is ever made from text: what comes over the wire is text content, and no more.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  pass: "M4 12.5l5 5L20 6.5",
  refuse: "M6 6l12 12M18 6L6 18",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4.4 3.6-7 8-7s8 2.6 8 7",
  busy: "M12 3a9 9 0 1 0 9 9M12 7v5l3.5 2",
  idle: "M4 12h16",
  off: "M12 3v9M6.5 6.5a8 8 0 1 0 11 0",
  warn: "M12 3.5L2.5 20h19zM12 10v4.5M12 17.2v.3",
  in: "M4 12h12M11 6.5l5.5 5.5-5.5 5.5M20 4v16",
  out: "M8 12h12M15 6.5l5.5 5.5-5.5 5.5M4 4v16",
  next: "M5 12h13M12.5 6l6 6-6 6",
  say: "M4 5h16v11H10l-5 4v-4H4z",
  up: "M5 21V9h3v12M8 10L19 3",
  down: "M5 21V9h3v12M8 11h14",
  light: "M8 3h8v18H8zM12 7.5v.1M12 12v.1M12 16.5v.1",
};

/** An element: `on…` members are listeners, `class` and `aria-…` attributes; children may be text, elements, lists or nothing. */
export function h(name, members = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(members)) set(element, key, value);
  element.append(...flat(children));
  return element;
}

function set(element, key, value) {
  if (value === undefined || value === null || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "data") Object.assign(element.dataset, value);
  else if (value === true) element.setAttribute(key, "");
  else element.setAttribute(key, value);
}

function flat(children) {
  return children.flat(3).filter((child) => child !== undefined && child !== null && child !== false && child !== "");
}

/** A drawing that says nothing to a screen reader: the words beside it do. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name] ?? PATHS.idle);
  svg.append(path);
  return svg;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

const shown = new WeakMap();

/** Fills an element anew only when what it shows has changed, so that focus, selection and scroll places stay. */
export function fill(element, facts, make) {
  const told = JSON.stringify(facts);
  if (shown.get(element) === told) return false;
  shown.set(element, told);
  const had = element.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  element.replaceChildren(...flat([make(facts)]));
  if (had) element.querySelector(`[data-focus="${CSS.escape(had)}"]`)?.focus();
  return true;
}

/** What `fill` remembers is forgotten: the language has changed. */
export function forget(element) {
  shown.delete(element);
}

export const find = (id) => document.getElementById(id);

/** Says something to a screen reader, politely. */
export function announce(text) {
  const region = find("announced");
  region.textContent = "";
  // The region must change after it was emptied, or the same sentence is not read twice.
  setTimeout(() => (region.textContent = text), 50);
}

/** Opens a dialog and keeps the keyboard inside; where the focus was it returns to. */
export function openDialog(dialog, first) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => before?.isConnected && before.focus(), { once: true });
  dialog.showModal();
  first?.focus();
}

/** Tab at either end goes on at the other. */
export function keepFocus(dialog) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const all = [...dialog.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
    const reachable = all.filter((element) => !element.disabled && element.getClientRects().length > 0);
    const [first, last] = [reachable[0], reachable[reachable.length - 1]];
    const from = document.activeElement;
    if (event.shiftKey && (from === first || from === dialog)) {
      event.preventDefault();
      last?.focus();
    } else if (!event.shiftKey && from === last) {
      event.preventDefault();
      first?.focus();
    }
  });
}
