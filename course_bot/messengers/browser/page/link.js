// @ts-check
/**
 * Carry moves to the server so that each arrives exactly once, however the connection behaves.
 *
 * Every move has an id and stays in the outbox until the server has answered it. Moves go one by
 * one and in order; after a lost connection the first of them goes again with the same id, and
 * the server knows it by that.
 *
 * @typedef {{id: string, kind: "opened", payload: string}
 *   | {id: string, kind: "pressed", action: string}
 *   | {id: string, kind: "wrote", text: string}} Move
 * @typedef {{label: string, action?: string, url?: string}} Button
 * @typedef {{kind: "screen", text: string, rows: Button[][]}} Screen
 * @typedef {{kind: "notice", text: string}} Notice
 * @typedef {{kind: "document", name: string, content: string, about: string}} File
 * @typedef {{name: string, about: string}[]} Commands
 * @typedef {{kind: "commands", commands: Commands}} Menu
 * @typedef {{commands: Commands, text_chars: number, frame_bytes: number}} Hello
 * @typedef {"connecting" | "online" | "offline" | "elsewhere" | "cookies"} State
 * @typedef {{
 *   state(state: State): void,
 *   hello(hello: Hello): void,
 *   told(word: string): void,
 *   replies(move: Move, replies: (Screen | Notice | File | Menu)[]): void,
 *   trouble(move: Move, screen: Screen): void,
 *   refused(words: string, move?: Move): void,
 *   tooLarge(move: Move): void,
 * }} Listener
 */

const OUTBOX = "outbox";
const RELOADED = "reloaded";
/** Milliseconds: the server may be slow, but a dead connection should not hold a press for long. */
const PATIENCE = 20_000;
const FIRST_WAIT = 400;
const LONGEST_WAIT = 15_000;
/** Milliseconds out of sight after which the screen may be out of date (another device, a reminder). */
const STALE = 600_000;
const TOO_LARGE = 1009;
const ELSEWHERE = 4001;

export class Link {
  /** @type {Move[]} */ outbox = load();
  /** @type {State} */ state = "connecting";
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Listener} */ #listener;
  #ready = false;
  /** The move that was sent on this connection and has no answer yet. */
  #flying = "";
  /** The move that the server had trouble with: it waits for the person's word. */
  #troubled = "";
  #frameBytes = Infinity;
  #failures = 0;
  #timer = 0;
  #watch = 0;
  #hiddenSince = 0;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /**
   * Connect, and open the conversation after whatever an earlier page has left unsent.
   * @param {string} payload
   */
  start(payload) {
    addEventListener("online", () => this.#hurry());
    addEventListener("offline", () => {
      this.#failures ||= 1;
      this.#lose();
    });
    addEventListener("pageshow", (event) => event.persisted && this.#hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        this.#hiddenSince ||= Date.now();
      } else if (this.#socket) {
        this.#hiddenSince = 0;
      } else {
        this.#hurry();
      }
    });
    const last = this.outbox[this.outbox.length - 1];
    if (last?.kind === "opened" && last.payload === payload) this.retry();
    else this.send({ id: crypto.randomUUID(), kind: "opened", payload });
  }

  /**
   * Keep a move and send it as soon as its turn comes.
   * @param {Move} move
   */
  send(move) {
    this.outbox.push(move);
    this.#save();
    this.retry();
  }

  /** Try again at once, also the move that the server had trouble with. */
  retry() {
    this.#troubled = "";
    this.#hurry();
    this.#pump();
    this.#listener.state(this.state);
  }

  /** Give up the move that the server had trouble with. */
  drop() {
    this.#troubled = "";
    this.#take(this.outbox[0]?.id);
    this.#pump();
    this.#listener.state(this.state);
  }

  /** A move is with the server, which has not answered yet. */
  get awaiting() {
    return this.#flying !== "";
  }

  #hurry() {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    // Soon again after the first failure; what is known to be offline stays so until it is not.
    this.#failures = Math.min(this.#failures, 1);
    this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    const address = new URL("/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#ready = false;
    this.#flying = "";
    if (this.state !== "offline") this.#become("connecting");
    socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    socket.onclose = (event) => this.#lose(event.code);
  }

  /** @param {number} [code] */
  #lose(code) {
    const socket = this.#socket;
    if (!socket) return;
    const wasReady = this.#ready;
    // A dead connection may take minutes to close: leave it to itself.
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.#socket = null;
    this.#ready = false;
    clearTimeout(this.#watch);
    if (code === ELSEWHERE) return this.#become("elsewhere");
    if (code === TOO_LARGE) {
      const move = this.#take(this.#flying);
      if (move) this.#listener.tooLarge(move);
    }
    this.#flying = "";
    if (this.#failures > 0) this.#become("offline");
    else this.#become("connecting");
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#timer = window.setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
    if (!wasReady) this.#checkCookie();
  }

  /** A page can't see why a connection failed, so it asks. */
  async #checkCookie() {
    const status = await fetch("/ws", { cache: "no-store" }).then((r) => r.status, () => 0);
    if (status !== 401) return;
    if (remember(RELOADED)) return location.reload();
    clearTimeout(this.#timer);
    this.#become("cookies");
  }

  /** @param {State} state */
  #become(state) {
    this.state = state;
    this.#listener.state(state);
  }

  /** @param {any} frame */
  #hear(frame) {
    if (frame.hello) return this.#greet(frame.hello);
    // A frame that the server can't read at all (half a letter in it) is refused without an id.
    const id = frame.id ?? this.#flying;
    const move = this.outbox.find((kept) => kept.id === id);
    if (frame.told) {
      clearTimeout(this.#watch);
      this.#watch = window.setTimeout(() => this.#lose(), PATIENCE);
      return this.#listener.told(frame.told);
    }
    if (id === this.#flying) {
      this.#flying = "";
      clearTimeout(this.#watch);
    }
    if (frame.trouble && move) {
      this.#troubled = move.id;
      this.#listener.trouble(move, frame.trouble);
    } else {
      this.#take(id);
      if (frame.refused) this.#listener.refused(frame.refused, move);
      else if (move) this.#listener.replies(move, frame.replies);
      this.#pump();
    }
    this.#listener.state(this.state);
  }

  /** @param {Hello} hello */
  #greet(hello) {
    this.#ready = true;
    this.#troubled = "";
    this.#failures = 0;
    this.#frameBytes = hello.frame_bytes;
    forget(RELOADED);
    this.#listener.hello(hello);
    if (this.#hiddenSince && Date.now() - this.#hiddenSince > STALE && !this.outbox.length) {
      this.outbox.push({ id: crypto.randomUUID(), kind: "opened", payload: "" });
    }
    this.#hiddenSince = document.hidden ? Date.now() : 0;
    this.#pump();
    this.#become("online");
  }

  /** @returns {void} */
  #pump() {
    const move = this.outbox[0];
    if (!move || !this.#ready || !this.#socket || this.#flying || this.#troubled === move.id) return;
    const frame = JSON.stringify(move);
    if (new TextEncoder().encode(frame).length > this.#frameBytes) {
      this.#take(move.id);
      this.#listener.tooLarge(move);
      return this.#pump();
    }
    this.#flying = move.id;
    this.#socket.send(frame);
    clearTimeout(this.#watch);
    this.#watch = window.setTimeout(() => this.#lose(), PATIENCE);
  }

  /**
   * Remove a move from the outbox.
   * @param {string | undefined} id
   */
  #take(id) {
    const move = this.outbox.find((kept) => kept.id === id);
    this.outbox = this.outbox.filter((kept) => kept !== move);
    this.#save();
    return move;
  }

  #save() {
    try {
      sessionStorage.setItem(OUTBOX, JSON.stringify(this.outbox));
    } catch {
      // Storage is full or forbidden: moves then live as long as the page.
    }
  }
}

/** @returns {Move[]} */
function load() {
  try {
    return JSON.parse(sessionStorage.getItem(OUTBOX) ?? "[]");
  } catch {
    return [];
  }
}

/**
 * Leave a mark that a reload survives; false if it was there already or can't be kept.
 * @param {string} mark
 */
function remember(mark) {
  try {
    if (sessionStorage.getItem(mark)) return false;
    sessionStorage.setItem(mark, "1");
    return true;
  } catch {
    return false;
  }
}

/** @param {string} mark */
function forget(mark) {
  try {
    sessionStorage.removeItem(mark);
  } catch {
    // Nothing was kept.
  }
}
