// What to do when there is no microphone, said so that a sales office can act on it.

import { h, icon } from "../dom.js";
import { t } from "../i18n.js";

/** `reason` is a MicrophoneError's. */
export function microphoneHelp(reason, retry) {
  const steps = ["1", "2", "3"].map((number) => t(`help.${reason}.${number}`)).filter(Boolean);
  return h(
    "section",
    { class: "help", role: "alert" },
    icon("micoff"),
    h("h2", {}, t(`help.${reason}.title`)),
    h("ol", {}, ...steps.map((step) => h("li", {}, step))),
    reason === "insecure" ? h("pre", {}, "calmdesk serve --host 0.0.0.0 --tls self-signed") : null,
    h("button", { type: "button", class: "button primary large", onclick: retry }, t("action.retry")),
  );
}
