// Plays a conversation: lanes, curves, marks and the transcript share one clock, the recording's.
const LANES = ["customer", "staff", "unsure"];
const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const ROWS = { lanes: 54, loudness: 56, rate: 40, pitch: 40 };
const LEFT = 64;

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return (hours ? `${hours}:${pad(Math.floor(whole / 60) % 60)}` : `${Math.floor(whole / 60)}`) + `:${pad(whole % 60)}`;
};

const usual = (values) => {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length ? known[Math.floor(known.length / 2)] : null;
};

const bounds = (values) => {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (!known.length) return null;
  const low = known[Math.floor(known.length * 0.03)], high = known[Math.ceil(known.length * 0.985) - 1];
  return [low, Math.max(high, low + 1)];
};

export default {
  template: `
  <div class="player card">
    <audio ref="audio" :src="session.audio" preload="metadata" @timeupdate="moved" @play="playing = true" @pause="playing = false"></audio>
    <div class="player-bar">
      <button type="button" class="button primary round" @click="toggle" :aria-label="playing ? t.pause : t.play">
        <svg viewBox="0 0 24 24" class="icon" aria-hidden="true"><path :d="playing ? 'M8 5v14M16 5v14' : 'M8 5l11 7-11 7z'"/></svg>
      </button>
      <span class="number now">{{ clock(at) }} / {{ clock(session.seconds) }}</span>
      <input type="range" class="grow" min="0" :max="session.seconds" step="0.1" :value="at" :aria-label="t.play" @input="seek(+$event.target.value)">
      <div class="segments" role="group" :aria-label="t.speed">
        <button v-for="one in speeds" type="button" :aria-pressed="speed === one" @click="pace(one)">{{ one }}×</button>
      </div>
    </div>
    <canvas ref="canvas" class="tracks" :style="{height: height + 'px'}" role="img" :aria-label="summary" @click="pointed"></canvas>
    <div class="legend" aria-hidden="true">
      <span v-for="(name, key) in session.names.speaker"><i :class="'dot ' + key"></i>{{ name }}</span>
      <span v-for="(name, key) in session.names.level"><i :class="'band ' + key"></i>{{ name }}</span>
      <span><i class="line usual"></i>{{ t.usual }}</span>
    </div>
    <div class="player-columns">
      <section>
        <div class="card-head"><h2>{{ t.transcript }}</h2>
          <label class="check small"><input type="checkbox" v-model="follow"><span>{{ t.follow }}</span></label>
        </div>
        <input type="search" class="find" v-model="wanted" :placeholder="t.find" :aria-label="t.find">
        <p v-if="!shown.length" class="empty">{{ t.nothing }}</p>
        <div ref="words" class="transcript" tabindex="0" role="region" :aria-label="t.transcript">
          <button v-for="said in shown" :key="said.id" type="button" :data-id="said.id" :class="['utterance', said.speaker, {current: said.id === current}]" @click="play(said.start)">
            <span class="number">{{ clock(said.start) }}</span>
            <b>{{ session.names.speaker[said.speaker] }}</b>
            <span class="words"><template v-for="part in parts(said)"><mark v-if="part.hit">{{ part.text }}</mark><template v-else>{{ part.text }}</template></template></span>
          </button>
        </div>
      </section>
      <section>
        <h2>{{ t.events }}</h2>
        <p v-if="!session.marks.length" class="empty">{{ t.nothing }}</p>
        <div class="marks">
          <button v-for="mark in session.marks" type="button" :class="['mark', mark.kind]" @click="play(mark.at)">
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
              <button v-if="one.mine" type="button" class="button small quiet-danger" @click="$emit('withdraw', one.id)" :aria-label="t.withdraw + ' ' + clock(one.at)">{{ t.withdraw }}</button>
            </li>
          </ul>
          <form class="comment-form" @submit.prevent="comment">
            <textarea v-model="written" rows="2" maxlength="500" :aria-label="t.comment" :placeholder="t.comment"></textarea>
            <button type="submit" class="button small" :disabled="!written.trim()">{{ t.comment_at }} {{ clock(at) }}</button>
          </form>
        </template>
      </section>
    </div>
  </div>`,
  props: { session: Object },
  data() {
    return { at: this.session.at, playing: false, speed: 1, follow: true, wanted: "", written: "", speeds: SPEEDS };
  },
  computed: {
    t() { return this.session.texts; },
    rows() { return ["lanes", ...["loudness", "rate", "pitch"].filter((name) => this.curve(name))]; },
    height() { return 22 + this.rows.reduce((sum, row) => sum + ROWS[row] + 8, 0); },
    shown() {
      const wanted = this.wanted.trim();
      return wanted ? this.session.utterances.filter((said) => said.text.includes(wanted)) : this.session.utterances;
    },
    current() {
      let found = null;
      for (const said of this.session.utterances) if (said.start <= this.at + 0.05) found = said.id;
      return found;
    },
    summary() {
      return `${this.t.lanes}、${this.t.loudness}、${this.t.rate}、${this.t.pitch}；${clock(this.session.seconds)}`;
    },
  },
  watch: {
    current(id) {
      if (!this.follow || !id) return;
      const row = this.$refs.words?.querySelector(`[data-id="${CSS.escape(id)}"]`);
      if (row) this.$refs.words.scrollTo({ top: row.offsetTop - this.$refs.words.clientHeight / 3 });
    },
  },
  mounted() {
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.$refs.canvas);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => this.draw();
    this.dark.addEventListener("change", this.redraw);
    if (this.at) this.$refs.audio.currentTime = this.at;
    if (this.session.play) this.$refs.audio.play().then(() => this.run(), () => {}); // a browser may want a click first
  },
  beforeUnmount() {
    this.observer.disconnect();
    this.dark.removeEventListener("change", this.redraw);
    cancelAnimationFrame(this.frame);
  },
  methods: {
    clock,
    curve(name) { return this.session.track.columns[{ loudness: "loudness_momentary" }[name] ?? name]; },
    toggle() {
      if (this.playing) this.$refs.audio.pause();
      else this.$refs.audio.play().then(() => this.run());
    },
    play(at) {
      this.seek(at);
      this.$refs.audio.play().then(() => this.run());
    },
    run() {
      cancelAnimationFrame(this.frame);
      const step = () => {
        this.moved();
        if (this.playing) this.frame = requestAnimationFrame(step);
      };
      step();
    },
    seek(at) {
      this.$refs.audio.currentTime = at;
      this.at = at;
      this.draw();
    },
    pace(speed) {
      this.speed = speed;
      this.$refs.audio.playbackRate = speed;
    },
    moved() {
      this.at = this.$refs.audio.currentTime;
      this.draw();
    },
    pointed(event) {
      const box = this.$refs.canvas.getBoundingClientRect();
      const share = (event.clientX - box.left - LEFT) / (box.width - LEFT);
      if (share >= 0) this.play(Math.min(share, 1) * this.session.seconds);
    },
    linked(at) {
      history.replaceState(history.state, "", `?at=${at}`);
      this.play(at);
    },
    comment() {
      this.$emit("comment", { at: Math.round(this.at * 10) / 10, text: this.written.trim() });
    },
    parts(said) {
      const terms = this.session.keywords.filter((hit) => hit.utterance_id === said.id).map((hit) => hit.heard);
      if (this.wanted.trim()) terms.push(this.wanted.trim());
      let parts = [{ text: said.text, hit: false }];
      for (const term of terms.filter(Boolean)) {
        parts = parts.flatMap((part) => part.hit ? [part] : part.text.split(term).flatMap((text, index) => index ? [{ text: term, hit: true }, { text, hit: false }] : [{ text, hit: false }]));
      }
      return parts.filter((part) => part.text);
    },
    draw() {
      const canvas = this.$refs.canvas;
      if (!canvas) return;
      const style = getComputedStyle(canvas), colour = (name) => style.getPropertyValue(`--${name}`).trim();
      const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = this.height;
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      pen.font = `12px ${style.fontFamily}`;
      pen.textBaseline = "middle";
      const x = (at) => LEFT + (at / this.session.seconds) * (width - LEFT);
      const bandColours = { calm: "accent-soft", rising: "amber-soft", agitated: "red-soft" };
      for (const band of this.session.bands) {
        if (!bandColours[band.level]) continue;
        pen.fillStyle = colour(bandColours[band.level]);
        pen.fillRect(x(band.from), 0, Math.max(x(band.to) - x(band.from), 1), height - 18);
      }
      let top = 4;
      for (const row of this.rows) {
        pen.fillStyle = colour("soft");
        pen.fillText(this.t[row], 0, top + ROWS[row] / 2);
        if (row === "lanes") this.drawLanes(pen, x, top, colour);
        else this.drawCurve(pen, x, top, ROWS[row], row, colour);
        top += ROWS[row] + 8;
      }
      this.drawMarks(pen, x, height, colour);
      this.drawAxis(pen, x, width, height, colour);
      pen.fillStyle = colour("ink");
      pen.fillRect(x(this.at) - 0.75, 0, 1.5, height - 18);
    },
    drawLanes(pen, x, top, colour) {
      const colours = { customer: "warm", staff: "accent", unsure: "soft" };
      for (const said of this.session.utterances) {
        pen.fillStyle = colour(colours[said.speaker]);
        pen.beginPath();
        pen.roundRect(x(said.start), top + LANES.indexOf(said.speaker) * 18, Math.max(x(said.end) - x(said.start), 2), 14, 3);
        pen.fill();
      }
    },
    drawCurve(pen, x, top, height, name, colour) {
      const values = this.curve(name), range = bounds(values);
      if (!range) return;
      const { start, step } = this.session.track;
      const y = (value) => top + height - ((Math.min(Math.max(value, range[0]), range[1]) - range[0]) / (range[1] - range[0])) * height;
      const middle = usual(values);
      pen.strokeStyle = colour("line");
      pen.setLineDash([4, 4]);
      pen.beginPath();
      pen.moveTo(LEFT, y(middle));
      pen.lineTo(x(this.session.seconds), y(middle));
      pen.stroke();
      pen.setLineDash([]);
      if (name === "loudness") {
        pen.fillStyle = colour("blue");
        values.forEach((value, index) => {
          if (value === null) return;
          const tall = ((Math.max(value, range[0]) - range[0]) / (range[1] - range[0])) * height;
          pen.fillRect(x(start + index * step), top + (height - Math.min(tall, height)) / 2, Math.max(x(step) - x(0) - 0.4, 0.8), Math.max(Math.min(tall, height), 1));
        });
        return;
      }
      pen.strokeStyle = colour("blue");
      pen.lineWidth = 1.4;
      pen.beginPath();
      let down = false;
      values.forEach((value, index) => {
        if (value === null) { down = false; return; }
        const place = [x(start + index * step), y(value)];
        if (down) pen.lineTo(...place); else pen.moveTo(...place);
        down = true;
      });
      pen.stroke();
      pen.lineWidth = 1;
    },
    drawMarks(pen, x, height, colour) {
      for (const mark of this.session.marks) {
        const prompt = mark.kind.startsWith("prompt");
        pen.fillStyle = colour(mark.kind === "comment" ? "amber" : prompt ? "accent" : mark.kind === "keyword" ? "warm" : "blue");
        pen.beginPath();
        const place = x(mark.at), low = height - 20;
        if (prompt) { pen.moveTo(place, low - 9); pen.lineTo(place + 5, low); pen.lineTo(place - 5, low); } else pen.arc(place, low - 4, 3.5, 0, 7);
        pen.fill();
      }
    },
    drawAxis(pen, x, width, height, colour) {
      const steps = [5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
      const step = steps.find((one) => ((width - LEFT) * one) / this.session.seconds > 62) ?? 7200;
      pen.fillStyle = colour("soft");
      pen.textAlign = "center";
      for (let at = 0; at <= this.session.seconds; at += step) pen.fillText(clock(at), Math.min(Math.max(x(at), LEFT + 12), width - 14), height - 8);
      pen.textAlign = "start";
    },
  },
};
