// Who is with the staff member from afar: a manager's hints, told apart from what to say to the customer, and who listens in.
// The server learns that something is shown once it is on a screen that somebody can see: not in a pocket, not behind a lock.

import { clock, h, icon } from "../dom.js";
import { t } from "../i18n.js";

const MOST = 2;
const VIBRATION = [40, 60, 40, 60, 40];

export class CompanionView {
  /** `onShown(id)`: a hint or a listener can be seen. */
  constructor(onShown) {
    this.onShown = onShown;
    this.waiting = new Set(); // drawn while nobody could see it
    this.known = new Set();
    this.hints = h("div", { class: "hints" });
    this.listeners = h("p", { class: "listeners", role: "status", hidden: true });
    this.element = h("section", { class: "companions", "aria-label": t("companions.title") }, this.listeners, this.hints);
  }

  /** A hint may come again on another line: it is confirmed again, and not shown twice. */
  hint(message) {
    this.confirm(message.id);
    if (this.known.has(message.id)) return;
    this.known.add(message.id);
    this.hints.prepend(this.card(message));
    while (this.hints.children.length > MOST) this.hints.lastChild.remove();
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(VIBRATION);
  }

  card({ at, text, by }) {
    const seen = h("button", { type: "button", class: "answer", onclick: () => card.remove() }, icon("check"), t("companions.seen"));
    const card = h(
      "article",
      { class: "whisper", role: "alert" },
      h("header", {}, icon("person"), h("strong", {}, t("companions.from", { name: by })), h("time", {}, clock(at)), seen),
      h("p", { class: "whisper-text" }, text),
    );
    return card;
  }

  /** All who listen in now. */
  listen(people) {
    const names = people.map(({ name }) => name).join("、");
    this.listeners.replaceChildren(icon("ear"), h("span", {}, names && t("companions.listening", { names })));
    this.listeners.hidden = people.length === 0;
    for (const { id } of people) this.confirm(id);
  }

  confirm(id) {
    if (!document.hidden) {
      this.onShown(id);
      return;
    }
    if (this.waiting.size === 0) document.addEventListener("visibilitychange", () => this.looked(), { once: true });
    this.waiting.add(id);
  }

  looked() {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const id of waiting) this.confirm(id);
  }
}
