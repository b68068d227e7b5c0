// Listens in on a running conversation: asks once a second for the sound that is stored, and plays it a few seconds late.
const RATE = 16000, ASK_MS = 1000, LEAD = 0.4; // LEAD: seconds that are kept in hand, so that a late answer leaves no hole
const QUIETEST_DB = -60;
let current = null; // one at a time: nobody can follow two

const samples = (pcm) => {
  const bytes = Uint8Array.from(atob(pcm), (letter) => letter.charCodeAt(0));
  return Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
};

export default {
  template: `
  <div class="listen">
    <button type="button" class="button small" :aria-pressed="on" @click="toggle">
      <svg viewBox="0 0 24 24" class="icon" aria-hidden="true"><path d="M4 13a8 8 0 0 1 16 0M4 13v5h4v-5zM16 13v5h4v-5z"/></svg>
      {{ on ? t.stop : t.start }}
    </button>
    <span v-if="on" class="listen-meter" aria-hidden="true"><i :style="{transform: 'scaleX(' + loud.toFixed(2) + ')'}"></i></span>
    <small role="status">{{ on ? t[state] : "" }}</small>
  </div>`,
  props: { listening: Object },
  data() { return { asked: false, state: "waiting", loud: 0 }; },
  computed: {
    t() { return this.listening.texts; },
    on() { return this.asked || this.listening.address !== null; },
  },
  watch: {
    "listening.address"(address) {
      this.asked = false;
      if (address && this.context) this.follow(address);
      else if (address) this.stop(); // somebody has thought better of it meanwhile
      else this.silence();
    },
    "listening.refused"() {
      this.asked = false;
      this.silence();
    },
  },
  mounted() { addEventListener("pagehide", this.leave); },
  beforeUnmount() {
    removeEventListener("pagehide", this.leave);
    this.leave();
    this.silence();
  },
  methods: {
    toggle() {
      if (this.on) this.stop();
      else this.start();
    },
    // Here and not once the server has agreed: a browser plays only what a click began.
    start() {
      if (current && current !== this) current.stop();
      current = this;
      this.context = new AudioContext({ sampleRate: RATE });
      this.analyser = this.context.createAnalyser();
      this.analyser.connect(this.context.destination);
      this.next = 0;
      this.meter = setInterval(this.measure, 100);
      this.state = "waiting";
      this.asked = true;
      this.$emit("start");
    },
    stop() {
      this.leave();
      this.silence();
      this.asked = false;
      this.$emit("over", "stopped");
    },
    // Tells the server at once, also when the page goes away; the phone then no longer shows a name.
    leave() {
      const { address } = this.listening;
      if (address && address !== this.left) fetch(address.replace(/\/audio$/, ""), { method: "DELETE", keepalive: true }).catch(() => {});
      this.left = address;
    },
    silence() {
      clearInterval(this.meter);
      this.context?.close();
      this.context = null;
      this.loud = 0;
      if (current === this) current = null;
    },
    async follow(address) {
      let after = null;
      while (this.context && this.listening.address === address && this.left !== address) {
        const due = performance.now() + ASK_MS;
        const heard = await this.ask(address, after);
        if (!this.context || this.left === address) return;
        if (heard.state === "over") {
          this.left = address;
          this.silence();
          this.$emit("over", heard.reason);
          return;
        }
        this.state = heard.state;
        if (heard.state === "listening") {
          after = heard.next;
          this.play(heard.pcm);
        }
        await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      }
    },
    async ask(address, after) {
      try {
        const answer = await fetch(after === null ? address : `${address}?after=${after}`);
        if (answer.ok) return await answer.json();
        return { state: answer.status < 500 ? "over" : "trouble", reason: "forbidden" };
      } catch {
        return { state: "trouble" };
      }
    },
    play(pcm) {
      if (!pcm) return;
      const sound = samples(pcm), { context } = this;
      const buffer = context.createBuffer(1, sound.length, RATE);
      buffer.copyToChannel(sound, 0);
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(this.analyser);
      if (this.next < context.currentTime) this.next = context.currentTime + LEAD;
      source.start(this.next);
      this.next += buffer.duration;
    },
    measure() {
      const wave = new Float32Array(this.analyser.fftSize);
      this.analyser.getFloatTimeDomainData(wave);
      const power = wave.reduce((sum, sample) => sum + sample * sample, 0) / wave.length;
      this.loud = Math.max(0, Math.min(1, 1 - (10 * Math.log10(Math.max(power, 1e-9))) / QUIETEST_DB));
    },
  },
};
