// The cards that tell the staff member what to say: the newest large enough for an arm's length, at most three.

import { clock, h, icon } from "../dom.js";
import { language, t } from "../i18n.js";

const MOST = 3;
const LARGE_MS = 45000; // then a card shrinks: an old prompt must not shout
const THANKS_MS = 900;
const VIBRATION = { calming: [140, 70, 140], guidance: [80], wording: [60, 50, 60] };

export class PromptDeck {
  /** `onFeedback(promptId, verdict)` is called once for every tap. */
  constructor(onFeedback) {
    this.onFeedback = onFeedback;
    this.cards = h("div", { class: "deck" });
    this.spoken = h("div", { class: "visually-hidden", "aria-live": "assertive" });
    this.idle = h("p", { class: "listening" }, icon("voice"), t("live.listening"));
    this.element = h("section", { class: "stage", "aria-label": t("live.prompts") }, this.idle, this.cards, this.spoken);
  }

  show(prompt) {
    for (const card of this.cards.children) card.classList.add("small");
    const card = this.card(prompt);
    this.cards.prepend(card);
    this.element.scrollTop = 0;
    while (this.cards.children.length > MOST) this.cards.lastChild.remove();
    this.idle.hidden = true;
    this.spoken.textContent = prompt.text;
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(VIBRATION[prompt.kind]);
    setTimeout(() => card.classList.add("small"), LARGE_MS);
  }

  card(prompt) {
    const wordings = [prompt, ...prompt.alternatives];
    const say = h("p", { class: "say", lang: "zh-CN" }, prompt.text);
    const translation = h("p", { class: "say-en", lang: "en" }, prompt.text_en);
    const card = h(
      "article",
      { class: `prompt ${prompt.kind}`, onclick: () => card.classList.remove("small") },
      h(
        "header",
        {},
        h("span", { class: "kind" }, t(`prompt.${prompt.kind}`)),
        h("time", {}, clock(prompt.at)),
        this.other(wordings, say, translation),
      ),
      say,
      language() === "en" && prompt.text_en ? translation : null,
      h("p", { class: "reasons" }, prompt.reasons.join(" · ")),
      this.answers(prompt, () => card),
    );
    return card;
  }

  // 「换一句」: the same moment in other words, round and round.
  other(wordings, say, translation) {
    if (wordings.length === 1) return null;
    let shown = 0;
    const turn = () => {
      shown = (shown + 1) % wordings.length;
      say.textContent = wordings[shown].text;
      translation.textContent = wordings[shown].text_en;
    };
    return h("button", { type: "button", class: "quiet", onclick: turn }, icon("swap"), t("prompt.other"));
  }

  answers(prompt, card) {
    const more = h("button", { type: "button", class: "answer", "aria-pressed": "false" }, icon("heart"), t("prompt.helpful"));
    more.addEventListener("click", () => {
      if (more.getAttribute("aria-pressed") === "true") return;
      more.setAttribute("aria-pressed", "true");
      this.onFeedback(prompt.id, "helpful");
    });
    const leave = (verdict) => (event) => {
      event.stopPropagation();
      this.onFeedback(prompt.id, verdict);
      this.leave(card(), verdict);
    };
    return h(
      "div",
      { class: "answers" },
      h("button", { type: "button", class: "answer", onclick: leave("dismissed") }, icon("close"), t("prompt.dismissed")),
      more,
      h("button", { type: "button", class: "answer main", onclick: leave("used") }, icon("check"), t("prompt.used")),
    );
  }

  leave(card, verdict) {
    card.classList.add("leaving", verdict);
    card.inert = true;
    setTimeout(() => {
      card.remove();
      this.idle.hidden = this.cards.children.length > 0;
    }, verdict === "used" ? THANKS_MS : THANKS_MS / 3);
  }
}
