// Plays a conversation: lanes, curves, marks and the transcript share one clock, the recording's.
import { bar, clock, player, sound } from "calmdesk/player.js";
import { heightOf, needle, paint, placing } from "calmdesk/tracks.js";
import { zooming } from "calmdesk/zoom.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const QUIET = 1.2, LEAD = 0.3; // seconds without a voice that are skipped, and what of them is left on either side
const NEAR = 7, DRAGGED = 5; // pixels: of the pointer to a mark, and what is a drag and no click
const SPAN = 30; // seconds on the other side of where a span is begun
const BEFORE = 20, FIRST = 100, MORE = 400; // sentences: above the playing one and in all that are there first; that follow at a time
const ZOOM = 2; // of a button or a key
const KEYS_OFF = "calmdesk.keys-off";
const KEYS = [["␣ / K", "toggle"], ["J / L", "ten"], ["← / →", "five"], ["1 – 5", "speed"], ["S", "skip"], ["+ / −", "zoom"], ["0", "whole"], ["[ / ]", "edges"], ["⏎", "correct"], ["?", "keys"]];

// What else a line may be. It looks for itself: the form around it must not be drawn again while somebody types into it.
const OtherReadings = {
  props: { line: String },
  emits: ["take"],
  template: `
  <p v-if="items.length" class="readings"><span>{{ $parent.t.readings }}</span>
    <button v-for="text in items" :key="text" type="button" class="button small" @click="$emit('take', text)">{{ text }}</button></p>`,
  computed: {
    items() { return this.$parent.readings.id === this.line ? this.$parent.readings.items : []; },
  },
};

export default {
  mixins: [player, zooming],
  components: { OtherReadings },
  template: `
  <div class="player card" :aria-busy="loaded || failed ? 'false' : 'true'">
    ${sound("session.audio")}
    <p v-if="!session.audio" class="note">{{ t.running }}</p>
    <div v-show="session.audio">${bar(`
    <label class="check small"><input type="checkbox" v-model="skip"><span>{{ t.skip }}</span></label>
    <button type="button" class="button small quiet" @click="$refs.help.showModal()">{{ t.keys }}</button>`)}</div>
    <p v-if="failed" class="banner warn" role="alert">{{ t.failed }}
      <button type="button" class="button small" @click="load">{{ t.again }}</button></p>
    <canvas ref="canvas" class="tracks" :style="{height: height + 'px'}" role="img" :aria-label="summary"
      @pointerdown="grab" @pointermove="point" @pointerup="drop" @pointercancel="release" @wheel="wheeled"></canvas>
    <div class="player-bar zoom-bar" role="group" :aria-label="t.zoom">
      <button type="button" class="button small round" @click="zoom(ZOOM)" :disabled="!zoomed" :aria-label="t.zoom_out" :title="t.zoom_out">−</button>
      <button type="button" class="button small round" @click="zoom(1 / ZOOM)" :aria-label="t.zoom_in" :title="t.zoom_in">+</button>
      <button type="button" class="button small quiet" @click="look(0, seconds)" :disabled="!zoomed">{{ t.whole }}</button>
      <input v-if="zoomed" type="range" class="grow" min="0" :max="seconds - (view.to - view.from)" step="0.1" :value="view.from"
        :aria-label="t.pan" :aria-valuetext="stretch" @input="pan(+$event.target.value)">
      <span class="note number">{{ zoomed ? stretch : t.zoom_help }}</span>
    </div>
    <div class="legend" aria-hidden="true">
      <span v-for="(name, key) in session.names.speaker"><i :class="'dot ' + key"></i>{{ name }}</span>
      <span v-for="(name, key) in session.names.level"><i :class="'band ' + key"></i>{{ name }}</span>
      <span><i class="line usual"></i>{{ t.usual }}</span>
      <span v-for="one in legend"><i :class="'sign sign-' + one[0]">{{ one[1] }}</i>{{ t['sign_' + one[0]] }}</span>
    </div>
    <div v-if="session.cut" class="player-bar span-bar">
      <span class="note" role="status">{{ span ? t.chosen + ' ' + clock(span[0]) + ' – ' + clock(span[1]) : t.choose }}</span>
      <button type="button" class="button small quiet" @click="edge(0)">{{ t.from_here }}</button>
      <button type="button" class="button small quiet" @click="edge(1)">{{ t.to_here }}</button>
      <template v-if="span">
        <button type="button" class="button small" @click="play(span[0], span[1])">{{ t.play_span }}</button>
        <button type="button" class="button small primary" @click="$emit('cut', {start: tenth(span[0]), end: tenth(span[1])})">{{ t.cut }}</button>
        <button type="button" class="button small quiet" @click="choose(null)">{{ t.clear }}</button>
      </template>
    </div>
    <div class="player-columns">
      <section>
        <div class="card-head"><h2>{{ t.transcript }}</h2>
          <label class="check small"><input type="checkbox" v-model="follow"><span>{{ t.follow }}</span></label>
        </div>
        <input type="search" class="find" v-model="wanted" :placeholder="t.find" :aria-label="t.find">
        <p v-if="undoable" class="note undo" role="status">{{ t.saved }}
          <button type="button" class="button small quiet" @click="$emit('restore', undoable)">{{ t.undo }}</button></p>
        <p v-if="!shown.length" class="empty">{{ loaded ? t.nothing : t.loading }}</p>
        <div ref="words" class="transcript" tabindex="0" role="region" :aria-label="t.transcript">
          <div v-for="said in written" :key="said.id" v-memo="[said.id === current, wanted, said.id === editing, said]" class="said">
            <form v-if="said.id === editing" class="correction" @submit.prevent="save(said)" @keydown.esc.stop.prevent="leave(said)"
              @keydown.ctrl.enter.prevent="save(said)" @keydown.meta.enter.prevent="save(said)">
              <textarea name="text" rows="2" maxlength="500" required :value="said.text" :aria-label="t.correct + ' ' + clock(said.start)"></textarea>
              <other-readings :line="said.id" @take="take" />
              <select name="speaker" :aria-label="t.lanes">
                <option v-for="(name, key) in session.names.speaker" :value="key" :selected="key === said.speaker">{{ name }}</option>
              </select>
              <input name="reason" minlength="2" maxlength="500" required :value="why ?? t.why_usual" :aria-label="t.why" :placeholder="t.why">
              <button type="submit" class="button small primary" aria-keyshortcuts="Control+Enter" title="Ctrl+Enter">{{ t.save }}</button>
              <button type="button" class="button small quiet" aria-keyshortcuts="Escape" title="Esc" @click="leave(said)">{{ t.cancel }}</button>
            </form>
            <template v-else>
              <button type="button" :data-id="said.id" :class="['utterance', said.speaker, {current: said.id === current, doubtful: said.doubtful && !said.corrected}]" @click="play(said.start)"
                @dblclick="edit(said)" @keydown.enter="entered($event, said)">
                <span class="number">{{ clock(said.start) }}</span>
                <b>{{ session.names.speaker[said.speaker] }}</b>
                <span class="words"><template v-for="part in parts(said)"><mark v-if="part.hit">{{ part.text }}</mark><template v-else>{{ part.text }}</template></template>
                  <small v-if="said.doubtful && !said.corrected" class="doubt">{{ t.doubtful }}</small></span>
              </button>
              <button v-if="said.version" type="button" class="button small quiet" @click="$emit('history', said.id)"
                :aria-label="(said.corrected ? t.corrected : t.history) + ' ' + clock(said.start)">{{ said.corrected ? t.corrected : t.history }}</button>
              <button v-if="session.correct" type="button" class="button small quiet edit" @click="edit(said)" :title="t.correct"
                :aria-label="t.correct + ' ' + clock(said.start)">✎</button>
            </template>
          </div>
        </div>
      </section>
      <section>
        <h2>{{ t.events }}</h2>
        <p v-if="loaded && !talk.marks.length" class="empty">{{ t.nothing }}</p>
        <div class="marks">
          <button v-for="mark in talk.marks" v-memo="[mark]" type="button" :class="['mark', mark.kind]" @click="play(mark.at)">
            <span class="number">{{ clock(mark.at) }}</span><span>{{ mark.text }}</span>
          </button>
        </div>
        <h2 v-if="session.comments">{{ t.comments }}</h2>
        <template v-if="session.comments">
          <p v-if="!session.comments.length" class="empty">{{ t.no_comments }}</p>
          <ul v-else class="comments">
            <li v-for="one in session.comments" :key="one.id" class="comment">
              <a class="number" :href="'?at=' + one.at" @click.prevent="linked(one.at)">{{ clock(one.at) }}</a>
              <span class="words">{{ one.text }}</span>
              <small>{{ one.person_name }}</small>
              <button v-if="one.mine" type="button" class="button small quiet-danger" @click="$emit('withdraw', {id: one.id, view: viewed})" :aria-label="t.withdraw + ' ' + clock(one.at)">{{ t.withdraw }}</button>
            </li>
          </ul>
          <form class="comment-form" @submit.prevent="comment">
            <textarea v-model="draft" rows="2" maxlength="500" :aria-label="t.comment" :placeholder="t.comment"></textarea>
            <button type="submit" class="button small" :disabled="!draft.trim()">{{ t.comment_at }} {{ clock(at) }}</button>
          </form>
        </template>
      </section>
    </div>
    <dialog ref="history" class="keys history" :aria-label="t.history">
      <h2>{{ t.history }}</h2>
      <ol class="versions">
        <li v-for="(one, n) in versions.items" :key="one.version" class="entry">
          <p><b>{{ session.names.speaker[one.speaker] }}</b> · {{ one.text }}</p>
          <small>{{ one.told }}</small>
          <span v-if="!n" class="tag good">{{ t.now }}</span>
          <button v-else-if="session.correct" type="button" class="button small"
            @click="$emit('restore', {id: versions.id, version: one.version, on: versions.items[0].version})">{{ t.restore }}</button>
        </li>
      </ol>
      <form method="dialog"><button class="button">{{ t.close }}</button></form>
    </dialog>
    <dialog ref="help" class="keys" :aria-label="t.keys">
      <h2>{{ t.keys }}</h2>
      <dl class="facts"><div v-for="[key, name] in keys"><dt><kbd>{{ key }}</kbd></dt><dd>{{ t['key_' + name] }}</dd></div></dl>
      <label class="check"><input type="checkbox" v-model="listening"><span>{{ t.keys_on }}</span></label>
      <form method="dialog"><button class="button">{{ t.close }}</button></form>
    </dialog>
  </div>`,
  props: { session: Object },
  data() {
    const signs = [["prompt", "▲"], ["withheld", "△"], ["keyword", "●"], ["moment", "✕"], ["calmed", "▼"], ["mark", "◆"], ["hint", "▼"], ["comment", "■"]];
    const listening = localStorage.getItem(KEYS_OFF) === null; // speech and switches press keys that nobody meant
    // frozen: Vue need not watch thousands of rows that never change
    const talk = Object.freeze({ seconds: this.session.seconds, track: null, bands: [], usual: {}, utterances: [], marks: [], keywords: [] });
    return { listening, at: this.session.at, talk, loaded: false, failed: false, rows: [0, FIRST], follow: true, skip: false, wanted: "", draft: "", span: null, speeds: SPEEDS, keys: KEYS, signs, ZOOM,
      editing: null, why: null, fixed: {}, undoable: null, versions: { id: null, items: [] }, readings: { id: null, items: [] } };
  },
  computed: {
    t() { return this.session.texts; },
    legend() { return this.signs.filter(([name]) => name !== "withheld" || this.talk.marks.some((mark) => mark.kind === name)); },
    seconds() { return this.talk.seconds; },
    source() { return this.session.source; },
    height() { return heightOf(this.talk); },
    stretch() { return `${clock(this.view.from)} – ${clock(this.view.to)}`; },
    pins() {
      const comments = (this.session.comments ?? []).map(({ at, text }) => ({ kind: "comment", at, text }));
      return [...this.talk.marks, ...comments];
    },
    heard() {
      const found = {};
      for (const hit of this.talk.keywords) (found[hit.utterance_id] ??= []).push(hit.heard);
      return found;
    },
    gaps() {
      const found = [];
      let end = 0;
      for (const said of [...this.talk.utterances, { start: this.seconds, end: this.seconds }]) {
        if (said.start - end > QUIET) found.push([end ? end + LEAD : 0, said.start - (said.start < this.seconds ? LEAD : 0)]);
        end = Math.max(end, said.end);
      }
      return found;
    },
    lines() { return this.talk.utterances.map((said) => this.fixed[said.id] ?? said); },
    shown() {
      const wanted = this.wanted.trim();
      return wanted ? this.lines.filter((said) => said.text.includes(wanted) || said.id === this.editing) : this.lines;
    },
    written() { return this.wanted.trim() ? this.shown : this.shown.slice(...this.rows); },
    current() {
      let found = null;
      for (const said of this.talk.utterances) if (said.start <= this.at + 0.05) found = said.id;
      return found;
    },
    summary() {
      return [this.t.lanes, this.t.loudness, this.t.rate, this.t.pitch, this.stretch].join(" · ");
    },
  },
  watch: {
    at() { this.draw(); },
    listening(on) {
      if (on) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "");
    },
    pins() { this.repaint(); },
    current(id) {
      if (!this.follow || !id || this.editing) return;
      this.reveal(this.row(id));
    },
  },
  mounted() {
    this.picture = document.createElement("canvas"); // what does not move: the needle goes over it sixty times a second
    const painted = () => {
      paint(this.picture, this.$refs.canvas, this.talk, this.pins, this.t, this.view, this.detail);
      this.draw();
    };
    this.repaint = () => { // however much changes, once a frame
      cancelAnimationFrame(this.painting);
      this.painting = requestAnimationFrame(painted);
    };
    this.observer = new ResizeObserver(this.repaint);
    this.observer.observe(this.$refs.canvas);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.repaint);
    addEventListener("keydown", this.typed);
    if (this.at) this.$refs.audio.currentTime = this.at;
    if (this.session.play) this.start();
    this.load();
  },
  beforeUnmount() {
    cancelAnimationFrame(this.painting);
    clearTimeout(this.writing);
    this.observer.disconnect();
    this.dark.removeEventListener("change", this.repaint);
    removeEventListener("keydown", this.typed);
  },
  methods: {
    // What is heard and said comes by itself: the page asked for it (preload) before this code was there.
    async load() {
      this.failed = false;
      const answer = await fetch(`${this.source}/talk`).catch(() => null);
      if (!answer?.ok) {
        this.failed = true;
        return;
      }
      this.talk = Object.freeze(await answer.json());
      this.overview = { ...this.talk.track, from: 0, to: this.seconds };
      const at = this.lines.findIndex((said) => said.id === this.current), first = Math.max(at - BEFORE, 0);
      this.rows = [first, first + FIRST];
      this.loaded = true;
      if (this.zoomed) this.look(this.zoomed.from, this.zoomed.to); // an address may ask for anything
      this.repaint();
      this.settled();
      await this.$nextTick();
      if (first) this.reveal(this.row(this.current));
      this.writing = setTimeout(this.extend, 100);
    },
    // A few hundred sentences at a time: of two hours there are thousands, and the page is to answer meanwhile.
    extend() {
      const [from, to] = this.rows;
      if (from <= 0 && to >= this.lines.length) return;
      this.rows = [Math.max(from - MORE, 0), to + MORE];
      this.writing = setTimeout(this.extend, 50);
    },
    row(id) { return this.$refs.words?.querySelector(`[data-id="${CSS.escape(id)}"]`); },
    tenth: (seconds) => Math.round(seconds * 10) / 10,
    moved() {
      player.methods.moved.call(this);
      const gap = this.skip && this.playing && this.gaps.find(([from, to]) => this.at >= from && this.at < to - 0.1);
      if (gap) this.$refs.audio.currentTime = gap[1];
    },
    typed(event) {
      if (!this.listening || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [role=dialog]")) return;
      if (event.key === " " && event.target.closest("a, button, summary, input")) return; // which it presses
      const act = this.acting(event.key.length === 1 ? event.key.toLowerCase() : event.key);
      if (!act) return;
      event.preventDefault();
      act();
    },
    acting(key) {
      const by = { j: -10, l: 10, ArrowLeft: -5, ArrowRight: 5 }[key];
      if (by) return () => this.seek(this.at + by);
      if (SPEEDS[key - 1]) return () => this.pace(SPEEDS[key - 1]);
      return {
        " ": this.toggle,
        k: this.toggle,
        "+": () => this.zoom(1 / ZOOM),
        "=": () => this.zoom(1 / ZOOM),
        "-": () => this.zoom(ZOOM),
        0: () => this.look(0, this.seconds),
        s: () => { this.skip = !this.skip; },
        "?": () => this.$refs.help.showModal(),
        "[": this.session.cut && (() => this.edge(0)),
        "]": this.session.cut && (() => this.edge(1)),
      }[key];
    },
    grab(event) {
      this.press(event);
      this.held = this.fingers.size === 1 ? { x: event.clientX, at: this.where(event.clientX), dragged: false } : null;
    },
    point(event) {
      const near = placing(this.$refs.canvas.clientWidth, this.view), x = event.offsetX;
      const pin = this.pins.find((one) => Math.abs(near(one.at) - x) < NEAR);
      this.$refs.canvas.title = pin ? `${clock(pin.at)} ${pin.text}` : "";
      if (this.held) this.held.dragged ||= Math.abs(event.clientX - this.held.x) > DRAGGED;
      if (this.held && !this.held.dragged) return;
      if (this.held && this.session.cut && event.pointerType === "mouse") this.choose([this.held.at, this.where(event.clientX)]);
      else this.drag(event);
    },
    drop(event) {
      if (this.held && !this.held.dragged) this.play(this.where(event.clientX));
      this.release(event);
    },
    release(event) {
      this.held = null;
      this.lift(event);
    },
    choose(span) {
      this.span = span && [Math.min(...span), Math.max(...span)];
      this.draw();
    },
    edge(side) {
      const [from, to] = this.span ?? [Math.max(this.at - SPAN, 0), Math.min(this.at + SPAN, this.seconds)];
      this.choose(side ? [Math.min(from, this.at), this.at] : [this.at, Math.max(to, this.at)]);
    },
    reveal(row) {
      if (!row) return;
      const words = this.$refs.words;
      const place = () => { words.scrollTop += row.getBoundingClientRect().top - words.getBoundingClientRect().top - words.clientHeight / 3; };
      place();
      requestAnimationFrame(place); // the rows above had a guessed height until now
    },
    linked(at) {
      const address = new URL(location);
      address.searchParams.set("at", at);
      history.replaceState(history.state, "", address);
      this.play(at);
    },
    comment() {
      this.$emit("comment", { at: this.tenth(this.at), text: this.draft.trim(), view: this.viewed });
    },
    entered(event, said) {
      if (!this.session.correct || event.ctrlKey || event.metaKey) return; // it plays
      event.preventDefault();
      this.edit(said);
    },
    async edit(said) {
      if (!this.session.correct) return;
      this.editing = said.id;
      this.$emit("readings", said.id);
      await this.$nextTick();
      this.$refs.words.querySelector(".correction textarea")?.focus();
    },
    offered(readings) { // by the server: what else the recogniser made of the line
      this.readings = readings;
    },
    take(text) {
      const field = this.$refs.words.querySelector(".correction textarea");
      field.value = text;
      field.focus();
    },
    async leave(said) {
      this.editing = null;
      await this.$nextTick();
      this.row(said.id)?.focus();
    },
    save(said) {
      const form = this.$refs.words.querySelector(".correction");
      if (!form.reportValidity()) return;
      const [text, speaker, reason] = ["text", "speaker", "reason"].map((name) => form.elements[name].value.trim());
      if (text === said.text && speaker === said.speaker) return this.leave(said);
      this.why = reason;
      this.$emit("correct", { id: said.id, version: said.version, text, speaker, reason });
    },
    corrected(now) { // told by the server, which has written it
      const before = this.lines.find((said) => said.id === now.id);
      this.fixed[now.id] = { ...before, ...now };
      this.undoable = now.version > before.version && !now.restored ? { id: now.id, version: before.version, on: now.version } : null;
      this.$refs.history.close();
      if (!this.editing || this.editing === now.id) this.leave(before);
    },
    told(versions) {
      this.versions = versions;
      if (!this.$refs.history.open) this.$refs.history.showModal();
    },
    parts(said) {
      const terms = [...(this.heard[said.id] ?? []), this.wanted.trim()];
      let parts = [{ text: said.text, hit: false }];
      for (const term of terms.filter(Boolean)) {
        parts = parts.flatMap((part) => part.hit ? [part] : part.text.split(term).flatMap((text, index) => index ? [{ text: term, hit: true }, { text, hit: false }] : [{ text, hit: false }]));
      }
      return parts.filter((part) => part.text);
    },
    draw() {
      const canvas = this.$refs.canvas;
      if (!canvas || !this.picture?.width) return;
      const { width, height } = this.picture, style = getComputedStyle(canvas), ratio = width / canvas.clientWidth;
      if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
      const pen = canvas.getContext("2d"), x = placing(canvas.clientWidth, this.view);
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.clearRect(0, 0, width, height);
      pen.drawImage(this.picture, 0, 0);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      if (this.span) {
        pen.fillStyle = pen.strokeStyle = style.getPropertyValue("--blue").trim();
        pen.globalAlpha = 0.22;
        pen.fillRect(x(this.span[0]), 0, Math.max(x(this.span[1]) - x(this.span[0]), 1), this.height - 18);
        pen.globalAlpha = 1;
      }
      needle(pen, style, x(this.at), this.height);
    },
  },
};
