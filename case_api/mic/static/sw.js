// Keeps the page's shell on the phone, so that it opens in a lift or a basement. Calls and audio never pass through here.

const VERSION = "{{version}}";
const CACHE = `calmdesk-mic-${VERSION}`;
const PAGE = "/mic";
const FILES = "{{files}}";
const PAGE_WAIT_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll([PAGE, ...FILES]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("calmdesk-mic-") && name !== CACHE).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

// The newest page while there is a line; the kept one when the line is slow, down, or the server answers with a fault.
async function page(request) {
  const kept = await caches.match(PAGE);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PAGE_WAIT_MS) });
    return answer.ok || !kept ? answer : kept;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && (pathname === PAGE || pathname === `${PAGE}/`)) event.respondWith(page(event.request));
  else if (pathname.startsWith(`${PAGE}/v/`)) event.respondWith(file(event.request));
});
