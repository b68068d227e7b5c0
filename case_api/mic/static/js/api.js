// REST calls and the account on this phone.

import { both, t } from "./i18n.js";

const KEY = "calmdesk.account";

/** `code` is the server's stable code, or "offline" where no answer came. */
export class ApiError extends Error {
  constructor(code, status, message) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export const account = {
  ...JSON.parse(localStorage.getItem(KEY) ?? "{}"),

  get signedIn() {
    return Boolean(this.token) && new Date(this.expires_at) > new Date();
  },

  keep(answer) {
    Object.assign(this, answer);
    const { token, expires_at, must_change_password, person, username } = this;
    localStorage.setItem(KEY, JSON.stringify({ token, expires_at, must_change_password, person, username }));
  },

  forget() {
    for (const name of ["token", "expires_at", "must_change_password", "person"]) delete this[name];
    localStorage.setItem(KEY, JSON.stringify({ username: this.username }));
  },
};

/** JSON in, JSON out (null for an empty answer); throws ApiError. `form` is sent as multipart instead of `json`. */
export async function call(method, path, { json, form } = {}) {
  const response = await send(method, path, { json, form });
  return response.status === 204 ? null : response.json();
}

/** The bytes of a file, with the account's token. */
export async function download(path) {
  const response = await send("GET", path, {});
  return response.blob();
}

async function send(method, path, { json, form }) {
  const headers = account.token ? { Authorization: `Bearer ${account.token}` } : {};
  if (json) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: json ? JSON.stringify(json) : form });
  } catch {
    throw new ApiError("offline", 0, t("error.offline"));
  }
  if (!response.ok) throw await problem(response);
  return response;
}

async function problem(response) {
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) account.forget();
  const message = body.zh ? both(body) : (body.detail ?? t("error.server", { status: response.status }));
  return new ApiError(body.code ?? "http", response.status, message);
}

export async function signIn(username, password) {
  account.forget();
  const answer = await call("POST", "/v1/tokens", { json: { username, password } });
  account.keep({ ...answer, username });
}

export async function signOut() {
  await call("DELETE", "/v1/tokens/current").catch(() => {}); // offline: the token runs out by itself
  account.forget();
}
