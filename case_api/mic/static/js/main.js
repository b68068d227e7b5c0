// Starts the page and goes from screen to screen.

import { account, signOut } from "./api.js";
import { Database } from "./database.js";
import { ask } from "./dom.js";
import { both, language, setLanguage, t } from "./i18n.js";
import { casesScreen, menuScreen, newCaseScreen } from "./screens/cases.js";
import { consentScreen } from "./screens/consent.js";
import { enrolmentScreen } from "./screens/enrolment.js";
import { liveScreen } from "./screens/live.js";
import { readyScreen } from "./screens/ready.js";
import { elsewhereScreen, failedScreen, resumeScreen } from "./screens/resume.js";
import { passwordScreen, signInScreen } from "./screens/sign-in.js";
import { summaryScreen } from "./screens/summary.js";
import { withdrawnScreen } from "./screens/withdrawal.js";

const SCREENS = {
  signIn: signInScreen,
  password: passwordScreen,
  cases: casesScreen,
  newCase: newCaseScreen,
  menu: menuScreen,
  consent: consentScreen,
  ready: readyScreen,
  live: liveScreen,
  summary: summaryScreen,
  resume: resumeScreen,
  elsewhere: elsewhereScreen,
  failed: failedScreen,
  withdrawn: withdrawnScreen,
  enrol: enrolmentScreen,
};
const BUSY = new Set(["live", "resume"]); // leaving the page would cut the conversation off
const BACK = { newCase: "cases", menu: "cases", consent: "cases", ready: "cases", enrol: "menu", password: "cases" };
const LOCK = "calmdesk-conversation";

class App {
  constructor(root, database) {
    this.root = root;
    this.database = database;
    this.letGo = null; // releases the lock on the one conversation of this phone
  }

  async start() {
    if (!account.signedIn) return this.go("signIn");
    if (account.must_change_password) return this.go("password", { forced: true });
    const unfinished = (await this.database.sessions()).find((record) => record.personId === account.person.id);
    if (!unfinished) return this.go("cases");
    if (!(await this.claim())) return this.go("elsewhere");
    return this.go(unfinished.withdrawn ? "withdrawn" : "resume", { record: unfinished });
  }

  go(name, parameters = {}) {
    this.screen = { name, parameters };
    this.root.replaceChildren(SCREENS[name](this, parameters));
    this.root.dataset.screen = name;
    scrollTo(0, 0);
  }

  refresh() {
    this.go(this.screen.name, this.screen.parameters);
  }

  /** The phone's own back button: one screen up, and never out of a conversation by accident. */
  back() {
    const up = BACK[this.screen.name];
    if (up) this.go(up);
    return Boolean(up) || BUSY.has(this.screen.name);
  }

  asset(path) {
    return new URL(`../${path}`, import.meta.url).href;
  }

  messageOf(error) {
    return error.zh ? both(error) : t("failed.session");
  }

  /** True when this tab holds the phone's one conversation; two tabs would take the session from each other. */
  claim() {
    if (this.letGo) return true;
    if (!navigator.locks) return true;
    return new Promise((resolve) => {
      navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise((release) => (this.letGo = release));
      });
    });
  }

  release() {
    this.letGo?.();
    this.letGo = null;
  }

  async signOut() {
    if (!(await ask({ title: t("signout.title"), yes: t("menu.signout"), no: t("action.cancel") }))) return;
    await signOut();
    this.go("signIn");
  }
}

function watchNavigation(app) {
  history.pushState(null, "");
  addEventListener("popstate", () => {
    if (app.back()) history.pushState(null, "");
    else history.back();
  });
  addEventListener("beforeunload", (event) => {
    if (app.screen.name === "live") event.preventDefault();
  });
}

// Installable, and opens without a line. Refused where the certificate is self-signed and not trusted: the page works without.
async function installWorker() {
  await navigator.serviceWorker?.register("/mic/sw.js", { scope: "/mic" }).catch(() => {});
}

async function begin() {
  setLanguage(language());
  const app = new App(document.getElementById("app"), await Database.open());
  watchNavigation(app);
  await app.start();
  installWorker();
}

begin();
