// The running text: customer at the left, staff at the right, what may still change paler than what is settled.

import { clock, h } from "../dom.js";
import { t } from "../i18n.js";

const KEPT = 200; // utterances on the page; all of them are in the stored session
const NEAR_END = 80; // pixels from the end at which the text keeps following the talk

export class TranscriptView {
  constructor() {
    this.rows = new Map(); // utterance id → {element, words, message}
    this.heard = new Map(); // utterance id → keywords as heard, which may arrive before the final text
    this.list = h("ol", { class: "talk" });
    this.empty = h("p", { class: "empty" }, t("live.notext"));
    this.following = true; // until the reader scrolls back
    const onscroll = () => (this.following = this.distance < NEAR_END);
    this.element = h("section", { class: "transcript", tabIndex: 0, "aria-label": t("live.transcript"), onscroll }, this.empty, this.list);
    new ResizeObserver(() => this.follow()).observe(this.element);
  }

  update(message) {
    const row = this.rows.get(message.utterance) ?? this.add(message.utterance);
    row.message = message;
    row.element.className = `${message.speaker} ${message.final ? "final" : "partial"} ${message.doubtful ? "doubtful" : ""}`;
    row.who.textContent = `${t(`speaker.${message.speaker}`)} ${clock(message.start)}${message.doubtful ? ` · ${t("live.doubtful")}` : ""}`;
    this.write(row);
    // A final without words was no speech after all.
    row.element.hidden = message.text === "";
    this.follow();
  }

  /** The speaker of a sentence that is already here. */
  correct({ utterance, speaker, confidence }) {
    const row = this.rows.get(utterance);
    if (row) this.update({ ...row.message, speaker, confidence });
  }

  get distance() {
    return this.element.scrollHeight - this.element.scrollTop - this.element.clientHeight;
  }

  follow() {
    if (this.following) this.element.scrollTop = this.element.scrollHeight;
  }

  add(utterance) {
    const who = h("small", {});
    const words = h("p", { lang: "zh-CN" });
    const row = { element: h("li", {}, who, words), who, words, message: null };
    this.rows.set(utterance, row);
    this.list.append(row.element);
    this.empty.hidden = true;
    if (this.rows.size > KEPT) this.drop(this.rows.keys().next().value);
    return row;
  }

  drop(utterance) {
    this.rows.get(utterance).element.remove();
    this.rows.delete(utterance);
    this.heard.delete(utterance);
  }

  mark(keyword) {
    this.heard.set(keyword.utterance, [...(this.heard.get(keyword.utterance) ?? []), keyword.heard]);
    const row = this.rows.get(keyword.utterance);
    if (row) this.write(row);
  }

  write({ words, message }) {
    if (message.final) {
      words.replaceChildren(...highlighted(message.text, this.heard.get(message.utterance) ?? []));
      return;
    }
    words.replaceChildren(message.text.slice(0, message.settled), h("span", { class: "open" }, message.text.slice(message.settled)));
  }
}

/** The text with every heard keyword marked where it stands first. */
function highlighted(text, heard) {
  const spans = heard
    .map((word) => ({ start: text.indexOf(word), end: text.indexOf(word) + word.length }))
    .filter(({ start, end }) => start >= 0 && end > start)
    .sort((a, b) => a.start - b.start);
  const parts = [];
  let at = 0;
  for (const { start, end } of spans) {
    if (start < at) continue;
    parts.push(text.slice(at, start), h("mark", {}, text.slice(start, end)));
    at = end;
  }
  return [...parts, text.slice(at)];
}
