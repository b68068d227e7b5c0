// Small helpers to build the page; text always goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  alert: "M12 9v4m0 4h.01M10.3 3.9 2.4 17.5A2 2 0 0 0 4.1 20.5h15.8a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z",
  back: "M15 5l-7 7 7 7",
  bookmark: "M6 3.5h12v17l-6-4.5-6 4.5z",
  check: "M4.5 12.5l5 5 10-11",
  chevron: "M9 5l7 7-7 7",
  ear: "M7 9.5a5 5 0 0 1 10 0c0 4-3.5 4.5-3.5 7.5a3 3 0 0 1-5.5 1.6M10 9.5a2 2 0 0 1 4 0c0 1.6-1.8 2-1.8 3.6",
  exit: "M14 4.5H6v15h8M10.5 12H21m-3.5-3.5L21 12l-3.5 3.5",
  heart: "M12 20s-7.5-4.6-7.5-10.2A4.3 4.3 0 0 1 12 7.2a4.3 4.3 0 0 1 7.5 2.6C19.5 15.4 12 20 12 20Z",
  home: "M4 11l8-7 8 7v9h-5.5v-6h-5v6H4z",
  lock: "M6 10.5h12v9.5H6zM8.5 10.5V7.5a3.5 3.5 0 0 1 7 0v3",
  mic: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  micoff: "M4 4l16 16M9 9v3a3 3 0 0 0 4.6 2.5M15 11.5V6a3 3 0 0 0-5.7-1.3M5.5 11.5a6.5 6.5 0 0 0 10.3 5.3M18.5 11.5a6.4 6.4 0 0 1-.4 2.2M12 18v3",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM4.5 20.5c1-4 4-6 7.5-6s6.5 2 7.5 6",
  plus: "M12 5v14M5 12h14",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.5 15.5L21 21",
  swap: "M4 8h14l-3.5-3.5M20 16H6l3.5 3.5",
  voice: "M4 10v4M8 6.5v11M12 9v6M16 4.5v15M20 10v4",
  close: "M6 6l12 12M18 6L6 18",
};

/** An element: properties go to the element, `class`, `aria-*`, `data-*` and `role` to attributes, `on…` to listeners. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "class" || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** 75.3 → "01:15"; hours only where there are any. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? [hours, ...parts].join(":") : parts.join(":");
}

/** A button that cannot be pressed twice while its work runs. */
export function action(label, run, properties = {}) {
  const button = h("button", { type: "button", class: "button", ...properties }, label);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await run();
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

/** Asks before something that cannot be taken back; resolves to true or false. */
export function ask({ title, body, yes, no, danger = false }) {
  return new Promise((resolve) => {
    const answer = (value) => () => {
      dialog.remove();
      resolve(value);
    };
    const dialog = h(
      "dialog",
      { class: "dialog", oncancel: answer(false), "aria-labelledby": "ask-title" },
      h("h2", { id: "ask-title" }, title),
      body && h("p", {}, body),
      h(
        "div",
        { class: "row" },
        h("button", { type: "button", class: "button", onclick: answer(false) }, no),
        h("button", { type: "button", class: danger ? "button danger" : "button primary", onclick: answer(true) }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A short line at the foot of the screen. */
export function toast(text, tone = "plain") {
  const line = h("div", { class: `toast ${tone}`, role: "status" }, text);
  document.getElementById("toasts").append(line);
  setTimeout(() => line.remove(), 5000);
}
