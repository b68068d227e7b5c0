// A staff member's own voice: 15 s calm and 8 s raised, so that the service knows who is speaking. Customers never enrol.

import { call } from "../api.js";
import { action, ask, h, icon } from "../dom.js";
import { errorLine, header, noticeText } from "../header.js";
import { moment, t } from "../i18n.js";
import { Microphone } from "../microphone.js";
import { wavFile } from "../wav.js";
import { microphoneHelp } from "./help.js";

const TAKES = [
  { name: "calm", seconds: 15 },
  { name: "raised", seconds: 8 },
];

export function enrolmentScreen(app) {
  const body = h("div", { class: "stack", "aria-busy": "true" });
  overview(body);
  return h("main", { class: "screen" }, header(app, t("enrol.title"), { back: () => app.go("menu") }), body);
}

async function overview(body) {
  try {
    const [known, notice] = await Promise.all([call("GET", "/v1/enrolments/me"), call("GET", "/v1/consent-notice?kind=enrolment")]);
    body.replaceChildren(...(known.enrolled ? existing(body, known, notice) : consent(body, notice)));
  } catch (problem) {
    body.replaceChildren(h("p", { class: "empty" }, problem.message), action(t("action.retry"), () => overview(body)));
  }
  body.setAttribute("aria-busy", "false");
}

function existing(body, known, notice) {
  const drop = async () => {
    const gone = { title: t("enrol.drop.title"), body: t("enrol.drop.body"), yes: t("enrol.drop"), no: t("action.cancel") };
    if (!(await ask({ ...gone, danger: true }))) return;
    await call("DELETE", "/v1/enrolments/me");
    await overview(body);
  };
  return [
    h(
      "section",
      { class: "card" },
      h("h2", {}, t("enrol.done")),
      h("p", {}, moment(known.created_at)),
      h("p", {}, t(known.raised ? "enrol.withraised" : "enrol.withoutraised")),
    ),
    action(t("enrol.again"), () => body.replaceChildren(...consent(body, notice)), { class: "button primary large" }),
    action(t("enrol.drop"), drop, { class: "button plain" }),
  ];
}

function consent(body, notice) {
  const agreed = h("input", { type: "checkbox", name: "agreed" });
  const start = action(t("enrol.start"), () => record(body), { class: "button primary large" });
  start.disabled = true;
  agreed.addEventListener("change", () => (start.disabled = !agreed.checked));
  return [
    noticeText(notice),
    h("label", { class: "check" }, agreed, h("span", {}, t("enrol.agree"))),
    start,
  ];
}

async function record(body) {
  const form = new FormData();
  form.append("consent", "true");
  try {
    for (const take of TAKES) form.append(take.name, wavFile(await recordTake(body, take)), `${take.name}.wav`);
  } catch (error) {
    body.replaceChildren(microphoneHelp(error.reason, () => record(body)));
    return;
  }
  await upload(body, form);
}

async function upload(body, form) {
  body.replaceChildren(h(
    "section",
    { class: "card finishing" },
    h("div", { class: "spinner" }),
    h("p", { role: "status" }, t("enrol.sending")),
  ));
  try {
    await call("POST", "/v1/enrolments", { form });
    await overview(body);
  } catch (problem) {
    const error = errorLine();
    body.replaceChildren(
      error,
      action(t("action.retry"), () => upload(body, form), { class: "button primary large" }),
      action(t("enrol.again"), () => record(body), { class: "button large" }),
    );
    error.textContent = problem.message;
  }
}

/** Waits for the tap, records, and resolves to the packets; rejects with a MicrophoneError. */
function recordTake(body, { name, seconds }) {
  return new Promise((resolve, reject) => {
    const progress = h("progress", { max: seconds, value: 0, "aria-label": t("enrol.progress") });
    const meter = h("div", { class: "meter", "aria-hidden": "true" }, h("span"));
    const start = action(
      t("enrol.record"),
      () => takeFrom({ start, progress, meter, seconds }).then(resolve, reject),
      { class: "button primary large" },
    );
    body.replaceChildren(
      h(
        "section",
        { class: "card" },
        h("h2", {}, t(`enrol.${name}.title`, { seconds })),
        h("p", {}, t(`enrol.${name}.how`)),
        h("blockquote", { class: "say", lang: "zh-CN" }, t(`enrol.${name}.text`)),
      ),
      progress,
      meter,
      start,
      h("p", { class: "hint" }, icon("lock"), t("enrol.private")),
    );
  });
}

async function takeFrom({ start, progress, meter, seconds }) {
  const microphone = new Microphone();
  const packets = [];
  const full = new Promise((resolve) => {
    microphone.addEventListener("packet", ({ detail }) => {
      packets.push(detail.pcm);
      progress.value = packets.length / 10;
      start.textContent = t("enrol.recording", { seconds: Math.ceil(seconds - progress.value) });
      meter.firstChild.style.transform = `scaleX(${Math.min(1, detail.rms * 6)})`;
      if (packets.length >= seconds * 10) resolve();
    });
  });
  await microphone.open();
  await full;
  await microphone.close();
  return packets;
}
