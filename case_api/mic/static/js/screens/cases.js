// The case this conversation belongs to: pick one, create one, or go without.

import { account, call } from "../api.js";
import { action, h, icon } from "../dom.js";
import { errorLine, field, header } from "../header.js";
import { t } from "../i18n.js";

const SEARCH_PAUSE_MS = 250;
const OVER = ["archived", "cancelled"];

function caseLabel({ customer_label: customer, unit_label: unit }) {
  return [customer, unit].filter(Boolean).join(" · ");
}

function row(app, item) {
  const pick = () => app.go("consent", { case: { id: item.id, label: caseLabel(item) } });
  return h(
    "button",
    { type: "button", class: "list-row", onclick: pick },
    h("span", { class: "grow" }, h("strong", {}, caseLabel(item)), h("small", {}, item.code)),
    h("span", { class: item.status === "draft" ? "tag" : "tag running" }, t(`case.status.${item.status}`)),
    icon("chevron"),
  );
}

// Who has not enrolled is less surely told apart from the customer, and would only be told in the middle of a conversation.
function voiceHint(app) {
  const words = h("span", {}, h("strong", {}, t("cases.voiceless")), h("small", {}, t("cases.voiceless.detail")));
  const hint = h("button", { type: "button", class: "notice", hidden: true, onclick: () => app.go("enrol") }, icon("voice"), words, icon("chevron"));
  call("GET", "/v1/enrolments/me").then(({ enrolled }) => (hint.hidden = enrolled), () => {}); // a hint may be missing
  return hint;
}

function searchable(app) {
  const list = h("div", { class: "list", role: "list", "aria-busy": "true" });
  const show = async (query) => {
    list.setAttribute("aria-busy", "true");
    try {
      const { items } = await call("GET", `/v1/cases?${new URLSearchParams(query ? { q: query } : {})}`);
      const open = items.filter((item) => !OVER.includes(item.status));
      const nothing = h("p", { class: "empty" }, t(query ? "cases.nomatch" : "cases.none"));
      list.replaceChildren(...(open.length > 0 ? open.map((item) => row(app, item)) : [nothing]));
    } catch (problem) {
      const [said, way] = problem.code === "forbidden"
        ? [t("cases.forbidden"), action(t("menu.signout"), () => app.signOut())]
        : [problem.message, action(t("action.retry"), () => show(query))];
      list.replaceChildren(h("p", { class: "empty" }, said), way);
    }
    list.setAttribute("aria-busy", "false");
  };
  let pause = null;
  const oninput = ({ target }) => {
    clearTimeout(pause);
    pause = setTimeout(() => show(target.value.trim()), SEARCH_PAUSE_MS);
  };
  const search = h("input", { name: "search", type: "search", placeholder: t("cases.search"), "aria-label": t("cases.search"), oninput });
  show("");
  return [h("div", { class: "search" }, icon("search"), search), list];
}

export function casesScreen(app) {
  const openMenu = { type: "button", class: "icon-button", "aria-label": t("menu.title"), onclick: () => app.go("menu") };
  return h(
    "main",
    { class: "screen" },
    header(app, t("cases.title"), { extra: [h("button", openMenu, icon("person"))] }),
    voiceHint(app),
    ...searchable(app),
    h(
      "footer",
      { class: "actions" },
      h("button", { type: "button", class: "button large", onclick: () => app.go("newCase") }, icon("plus"), t("cases.create")),
      h("button", { type: "button", class: "button primary large", onclick: () => app.go("consent", { case: null }) }, t("cases.without")),
    ),
  );
}

export function newCaseScreen(app) {
  const customer = h("input", { name: "customer", required: true, maxLength: 80, placeholder: t("newcase.customer.hint") });
  const unit = h("input", { name: "unit", maxLength: 80, placeholder: t("newcase.unit.hint") });
  const site = h("select", { name: "site" });
  const siteField = h("div", { hidden: true }, field(t("newcase.site"), site));
  const error = errorLine();
  const create = async (event) => {
    event.preventDefault();
    const json = { customer_label: customer.value.trim(), unit_label: unit.value.trim() };
    if (site.value) json.site_id = site.value;
    try {
      const item = await call("POST", "/v1/cases", { json });
      app.go("consent", { case: { id: item.id, label: caseLabel(item) } });
    } catch (problem) {
      error.textContent = problem.message;
      if (problem.code === "site_required") await offerSites(site, siteField);
    }
  };
  return h(
    "main",
    { class: "screen" },
    header(app, t("newcase.title"), { back: () => app.go("cases") }),
    h(
      "form",
      { class: "stack", onsubmit: create },
      field(t("newcase.customer"), customer),
      field(t("newcase.unit"), unit),
      siteField,
      error,
      h("button", { type: "submit", class: "button primary large" }, t("newcase.submit")),
    ),
  );
}

// Only a person who works at several sites is ever asked.
async function offerSites(select, place) {
  const { items } = await call("GET", "/v1/sites");
  select.replaceChildren(...items.map(({ id, name }) => h("option", { value: id }, name)));
  place.hidden = false;
}

export function menuScreen(app) {
  const entry = (name, label, run) => h(
    "button",
    { type: "button", class: "list-row", onclick: run },
    icon(name),
    h("span", { class: "grow" }, label),
    icon("chevron"),
  );
  return h(
    "main",
    { class: "screen" },
    header(app, account.person.display_name, { back: () => app.go("cases") }),
    h(
      "div",
      { class: "list" },
      entry("voice", t("menu.enrol"), () => app.go("enrol")),
      entry("lock", t("menu.password"), () => app.go("password")),
      entry("exit", t("menu.signout"), () => app.signOut()),
    ),
  );
}
