// A conversation over time: its picture with the needle, zoomed and moved, hovered and clicked; a span of it dragged or set by its edges.
// `talk`: {seconds, track, bands, usual, utterances}, replaced once by what was loaded; `pins`: [{kind, at, text}]; `at`: where the needle
// is; `playing`; `source`: where finer curves are asked for; `cuts`: whether spans can be chosen; `names`: {speaker, level}; `t`: texts.
// Emits `play` (from, to or nothing), `cut` {start, end}. `sought()`: the needle was sent somewhere, it is to be in sight.
// For keys: `closer()`, `wider()`, `whole()`, `edge(0 or 1)`. `viewed`: what of it is shown, for an address.
import { clock } from "calmdesk/player.js";
import { heightOf, needle, paint, placing } from "calmdesk/tracks.js";
import { zooming } from "calmdesk/zoom.js";

const NEAR = 7, DRAGGED = 5; // pixels: of the pointer to a mark, and what is a drag and no click
const SPAN = 30; // seconds on the other side of where a span is begun
const ZOOM = 2; // of a button or a key
const SIGNS = [["prompt", "▲"], ["withheld", "△"], ["keyword", "●"], ["moment", "✕"], ["calmed", "▼"], ["mark", "◆"], ["hint", "▼"], ["comment", "■"]];

export const tenth = (seconds) => Math.round(seconds * 10) / 10;

export const Timeline = {
  mixins: [zooming],
  props: { talk: Object, pins: Array, at: Number, playing: Boolean, source: String, cuts: Boolean, names: Object, t: Object },
  emits: ["play", "cut"],
  template: `
  <canvas ref="canvas" class="tracks" :style="{height: height + 'px'}" role="img" :aria-label="summary"
    @pointerdown="grab" @pointermove="point" @pointerup="drop" @pointercancel="release" @wheel="wheeled"></canvas>
  <div class="player-bar zoom-bar" role="group" :aria-label="t.zoom">
    <button type="button" class="button small round" @click="wider" :disabled="!zoomed" :aria-label="t.zoom_out" :title="t.zoom_out">−</button>
    <button type="button" class="button small round" @click="closer" :aria-label="t.zoom_in" :title="t.zoom_in">+</button>
    <button type="button" class="button small quiet" @click="whole" :disabled="!zoomed">{{ t.whole }}</button>
    <input v-if="zoomed" type="range" class="grow" min="0" :max="seconds - (view.to - view.from)" step="0.1" :value="view.from"
      :aria-label="t.pan" :aria-valuetext="stretch" @input="pan(+$event.target.value)">
    <span class="note number">{{ zoomed ? stretch : t.zoom_help }}</span>
  </div>
  <div class="legend" aria-hidden="true">
    <span v-for="(name, key) in names.speaker"><i :class="'dot ' + key"></i>{{ name }}</span>
    <span v-for="(name, key) in names.level"><i :class="'band ' + key"></i>{{ name }}</span>
    <span><i class="line usual"></i>{{ t.usual }}</span>
    <span v-for="one in signs"><i :class="'sign sign-' + one[0]">{{ one[1] }}</i>{{ t['sign_' + one[0]] }}</span>
  </div>
  <div v-if="cuts" class="player-bar span-bar">
    <span class="note" role="status">{{ span ? t.chosen + ' ' + clock(span[0]) + ' – ' + clock(span[1]) : t.choose }}</span>
    <button type="button" class="button small quiet" @click="edge(0)">{{ t.from_here }}</button>
    <button type="button" class="button small quiet" @click="edge(1)">{{ t.to_here }}</button>
    <template v-if="span">
      <button type="button" class="button small" @click="$emit('play', ...span)">{{ t.play_span }}</button>
      <button type="button" class="button small primary" @click="$emit('cut', {start: tenth(span[0]), end: tenth(span[1])})">{{ t.cut }}</button>
      <button type="button" class="button small quiet" @click="choose(null)">{{ t.clear }}</button>
    </template>
  </div>`,
  data() { return { span: null }; },
  computed: {
    seconds() { return this.talk.seconds; },
    height() { return heightOf(this.talk); },
    stretch() { return `${clock(this.view.from)} – ${clock(this.view.to)}`; },
    signs() { return SIGNS.filter(([name]) => name !== "withheld" || this.talk.marks.some((mark) => mark.kind === name)); },
    summary() { return [this.t.lanes, this.t.loudness, this.t.rate, this.t.pitch, this.stretch].join(" · "); },
  },
  watch: {
    at() { this.draw(); },
    pins() { this.repaint(); },
    talk() {
      this.overview = { ...this.talk.track, from: 0, to: this.seconds };
      if (this.zoomed) this.look(this.zoomed.from, this.zoomed.to); // an address may ask for anything
      this.repaint();
      this.settled();
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
  },
  beforeUnmount() {
    cancelAnimationFrame(this.painting);
    this.observer.disconnect();
    this.dark.removeEventListener("change", this.repaint);
  },
  methods: {
    clock,
    tenth,
    closer() { this.zoom(1 / ZOOM); },
    wider() { this.zoom(ZOOM); },
    whole() { this.look(0, this.seconds); },
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
      if (this.held && this.cuts && event.pointerType === "mouse") this.choose([this.held.at, this.where(event.clientX)]);
      else this.drag(event);
    },
    drop(event) {
      if (this.held && !this.held.dragged) this.$emit("play", this.where(event.clientX));
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
