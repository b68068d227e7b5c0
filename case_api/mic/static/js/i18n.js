// Chinese first; English by a switch which is remembered on this phone.

import { STRINGS } from "./strings.js";

const KEY = "calmdesk.language";
let current = localStorage.getItem(KEY) === "en" ? "en" : "zh";

export function language() {
  return current;
}

export function setLanguage(value) {
  current = value;
  localStorage.setItem(KEY, value);
  document.documentElement.lang = value === "zh" ? "zh-CN" : "en";
  document.title = t("app.title");
}

/** The text under `key`, with `{name}` replaced from `values`. */
export function t(key, values = {}) {
  const [zh, en] = STRINGS[key];
  return (current === "zh" ? zh : en).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** A time as the page's language writes it, whatever the phone's own is. */
export function moment(at) {
  return new Date(at).toLocaleString(current === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** Picks the language of something the server sends in both. */
export function both(message) {
  return current === "zh" ? message.zh : message.en;
}
