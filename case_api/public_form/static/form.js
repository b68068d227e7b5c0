"use strict";
// The customer's page: the application form, then how far it is. The secret behind # says which; it goes into a header, never into an address.

const TEXTS = {
  zh: {
    title: "退房申请", lead: "填写约需 3 分钟，提交后接待人员会与您当面核对。", other: "English",
    about: "您的信息", name: "姓名（与证件一致）", phone: "手机号", send: "获取验证码", again: (s) => `${s} 秒后可重发`, code: "短信验证码",
    confirm: "验证", verified: "手机号已验证", sent: "验证码已发送。收不到也可以先提交，由工作人员当面核实。",
    idType: "证件类型", id: "证件号码（选填）", resident_id: "居民身份证", passport: "护照", hk_macao_permit: "港澳通行证", taiwan_permit: "台湾通行证", other_id: "其他",
    photo: "证件照片（选填）", take: "拍照或选择照片", retake: "换一张", drop: "删除照片", photoHint: "也可以不上传，由工作人员当面核对原件。", tooBig: "照片过大，请换一张。",
    unitTitle: "房源", building: "楼栋", unit: "房号", date: "认购日期（选填）",
    why: "退房原因（可多选）", story: "请用您自己的话说说情况（选填）", alternative: "是否愿意了解替代方案？", yes: "愿意", no: "不愿意", to_discuss: "看情况",
    consentTitle: "个人信息告知", agree: "我已阅读并同意上述告知", submit: "提交申请", sending: "正在提交…",
    needName: "请填写姓名", needPhone: "请填写手机号", needCause: "请至少选择一项退房原因", needAgree: "请先阅读并勾选同意", needCode: "请输入 6 位验证码",
    offline: "网络不通，内容已保留，请稍后重试。", retrying: (n) => `网络中断，正在自动重试（第 ${n} 次）。内容和照片都还在，请不要关闭本页。`, until: "请在此之前提交：",
    progressTitle: "办理进度", number: "受理编号", received: "提交时间", refresh: "刷新", keep: "请收藏本页或截图保存受理编号，便于随时查看进度。",
    surveyTitle: "这次办理，您满意吗？", comment: "想说的话（选填）", sendSurvey: "提交评价", thanks: "已收到您的评价，谢谢。", needScore: "请先选择评分",
    scores: ["很不满意", "不满意", "一般", "满意", "非常满意"],
    noLink: "请扫描接待人员提供的二维码打开本页。", done: "该申请已提交。请用提交时的手机或页面查看进度，或请接待人员提供进度二维码。",
  },
  en: {
    title: "Request to withdraw", lead: "Takes about 3 minutes. Our reception will then go through it with you in person.", other: "中文",
    about: "About you", name: "Name (as on your ID)", phone: "Mobile number", send: "Send code", again: (s) => `Again in ${s} s`, code: "Code from the message",
    confirm: "Verify", verified: "Number verified", sent: "The code was sent. If it does not arrive you may submit anyway; our staff will check in person.",
    idType: "Kind of ID", id: "ID number (optional)", resident_id: "Resident ID card", passport: "Passport", hk_macao_permit: "HK/Macao permit", taiwan_permit: "Taiwan permit", other_id: "Other",
    photo: "Photo of your ID (optional)", take: "Take or choose a photo", retake: "Another photo", drop: "Remove", photoHint: "You may show the original to our staff instead.", tooBig: "The photo is too large; choose another one.",
    unitTitle: "The unit", building: "Building", unit: "Unit", date: "Day of subscription (optional)",
    why: "Why (tick all that apply)", story: "In your own words (optional)", alternative: "Would you hear about an alternative?", yes: "Yes", no: "No", to_discuss: "It depends",
    consentTitle: "Your personal data", agree: "I have read this and agree", submit: "Submit", sending: "Submitting…",
    needName: "Please fill in your name", needPhone: "Please fill in your mobile number", needCause: "Please tick at least one reason", needAgree: "Please read the notice and agree to it", needCode: "Please type the 6 digits",
    offline: "No connection. What you filled in is kept; please try again.", retrying: (n) => `The line broke; trying again (${n}). Everything is kept, please leave this page open.`, until: "Please submit before: ",
    progressTitle: "How far it is", number: "Reference", received: "Received", refresh: "Refresh", keep: "Bookmark this page, or take a picture of the reference.",
    surveyTitle: "Were you satisfied with the handling?", comment: "Anything to add (optional)", sendSurvey: "Send", thanks: "We have your answer. Thank you.", needScore: "Please choose first",
    scores: ["Not at all", "Hardly", "Fair", "Satisfied", "Very satisfied"],
    noLink: "Please scan the code that our reception gives you.", done: "This form was handed in. See its progress on the phone it was sent from, or ask our reception for a progress code.",
  },
};
const ID_TYPES = ["resident_id", "passport", "hk_macao_permit", "taiwan_permit", "other"];
// Pixels of the longer side, and bytes that the photo should not exceed: an ID stays readable. On a slow line it is a quarter of the wait.
const PHOTO = { side: 1600, bytes: 450_000 }, PHOTO_SLOW = { side: 1150, bytes: 130_000 };
const SLOW_MS = 3000; // how long such a line takes to open this page, where the browser does not say what line it is
const RETRY_SECONDS = [2, 4, 8, 15, 15, 30];
const STALLED_MS = 45_000; // not a byte for so long: the line is gone, whatever the browser thinks
const PHOTO_KEPT = 900_000; // characters; what a browser keeps for a tab is five million

const app = document.getElementById("app");
let lang = (navigator.language || "zh").toLowerCase().startsWith("zh") ? "zh" : "en";
let secret = "";
let photo = null;
let sending = false;
let slow = false;
const t = (key) => TEXTS[lang][key];

function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

// A browser that goes to the messages for the code may have thrown the page away, and one within another app closes it at a swipe: what was
// typed comes back. The tab alone keeps the photo and the ID number; the phone keeps the rest until it was handed in or another code is opened.
const store = {
  get(name) { try { return sessionStorage.getItem(name + secret) ?? localStorage.getItem(name + secret); } catch { return null; } },
  set(name, value) { try { sessionStorage.setItem(name + secret, value); } catch { /* private mode */ } },
  keep(name, value) { try { localStorage.setItem(name + secret, value); } catch { /* private mode */ } },
  drop(name) { try { sessionStorage.removeItem(name + secret); localStorage.removeItem(name + secret); } catch { /* private mode */ } },
  only(name) { try { for (const key of Object.keys(localStorage)) if (key.startsWith(name) && key !== name + secret) localStorage.removeItem(key); } catch { /* private mode */ } },
};
const draft = () => { try { return JSON.parse(store.get("draft") || "{}"); } catch { return {}; } };

class Refused extends Error {
  constructor(problem, wait) { super(problem[lang] || problem.title || "?"); Object.assign(this, { code: problem.code, errors: problem.errors || [], wait }); }
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch("/v1/public" + path, { ...options, headers: { ...options.headers, Authorization: "Bearer " + secret }, cache: "no-store" });
  } catch { throw new Refused({ zh: TEXTS.zh.offline, en: TEXTS.en.offline, code: "offline" }); }
  const body = await answer.json().catch(() => ({ zh: TEXTS.zh.offline, en: TEXTS.en.offline }));
  if (!answer.ok) throw new Refused(body, Number(answer.headers.get("retry-after")) || 0);
  return body;
}
const post = (path, body) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

function header(title, lead, site) {
  document.title = t(title);
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  const turn = h("button", { type: "button", class: "small", onclick: () => { if (!sending) { lang = lang === "zh" ? "en" : "zh"; show(); } } }, t("other"));
  return h("header", {}, h("div", {}, h("h1", {}, t(title)), site ? h("p", { class: "soft" }, site) : null, lead ? h("p", { class: "soft" }, lead) : null), turn);
}
const local = (at) => new Date(at).toLocaleString(lang === "zh" ? "zh-CN" : "en-GB", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
const field = (label, input) => h("label", { class: "field" }, h("span", {}, label), input);
const siteName = (of) => (lang === "en" && of.site_en) || of.site;

// --- the form


function formPage(form) {
  const kept = draft();
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const input = (name, attributes = {}) => h("input", { name, value: kept[name] || "", autocomplete: "off", maxlength: 80, ...attributes });
  const choice = (kind, name, value, label) =>
    h("label", {}, h("input", { type: kind, name, value, checked: [].concat(kept[name] || []).includes(value) }), label);
  const consent = h("input", { type: "checkbox", name: "agreed", value: "yes", checked: kept.agreed === "yes" });
  const submit = h("button", { class: "primary", type: "submit" }, t("submit"));
  const meter = h("progress", { max: 1, value: 0, hidden: true });
  const idType = h("select", { name: "id_type" }, ...ID_TYPES.map((type) => h("option", { value: type, selected: kept.id_type === type }, t(type === "other" ? "other_id" : type))));
  const page = h("form", { novalidate: true },
    h("fieldset", {}, h("legend", {}, t("about")),
      field(t("name"), input("name", { autocomplete: "name", maxlength: 40, required: true })),
      ...phonePart(form, input, error),
      field(t("idType"), idType),
      field(t("id"), input("id_number", { autocapitalize: "characters", spellcheck: "false" })),
      photoPart(form, error)),
    h("fieldset", {}, h("legend", {}, t("unitTitle")),
      h("div", { class: "pair" }, field(t("building"), input("building")), field(t("unit"), input("unit", { inputmode: "text" }))),
      field(t("date"), input("subscription_date", { type: "date" }))),
    h("fieldset", {}, h("legend", {}, t("why")),
      h("div", { class: "choices" }, ...form.causes.map((cause) => choice("checkbox", "causes", cause.code, cause[lang]))),
      field(t("story"), Object.assign(h("textarea", { name: "cause_text", maxlength: 2000 }), { value: kept.cause_text || "" })),
      h("div", { role: "radiogroup", "aria-label": t("alternative"), class: "photo" }, h("p", { class: "label" }, t("alternative")),
        h("div", { class: "choices" }, ...["yes", "no", "to_discuss"].map((value) => choice("radio", "alternative", value, t(value)))))),
    h("fieldset", {}, h("legend", {}, t("consentTitle")),
      h("p", { class: "notice" }, form["notice_" + lang]),
      h("label", { class: "consent" }, consent, h("span", {}, t("agree")))),
    error, meter, submit,
    h("p", { class: "soft" }, t("until") + local(form.expires_at)));
  page.addEventListener("input", () => {
    const found = values(page);
    store.set("draft", JSON.stringify(found));
    store.keep("draft", JSON.stringify({ ...found, id_number: "", agreed: "" }));
  });
  page.addEventListener("submit", (event) => { event.preventDefault(); hand(page, form, { error, meter, submit }); });
  app.replaceChildren(header("title", t("lead"), siteName(form)), page);
}

function values(page) {
  const data = new FormData(page);
  const found = Object.fromEntries(["name", "phone", "id_type", "id_number", "building", "unit", "subscription_date", "cause_text", "alternative", "agreed"]
    .map((name) => [name, (data.get(name) || "").toString().trim()]));
  return { ...found, causes: data.getAll("causes") };
}

function complain(error, message, place) {
  error.textContent = message;
  error.hidden = false;
  if (place) { place.setAttribute("aria-invalid", "true"); place.addEventListener("input", () => place.removeAttribute("aria-invalid"), { once: true }); place.focus(); }
  if (place) place.closest(".field, .choices, .consent").after(error);
  error.scrollIntoView({ block: "center" });
}

function phonePart(form, input, error) {
  const phone = input("phone", { type: "tel", autocomplete: "tel", inputmode: "tel", maxlength: 20, required: true });
  const code = h("input", { inputmode: "numeric", autocomplete: "one-time-code", maxlength: 6, "aria-label": t("code"), placeholder: t("code") });
  const note = h("p", { class: "soft", role: "status" });
  const send = h("button", { type: "button" }, t("send"));
  const confirm = h("button", { type: "button" }, t("confirm"));
  const second = h("div", { class: "with", hidden: !store.get("code") }, code, confirm);
  const proven = () => { note.className = "good"; note.textContent = "✓ " + t("verified"); second.hidden = true; send.hidden = true; };
  const refuse = (refused, place) => { note.className = "error"; note.textContent = refused.message; place.focus(); };
  const count = () => {
    const left = Math.ceil((Number(store.get("again")) - Date.now()) / 1000);
    send.disabled = left > 0;
    send.textContent = left > 0 ? t("again")(left) : t("send");
    if (left > 0 && send.isConnected) setTimeout(count, 1000);
  };
  const wait = (seconds) => { store.set("again", String(Date.now() + seconds * 1000)); count(); };
  send.addEventListener("click", async () => {
    if (!phone.value.trim()) return complain(error, t("needPhone"), phone);
    send.disabled = true;
    error.hidden = true;
    try {
      const sent = await post("/form/code", { phone: phone.value });
      store.set("code", "sent");
      second.hidden = false;
      note.className = "soft";
      note.textContent = t("sent");
      code.focus();
      wait(sent.wait_seconds);
    } catch (refused) { refuse(refused, phone); if (refused.wait) wait(refused.wait); else count(); }
  });
  confirm.addEventListener("click", async () => {
    if (!/^\d{6}$/.test(code.value.trim())) return refuse({ message: t("needCode") }, code);
    confirm.disabled = true;
    try {
      await post("/form/confirm", { code: code.value.trim() });
      store.set("proven", phone.value);
      store.drop("code");
      proven();
    } catch (refused) { refuse(refused, code); code.select(); }
    confirm.disabled = false;
  });
  code.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); confirm.click(); } });
  phone.addEventListener("input", () => { if (phone.value === store.get("proven")) return proven(); note.textContent = ""; send.hidden = false; count(); });
  if (phone.value && (phone.value === store.get("proven") || (form.phone_verified && phone.value.endsWith(form.phone_verified)))) proven();
  setTimeout(count);
  return [field(t("phone"), h("div", { class: "with" }, phone, send)), second, note];
}

function photoPart(form, error) {
  const box = h("div", { class: "photo" });
  const file = h("input", { type: "file", accept: "image/*", id: "photo", "aria-label": t("photo") });
  const draw = () => {
    const seen = photo && photo.type !== "image/heic" ? h("img", { alt: t("photo"), src: URL.createObjectURL(photo) }) : null;
    const drop = photo ? h("button", { type: "button", class: "small", onclick: () => { photo = null; file.value = ""; store.drop("photo"); draw(); } }, t("drop")) : null;
    box.replaceChildren(h("span", { class: "label" }, t("photo")), ...(seen ? [seen] : []), file,
      h("label", { class: "pick", for: "photo" }, photo ? t("retake") : t("take")), ...(drop ? [drop] : []), h("p", { class: "soft" }, t("photoHint")));
  };
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    const smaller = await shrunk(file.files[0]);
    if (smaller.size > form.photo_bytes_max) return complain(error, t("tooBig"));
    photo = smaller;
    keepPhoto();
    draw();
  });
  draw();
  return box;
}

// The camera may throw this page away as the messages do: the photo comes back with the text, and goes with the tab.
function keepPhoto() {
  const reader = new FileReader();
  reader.onload = () => (reader.result.length < PHOTO_KEPT ? store.set("photo", reader.result) : store.drop("photo"));
  reader.readAsDataURL(photo);
}
function keptPhoto() {
  const [, type, data] = /^data:([\w/]+);base64,(.+)$/.exec(store.get("photo") || "") || [];
  return data ? new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], "id.jpg", { type }) : null;
}

async function shrunk(file) {
  // A picture that this browser cannot draw (HEIC elsewhere than on Apple) goes as it is.
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const most = slow ? PHOTO_SLOW : PHOTO;
    const scale = Math.min(1, most.side / Math.max(image.width, image.height));
    const canvas = h("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    let made = null;
    for (const quality of [0.82, 0.7, 0.55]) {
      made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (!made || made.size <= most.bytes) break;
    }
    return made ? new File([made], "id.jpg", { type: "image/jpeg" }) : file;
  } catch { return file; }
}

function token() {
  const kept = store.get("progress");
  if (kept) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const made = "p_" + btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  store.set("progress", made);
  return made;
}

async function hand(page, form, { error, meter, submit }) {
  const found = values(page);
  error.hidden = true;
  if (!found.name) return complain(error, t("needName"), page.elements.name);
  if (!found.phone) return complain(error, t("needPhone"), page.elements.phone);
  if (!found.causes.length) return complain(error, t("needCause"), page.querySelector("[name=causes]"));
  if (!found.agreed) return complain(error, t("needAgree"), page.elements.agreed);
  const progress = token();
  const body = { ...found, agreed: true, notice_version: form.notice_version, progress_token: progress };
  for (const name of ["id_number", "subscription_date", "alternative"]) if (!body[name]) delete body[name];
  const data = new FormData();
  data.append("application", JSON.stringify(body));
  if (photo) data.append("photo", photo);
  sending = submit.disabled = true;
  submit.textContent = t("sending");
  try {
    await sent(data, { error, meter, submit });
    store.keep("handed", progress);
    store.drop("draft");
    store.drop("photo");
    photo = null;
    location.replace("#" + progress);
  } catch (refused) {
    const named = refused.errors && refused.errors[0] && refused.errors[0].field.split(".")[1];
    const place = { phone_invalid: "phone", phone_no_messages: "phone", id_number_invalid: "id_number" }[refused.code] || named;
    complain(error, refused.message, place && page.elements[place] && page.elements[place].focus ? page.elements[place] : null);
    submit.textContent = t("submit");
  }
  sending = submit.disabled = false;
  meter.hidden = true;
}

// A line that breaks is tried again by itself: sending the same form again changes nothing, so a lost answer is no harm either.
async function sent(data, { error, meter, submit }) {
  for (let tries = 0; ; tries++) {
    try { return await upload(data, meter, submit); }
    catch (refused) {
      if (refused.code !== "offline" || tries >= RETRY_SECONDS.length) throw refused;
      complain(error, t("retrying")(tries + 1));
      await pause(RETRY_SECONDS[tries]);
      error.hidden = true;
    }
  }
}
// So many seconds, or less if the browser says that the line is back.
const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); addEventListener("online", done, { once: true }); });

// XMLHttpRequest: fetch does not tell how much of an upload has gone, and on a slow line that is what one wants to see.
function upload(data, meter, submit) {
  return new Promise((done, fail) => {
    let stalled = 0;
    const alive = () => { clearTimeout(stalled); stalled = setTimeout(() => request.abort(), STALLED_MS); };
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/public/form/submit");
    request.setRequestHeader("Authorization", "Bearer " + secret);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      alive();
      meter.hidden = !photo;
      meter.value = event.loaded / event.total;
      if (photo) submit.textContent = `${t("sending")} ${Math.floor(meter.value * 100)}%`;
    };
    request.onloadend = () => clearTimeout(stalled);
    request.onerror = request.onabort = () => fail(new Refused({ zh: TEXTS.zh.offline, en: TEXTS.en.offline, code: "offline" }));
    request.onload = () => (request.status < 300 ? done(request.response) : fail(new Refused(request.response || TEXTS, 0)));
    alive();
    request.send(data);
  });
}

// --- progress

function progressPage(found) {
  const fact = (label, value, css) => h("div", {}, h("p", { class: "label" }, label), h("p", { class: css }, value));
  const card = h("section", { class: "card" },
    fact(t("number"), found.code, "code"), fact(t("received"), local(found.received_at)),
    h("ol", { class: "steps" }, ...found.steps.map((step) => h("li", { class: step.state, "aria-current": step.state === "current" ? "step" : null }, step[lang]))),
    h("p", { role: "status" }, found["hint_" + lang]),
    h("button", { type: "button", onclick: show }, t("refresh")),
    h("p", { class: "soft" }, t("keep")));
  app.replaceChildren(header("progressTitle", "", siteName(found)), card);
  if (found.survey === "open") app.append(surveyPart());
  if (found.survey === "answered") app.append(thanks());
}

const thanks = () => h("p", { class: "card good" }, t("thanks"));

function surveyPart() {
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const send = h("button", { class: "primary", type: "submit" }, t("sendSurvey"));
  const comment = h("textarea", { name: "comment", maxlength: 500 });
  const form = h("form", { class: "card survey" }, h("h2", {}, t("surveyTitle")),
    h("div", { class: "choices", role: "radiogroup", "aria-label": t("surveyTitle") },
      ...[5, 4, 3, 2, 1].map((score) => h("label", {}, h("input", { type: "radio", name: "score", value: score }), `${score} · ${t("scores")[score - 1]}`))),
    field(t("comment"), comment), error, send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const score = Number(new FormData(form).get("score"));
    if (!score) return complain(error, t("needScore"));
    send.disabled = true;
    try { await post("/survey", { score, comment: comment.value.trim() }); form.replaceWith(thanks()); }
    catch (refused) { complain(error, refused.message); send.disabled = false; }
  });
  return form;
}

// --- what the address asks for

function message(text, ...more) {
  app.replaceChildren(header("title"), h("section", { class: "card" }, h("p", {}, text), ...more));
}

async function show() {
  secret = decodeURIComponent(location.hash.slice(1));
  if (!/^[fp]_[\w-]{43}$/.test(secret)) return message(t("noLink"));
  try {
    if (secret.startsWith("p_")) return progressPage(await ask("/progress"));
    const before = store.get("handed");
    if (before) { location.replace("#" + before); return; }
    const form = await ask("/form");
    store.only("draft");
    slow = /2g/.test(navigator.connection?.effectiveType || "") || (!photo && performance.now() > SLOW_MS);
    photo = photo || keptPhoto();
    formPage(form);
  } catch (refused) {
    const again = h("button", { type: "button", onclick: show }, t("refresh"));
    if (refused.code?.startsWith("link_")) store.drop("draft");
    message(refused.code === "link_used" ? t("done") : refused.message, ...(["offline", "too_many_requests"].includes(refused.code) ? [again] : []));
    if (refused.code === "offline") { await pause(RETRY_SECONDS[1]); if (again.isConnected) show(); }
  }
}
addEventListener("hashchange", show);
show();
