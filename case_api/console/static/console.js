// What the browser does by itself: reading a form, and limits that run down.
"use strict";

globalThis.calmdesk = {
  values(form) {
    const found = {};
    for (const input of form.querySelectorAll("[data-list]")) found[input.name] = [];
    for (const [name, value] of new FormData(form)) {
      if (name in found) found[name].push(value);
      else found[name] = value;
    }
    return found;
  },

  // a form as it is being filled in, once there is a pause
  soon(form, emit) {
    clearTimeout(this.pauses.get(form));
    this.pauses.set(form, setTimeout(() => form.isConnected && emit(this.values(form)), 450));
  },
  pauses: new WeakMap(),

  async uploaded(form, submitter) {
    if (!form.querySelector("[type=file]").files.length) return {status: 0};
    const given = new FormData(form);
    given.set("dry_run", submitter?.value ?? "true");
    return this.posted(form, given);
  },

  // hides what does not hold every word of the search; what is ticked stays in sight
  pick(search) {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const box = search.closest(".pick");
    let found = 0;
    for (const label of box.querySelectorAll("[data-words]")) {
      const fits = words.every((word) => label.dataset.words.includes(word));
      found += fits;
      label.hidden = !fits && !label.querySelector("input").checked;
    }
    box.querySelector(".pick-none").hidden = found > 0;
  },

  // how another program's file calls our columns and kinds; kinds are written as "its word = ours"
  mapping(form) {
    const made = {columns: {}, kinds: {}};
    for (const input of form.querySelectorAll("[data-column]")) {
      if (input.value.trim()) made.columns[input.dataset.column] = input.value.trim();
    }
    const names = Object.fromEntries(form.querySelector("[data-names]").dataset.names.split("|").map((pair) => pair.split("=")));
    for (const line of form.querySelector("[data-kinds]").value.split("\n")) {
      const [theirs, ours] = line.split(/[=＝]/).map((part) => part.trim());
      if (theirs && ours) made.kinds[theirs] = names[ours] ?? ours;
    }
    if (form.one_kind.value) made.kind = form.one_kind.value;
    return JSON.stringify(made);
  },

  async imported(form, submitter) {
    if (!form.querySelector("[type=file]").files.length) return {status: 0};
    const given = new FormData(form);
    given.delete("one_kind");
    given.set("dry_run", submitter?.value ?? "true");
    given.set("mapping", this.mapping(form));
    return this.posted(form, given);
  },

  // what was refused comes into sight, and its fields are marked until something else is typed into them
  wrong(id, names) {
    const place = document.getElementById(`c${id}`);
    setTimeout(() => place?.scrollIntoView({block: "nearest"}), 50);
    for (const field of place?.parentElement.querySelectorAll("[name]") ?? []) {
      const wrong = names.includes(field.name);
      field.toggleAttribute("aria-invalid", false);
      if (!wrong) continue;
      field.setAttribute("aria-invalid", "true");
      field.addEventListener("input", () => field.removeAttribute("aria-invalid"), {once: true});
    }
  },

  async posted(form, given) {
    const buttons = [...form.querySelectorAll("[type=submit]")];
    for (const button of buttons) button.disabled = true;
    try {
      const answer = await fetch(form.action, {method: "POST", body: given});
      return {status: answer.status, body: await answer.json()};
    } catch {
      return {status: -1};
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  },
};

(() => {
  const chinese = () => document.documentElement.lang.startsWith("zh");
  const pad = (number) => String(number).padStart(2, "0");

  function said(seconds) {
    const amount = Math.abs(seconds);
    const days = Math.floor(amount / 86400);
    const hours = Math.floor(amount / 3600) % 24;
    const minutes = Math.floor(amount / 60) % 60;
    const rest = Math.floor(amount) % 60;
    if (days) return chinese() ? `${days} 天 ${hours} 小时` : `${days} d ${hours} h`;
    if (amount >= 3600) return chinese() ? `${hours} 小时 ${pad(minutes)} 分` : `${hours} h ${pad(minutes)} min`;
    return `${minutes}:${pad(rest)}`;
  }

  function tick() {
    const open = document.querySelector(".tabs [aria-current]:not([data-seen])");
    if (open) {  // on a phone the tabs are wider than the screen
      const tabs = open.closest(".tabs"), [own, all] = [open, tabs].map((one) => one.getBoundingClientRect());
      tabs.scrollLeft += own.left + own.width / 2 - all.left - all.width / 2;
      open.dataset.seen = "";
    }
    const done = document.querySelector("#content > .banner[tabindex]");
    if (done && new URLSearchParams(location.search).has("done")) {  // keys go on from here, and the address can be sent to anybody
      const address = new URL(location);
      address.searchParams.delete("done");
      history.replaceState(history.state, "", address);
      done.focus({preventScroll: true});
    }
    for (const element of document.querySelectorAll("[data-due]")) {
      const seconds = (new Date(element.dataset.due) - Date.now()) / 1000;
      const late = seconds < 0;
      const text = late ? (chinese() ? `超时 ${said(seconds)}` : `${said(seconds)} late`) : said(seconds);
      if (element.textContent !== text) element.textContent = text;
      element.classList.toggle("late", late);
      element.classList.toggle("soon", !late && seconds < 3600);
    }
  }

  tick();
  setInterval(tick, 1000);
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-pick]")) return;
    event.stopPropagation();  // a search changes nothing in the form around it
    calmdesk.pick(event.target);
  }, true);
  function menu(open) {
    document.documentElement.classList.toggle("menu-open", open);
    document.querySelector(".menu-button")?.setAttribute("aria-expanded", String(open));
    if (open) document.querySelector(".menu-link")?.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".menu-button");
    menu(Boolean(button) && !document.documentElement.classList.contains("menu-open"));
    for (const open of document.querySelectorAll("details.own[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  // What holds the focus loses it when it is moved in the page; what is removed leaves it to what stands beside it.
  let held = null;
  const keeper = new MutationObserver(() => {
    if (!held || document.activeElement !== document.body) return;
    const {region, card, target, seen} = held;
    const next = [target, card.querySelector("a"), region.querySelector("article a"), region].find((one) => one?.isConnected);
    next.focus({preventScroll: !seen});
  });
  document.addEventListener("focusin", ({target}) => {
    const region = target.closest("[data-keeps-focus]"), card = target.closest("article");
    keeper.disconnect();
    held = region && card ? {region, card, target, seen: target.matches(":focus-visible")} : null;
    if (held) keeper.observe(region, {childList: true, subtree: true});
  });
  // A dialog begins in its first field, or on its button where it only asks back; on a phone that would open the keyboard over it.
  document.addEventListener("focusin", ({target}) => {
    if (!target.matches(".q-dialog__inner") || target.dataset.begun !== undefined || matchMedia("(pointer: coarse)").matches) return;
    target.dataset.begun = "";
    const form = target.querySelector(".dialog form");
    const first = ["input:not([type=hidden]), select, textarea", "[type=submit]:not(.danger)", ".form-foot .button"];
    first.map((what) => form?.querySelector(what)).find(Boolean)?.focus({preventScroll: true});
  });
  document.addEventListener("pointerdown", ({target}) => {
    if (held && !held.target.contains(target)) held = null;  // it was left on purpose
  });

  // A file that has to be made first: what goes on is said until it is there, or what was wrong.
  function notice() {
    const place = document.querySelector("body > .notice") ?? document.body.appendChild(document.createElement("div"));
    place.className = "notice";
    place.setAttribute("role", "status");
    return {
      say(text, tone) {
        place.replaceChildren(Object.assign(document.createElement("span"), {textContent: text}));
        place.dataset.tone = tone;
        place.hidden = false;
      },
      close: () => { place.hidden = true; },
    };
  }

  async function made(link) {
    const told = notice(), began = Date.now();
    const going = () => {
      const seconds = Math.round((Date.now() - began) / 1000);
      told.say(chinese() ? `正在生成文件…… ${seconds} 秒` : `Making the file … ${seconds} s`, "busy");
    };
    going();
    const clock = setInterval(going, 1000);
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) {
        const problem = await answer.json().catch(() => ({}));
        throw new Error((chinese() ? problem.zh : problem.en) ?? (chinese() ? `服务出错（${answer.status}）` : `The service failed (${answer.status})`));
      }
      const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "";
      const address = URL.createObjectURL(await answer.blob());
      Object.assign(document.createElement("a"), {href: address, download: name}).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      told.say(chinese() ? `已下载 ${name}` : `Downloaded ${name}`, "good");
      setTimeout(told.close, 6000);
    } catch (error) {
      const lost = error instanceof TypeError ? (chinese() ? "连接中断" : "the connection broke") : error.message;
      told.say(chinese() ? `没有下载：${lost}。请重试。` : `Not downloaded: ${lost}. Try again.`, "bad");
      setTimeout(told.close, 15_000);
    } finally {
      clearInterval(clock);
    }
  }

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-made]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.getAttribute("aria-busy") === "true") return;
    link.setAttribute("aria-busy", "true");
    await made(link);
    link.removeAttribute("aria-busy");
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches(".dialog form textarea")) event.target.form.requestSubmit();
    if (event.key !== "Escape") return;
    if (document.documentElement.classList.contains("menu-open")) {
      menu(false);
      document.querySelector(".menu-button").focus();
    }
    for (const open of document.querySelectorAll("details.own[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
})();
