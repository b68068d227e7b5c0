// What was remarked on moments of a conversation, and a field for one more, which is about the moment `at`.
// `comments`: [{id, at, text, person_name, mine}]; `t`: texts. Emits `go` (seconds), `withdraw` (id), `write` (text).
import { clock } from "calmdesk/player.js";

export const Comments = {
  props: { comments: Array, at: Number, t: Object },
  emits: ["go", "withdraw", "write"],
  template: `
  <p v-if="!comments.length" class="empty">{{ t.no_comments }}</p>
  <ul v-else class="comments">
    <li v-for="one in comments" :key="one.id" class="comment">
      <a class="number" :href="'?at=' + one.at" @click.prevent="$emit('go', one.at)">{{ clock(one.at) }}</a>
      <span class="words">{{ one.text }}</span>
      <small>{{ one.person_name }}</small>
      <button v-if="one.mine" type="button" class="button small quiet-danger" @click="$emit('withdraw', one.id)" :aria-label="t.withdraw + ' ' + clock(one.at)">{{ t.withdraw }}</button>
    </li>
  </ul>
  <form class="comment-form" @submit.prevent="$emit('write', draft.trim())">
    <textarea v-model="draft" rows="2" maxlength="500" :aria-label="t.comment" :placeholder="t.comment"></textarea>
    <button type="submit" class="button small" :disabled="!draft.trim()">{{ t.comment_at }} {{ clock(at) }}</button>
  </form>`,
  data() { return { draft: "" }; },
  methods: { clock },
};
