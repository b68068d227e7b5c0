// The last look before the microphone opens: which case, recorded or not, and one big button.

import { Conversation, newRecord } from "../conversation.js";
import { account } from "../api.js";
import { h, icon } from "../dom.js";
import { header } from "../header.js";
import { t } from "../i18n.js";
import { chooseNudge, wantsNudge } from "../nudge.js";
import { microphoneHelp } from "./help.js";

export function readyScreen(app, { case: withdrawalCase, consent }) {
  const start = h("button", { type: "button", class: "start" }, icon("mic"), h("span", {}, t("ready.start")));
  const centre = h("div", { class: "centre" }, start, h("p", { class: "hint" }, t("ready.hint")));
  const help = (reason) => centre.replaceChildren(microphoneHelp(reason, () => app.go("ready", { case: withdrawalCase, consent })));
  if (!isSecureContext) help("insecure");
  start.addEventListener("click", async () => {
    start.disabled = true;
    start.classList.add("busy");
    if (!(await app.claim())) {
      app.go("elsewhere");
      return;
    }
    const conversation = await Conversation.open(app.database, newRecord(account.person.id, withdrawalCase, consent), account);
    try {
      await conversation.listen();
    } catch (error) {
      await conversation.discard();
      app.release();
      help(error.reason);
      return;
    }
    conversation.connect();
    app.go("live", { conversation });
  });
  const fact = (name, label, value) => h("li", {}, icon(name), h("span", {}, h("small", {}, label), h("strong", {}, value)));
  return h(
    "main",
    { class: "screen ready" },
    header(app, t("ready.title"), { back: () => app.go("consent", { case: withdrawalCase }) }),
    h(
      "ul",
      { class: "facts" },
      fact("home", t("ready.case"), withdrawalCase?.label ?? t("case.without")),
      fact(consent.recording ? "mic" : "micoff", t("ready.consent"), t(consent.recording ? "consent.yes" : "consent.no")),
      fact("person", t("ready.informed"), consent.informed_by ?? "—"),
    ),
    nudgeChoice(),
    centre,
  );
}

function nudgeChoice() {
  const box = h("input", { type: "checkbox", checked: wantsNudge() });
  box.addEventListener("change", () => chooseNudge(box.checked));
  return h("label", { class: "tick" }, box, h("span", {}, t("ready.nudge"), h("small", {}, t("ready.nudge.detail"))));
}
