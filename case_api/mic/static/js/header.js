// The bar at the top of every screen, with the language switch.

import { h, icon } from "./dom.js";
import { both, language, setLanguage, t } from "./i18n.js";

export function languageSwitch(app) {
  const other = language() === "zh" ? "en" : "zh";
  const flip = () => {
    setLanguage(other);
    app.refresh();
  };
  return h("button", { type: "button", class: "chip-button", lang: other, onclick: flip }, other === "zh" ? "中文" : "English");
}

/** `back`: what the arrow does; none without it. `extra`: elements at the right. */
export function header(app, title, { back = null, extra = [] } = {}) {
  return h(
    "header",
    { class: "bar" },
    back ? h("button", { type: "button", class: "icon-button", "aria-label": t("action.back"), onclick: back }, icon("back")) : null,
    h("h1", {}, title),
    ...extra,
    languageSwitch(app),
  );
}

/** A labelled input. */
export function field(label, input) {
  input.id ||= `field-${input.name}`;
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input);
}

/** An empty line for an error message, spoken when it is filled. */
export function errorLine() {
  return h("p", { class: "error-line", role: "alert" });
}

/** What a person is told before they agree: `{zh, en}` of the server, one paragraph a line. */
export function noticeText(notice) {
  const paragraphs = both(notice)
    .split(/\n+/)
    .map((line) => h("p", {}, line));
  return h("section", { class: "notice-text", tabIndex: 0, "aria-label": t("consent.notice") }, ...paragraphs);
}
