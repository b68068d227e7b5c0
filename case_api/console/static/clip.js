// One clip: its sound and what is said in it.
import { bar, player, sound } from "calmdesk/player.js";

export default {
  mixins: [player],
  template: `
  <div class="player card">
    ${sound("clip.audio")}
    ${bar()}
    <p v-if="!clip.said.length" class="empty">{{ t.nothing }}</p>
    <div>
      <button v-for="said in clip.said" type="button" :class="['utterance', said.speaker, {current: at >= said.start && at < said.end, doubtful: said.doubtful}]" @click="play(said.start)">
        <span class="number">{{ clock(said.start) }}</span>
        <b>{{ clip.names[said.speaker] }}</b>
        <span class="words">{{ said.text }} <span v-if="said.corrected" class="tag">{{ t.corrected }}</span>
          <small v-if="said.doubtful" class="doubt">{{ t.doubtful }}</small></span>
      </button>
    </div>
  </div>`,
  props: { clip: Object },
  data() { return { speeds: [0.75, 1, 1.25, 1.5, 2] }; },
  computed: {
    t() { return this.clip.texts; },
    seconds() { return this.clip.seconds; },
  },
};
