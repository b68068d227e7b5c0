// Sign in, and the change of a password that someone else set.

import { account, call, signIn } from "../api.js";
import { action, h, icon } from "../dom.js";
import { errorLine, field, header, languageSwitch } from "../header.js";
import { t } from "../i18n.js";

function form(submit, error, ...children) {
  const onsubmit = async (event) => {
    event.preventDefault();
    error.textContent = "";
    const button = event.target.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      await submit();
    } catch (problem) {
      error.textContent = problem.message;
    } finally {
      button.disabled = false;
    }
  };
  return h("form", { class: "stack", onsubmit }, ...children);
}

function submitButton(label) {
  return h("button", { type: "submit", class: "button primary large" }, label);
}

/** The form alone, for the screen and for the dialog in the middle of a conversation. `done` runs after a sign-in. */
export function signInForm(done) {
  const username = h(
    "input",
    { name: "username", autocomplete: "username", autocapitalize: "none", required: true, value: account.username ?? "" },
  );
  const known = Boolean(account.username);
  const password = h(
    "input",
    { name: "password", type: "password", autocomplete: "current-password", required: true, autofocus: known },
  );
  const error = errorLine();
  const submit = async () => {
    await signIn(username.value.trim(), password.value);
    await done();
  };
  return form(
    submit,
    error,
    field(t("signin.username"), username),
    field(t("signin.password"), password),
    error,
    submitButton(t("signin.submit")),
  );
}

export function signInScreen(app) {
  return h(
    "main",
    { class: "screen welcome" },
    h("div", { class: "corner" }, languageSwitch(app)),
    h(
      "div",
      { class: "brand" },
      h("img", { src: app.asset("icons/icon.svg"), alt: "", width: 88, height: 88 }),
      h("h1", {}, t("app.name")),
      h("p", {}, t("app.tagline")),
    ),
    signInForm(() => app.start()),
  );
}

export function passwordScreen(app, { forced = false } = {}) {
  const input = (name, autocomplete) => h("input", { name, type: "password", autocomplete, required: true });
  const old = input("old", "current-password");
  const fresh = input("new", "new-password");
  const again = input("again", "new-password");
  const error = errorLine();
  const submit = async () => {
    if (fresh.value !== again.value) throw new Error(t("password.differ"));
    await call("POST", "/v1/me/password", { json: { old_password: old.value, new_password: fresh.value } });
    await signIn(account.username, fresh.value);
    await app.start();
  };
  return h(
    "main",
    { class: "screen" },
    header(app, t("password.title"), forced ? {} : { back: () => app.go("cases") }),
    forced ? h("p", { class: "notice" }, icon("lock"), t("password.forced")) : null,
    form(
      submit,
      error,
      field(t("password.old"), old),
      field(t("password.new"), fresh),
      field(t("password.again"), again),
      error,
      submitButton(t("password.submit")),
    ),
    forced ? action(t("menu.signout"), () => app.signOut()) : null,
  );
}
