// Keeps the screen on during a conversation; the phone drops the lock whenever the page is hidden, so it is asked for again.

let lock = null;
let wanted = false;

async function acquire() {
  if (!wanted || document.hidden || !("wakeLock" in navigator)) return;
  // Refused on low battery: the conversation goes on without it.
  lock = await navigator.wakeLock.request("screen").catch(() => null);
}

document.addEventListener("visibilitychange", acquire);

export function keepAwake() {
  wanted = true;
  return acquire();
}

export function letSleep() {
  wanted = false;
  lock?.release();
  lock = null;
}
