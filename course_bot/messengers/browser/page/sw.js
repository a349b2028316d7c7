// @ts-check
/// <reference lib="webworker" />
/**
 * Where the course can't be reached, show a page that says what is going on, not the browser's own.
 *
 * Nothing of the chat is kept: its files always come from the server, which validates them, so that
 * after an update nobody runs half of an old page. What is kept is the offline page alone. It is
 * taken as a whole, under one version, and its parts are served from nowhere else; with one byte of
 * them changed, this file is another one too, and the browser takes them anew.
 */

const PREFIX = "offline-";
/** The server puts it in. */
const VERSION = `${PREFIX}{{version}}`;
const PAGE = "/offline";
const PARTS = [PAGE, "/offline.css", "/offline.js"];
/** What a proxy answers for a course that is away. */
const AWAY = [502, 504];

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

worker.addEventListener("install", (event) => {
  worker.skipWaiting();
  event.waitUntil(keep());
});

worker.addEventListener("activate", (event) => {
  // The page is asked for while this worker starts, which takes a while on an old phone.
  event.waitUntil(worker.registration.navigationPreload?.enable() ?? Promise.resolve());
  event.waitUntil(forgetOthers());
});

worker.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { pathname } = new URL(url);
  if (PARTS.includes(pathname)) event.respondWith(kept(event.request));
  else if (mode === "navigate" && pathname === "/") event.respondWith(open(event));
  // Any other page has been asked for, too: left to the browser, it would be asked for once more.
  else if (mode === "navigate" && method === "GET") event.respondWith(come(event));
});

async function keep() {
  const cache = await caches.open(VERSION);
  await cache.addAll(PARTS.map((path) => new Request(path, { cache: "reload" })));
}

async function forgetOthers() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== VERSION);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** @param {FetchEvent} event */
async function come(event) {
  return (await event.preloadResponse) || fetch(event.request);
}

/** @param {FetchEvent} event */
async function open(event) {
  try {
    const answer = await come(event);
    if (!AWAY.includes(answer.status)) return answer;
  } catch {
    // There is no connection, or nobody at its other end.
  }
  return kept(new Request(PAGE));
}

/** @param {Request} request */
async function kept(request) {
  const cache = await caches.open(VERSION);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}
