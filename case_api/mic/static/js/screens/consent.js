// The customer is told and answers before any audio is taken; the answer is stored with the session.

import { account, call } from "../api.js";
import { action, h, icon } from "../dom.js";
import { field, header, noticeText } from "../header.js";
import { t } from "../i18n.js";

const METHODS = ["spoken", "screen", "written"];

function choice(name, value, iconName, title, detail) {
  const input = h("input", { type: "radio", name, value, required: true });
  return h("label", { class: "choice" }, input, icon(iconName), h("span", {}, h("strong", {}, title), h("small", {}, detail)));
}

function methodPicker() {
  const option = (value) => h(
    "label",
    {},
    h("input", { type: "radio", name: "method", value, checked: value === METHODS[0] }),
    h("span", {}, t(`consent.method.${value}`)),
  );
  return h("fieldset", { class: "segments" }, h("legend", {}, t("consent.method")), ...METHODS.map(option));
}

function consentForm(app, notice, withdrawalCase) {
  const informedBy = h("input", { name: "informed", maxLength: 80, required: true, value: account.person.display_name });
  const submit = (event) => {
    event.preventDefault();
    const answers = new FormData(event.target);
    const consent = {
      recording: answers.get("recording") === "yes",
      notice_version: notice.version,
      informed_by: informedBy.value.trim() || null,
      method: answers.get("method"),
    };
    app.go("ready", { case: withdrawalCase, consent });
  };
  return h(
    "form",
    { class: "stack", onsubmit: submit },
    noticeText(notice),
    choice("recording", "yes", "mic", t("consent.yes"), t("consent.yes.detail")),
    choice("recording", "no", "micoff", t("consent.no"), t("consent.no.detail")),
    field(t("consent.informed"), informedBy),
    methodPicker(),
    h("button", { type: "submit", class: "button primary large" }, t("action.continue")),
  );
}

export function consentScreen(app, { case: withdrawalCase }) {
  const body = h("div", { "aria-busy": "true", class: "loading" });
  const load = async () => {
    try {
      body.replaceWith(consentForm(app, await call("GET", "/v1/consent-notice"), withdrawalCase));
    } catch (problem) {
      body.replaceChildren(h("p", { class: "empty" }, problem.message), action(t("action.retry"), load));
    }
  };
  load();
  return h(
    "main",
    { class: "screen" },
    header(app, t("consent.title"), { back: () => app.go("cases") }),
    h("p", { class: "context" }, withdrawalCase?.label ?? t("case.without")),
    body,
  );
}
