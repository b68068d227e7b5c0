// Which seconds of a conversation its tracks show: zoomed by wheel, fingers, buttons and keys, with the playing spot kept in sight.
// Whoever mixes `zooming` in has `<canvas ref="canvas">` and `repaint()`, and `seconds`, `source`, `at` and `playing`.
import { LEFT, timing } from "calmdesk/tracks.js";

const SHORTEST = 5; // seconds that are shown at the least
const WHEEL = 0.01, NOTCH = 40; // how much a pixel of the wheel zooms (as an exponent), and how many count at a time
const TOUCHING = 24; // pixels: fingers that are nearer are as near as they get
const LINE = 16; // pixels, of a wheel that counts lines
const EDGE = 0.06; // of what is shown: how near to the end the needle turns the page
const FINEST = 0.1, POINTS = 900; // seconds between two measurements; points of a curve that a screen can tell apart
const SETTLED_MS = 150;

// `?view=12.5-80` of the address
const asked = () => {
  const found = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(new URLSearchParams(location.search).get("view") ?? "");
  return found && +found[1] < +found[2] ? { from: +found[1], to: +found[2] } : null;
};

export const zooming = {
  data() { return { zoomed: asked() }; },
  computed: {
    view() { return this.zoomed ?? { from: 0, to: this.seconds }; },
    viewed() { return this.zoomed ? `${this.zoomed.from.toFixed(1)}-${this.zoomed.to.toFixed(1)}` : ""; },
  },
  watch: {
    view() {
      this.repaint?.();
      clearTimeout(this.settling);
      this.settling = setTimeout(this.settled, SETTLED_MS);
    },
    at() { this.keepUp(); },
  },
  created() {
    this.fingers = new Map(); // by pointer: where it is
    this.strayed = false; // somebody looks elsewhere while it plays
    this.detail = null; // finer curves of what is shown and its surroundings
  },
  beforeUnmount() { clearTimeout(this.settling); },
  methods: {
    look(from, to) {
      const span = this.spanned(to - from), begin = Math.min(Math.max(from, 0), this.seconds - span);
      this.zoomed = span >= this.seconds ? null : { from: begin, to: begin + span };
    },
    spanned(span) { return Math.min(Math.max(span, SHORTEST), this.seconds); },
    zoom(factor, pivot = this.pivot()) {
      const { from, to } = this.view, span = this.spanned((to - from) * factor), begin = pivot - ((pivot - from) / (to - from)) * span;
      this.look(begin, begin + span);
    },
    pivot() {
      const { from, to } = this.view;
      return this.at >= from && this.at <= to ? this.at : (from + to) / 2;
    },
    pan(from) {
      this.look(from, from + this.view.to - this.view.from);
      this.stray();
    },
    stray() { this.strayed = this.at < this.view.from || this.at > this.view.to; },
    sought() { this.strayed = false; },
    keepUp() {
      const { from, to } = this.view, edge = (to - from) * EDGE;
      if (this.at >= from && this.at <= to - (this.playing ? edge : 0)) this.strayed = false;
      else if (this.zoomed && !this.strayed) this.look(this.at - edge, this.at - edge + to - from);
    },
    wheeled(event) {
      const pixels = event.deltaMode ? LINE : 1, { from, to } = this.view;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoom(Math.exp(Math.min(Math.max(event.deltaY * pixels, -NOTCH), NOTCH) * WHEEL), this.where(event.clientX));
        this.stray();
      } else if (this.zoomed && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
        event.preventDefault();
        this.pan(from + (((event.deltaX || event.deltaY) * pixels) / this.$refs.canvas.clientWidth) * (to - from));
      }
    },
    where(x) {
      const box = this.$refs.canvas.getBoundingClientRect();
      return Math.min(Math.max(timing(box.width, this.view)(x - box.left), 0), this.seconds);
    },
    // One finger moves the tracks: the moment that lies under it stays under it. Two zoom them, however they lie to each other: what is
    // shown shrinks as they part, and the moment between them stays between them.
    press(event) {
      this.$refs.canvas.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    },
    drag(event) {
      if (!this.fingers.has(event.pointerId)) return;
      const before = this.grip();
      this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const now = this.grip(), { from, to } = this.view;
      if (!this.zoomed && before.apart >= now.apart) return;
      const box = this.$refs.canvas.getBoundingClientRect(), held = timing(box.width, this.view)(before.x - box.left);
      const span = this.spanned(((to - from) * before.apart) / now.apart);
      const begin = held - ((now.x - box.left - LEFT) / (box.width - LEFT)) * span;
      this.look(begin, begin + span);
      this.stray();
    },
    // Where the fingers are between them, and how far apart.
    grip() {
      const [one, other = one] = this.fingers.values();
      return { x: (one.x + other.x) / 2, apart: Math.max(Math.hypot(one.x - other.x, one.y - other.y), TOUCHING) };
    },
    lift(event) { this.fingers.delete(event.pointerId); },
    settled() {
      const address = new URL(location);
      if (this.viewed) address.searchParams.set("view", this.viewed);
      else address.searchParams.delete("view");
      if (address.href !== location.href) history.replaceState(history.state, "", address);
      this.refine();
    },
    // Curves as fine as the screen can show, where those at hand are coarser.
    async refine() {
      const { from, to } = this.view, span = to - from;
      const step = FINEST * 2 ** Math.max(Math.ceil(Math.log2(span / POINTS / FINEST)), 0);
      const has = (track) => track && track.step <= step * 1.01 && track.from <= from && track.to >= to;
      if (!this.zoomed || has(this.overview) || has(this.detail)) return;
      const begin = Math.floor(Math.max(from - span / 2, 0) / step) * step, end = Math.min(to + span / 2, this.seconds + step);
      const wanted = `${this.source}/curves?from=${begin.toFixed(1)}&to=${end.toFixed(1)}&step=${step.toFixed(1)}`;
      this.asking = wanted;
      const answer = await fetch(wanted).catch(() => null);
      if (!answer?.ok || this.asking !== wanted) return; // the coarse ones stay
      this.detail = { ...(await answer.json()), from: begin, to: end };
      this.repaint();
    },
  },
};
