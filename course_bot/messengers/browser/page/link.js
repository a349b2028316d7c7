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
 * @typedef {{label: string, action?: string, url?: string, primary?: boolean, disabled?: boolean}} Button
 * @typedef {{text: string, action: string, mark: number}} Option
 * @typedef {{kind: string, hint: string, options: Option[], terms: string[], keys: Button[]}} Form
 * @typedef {{title: string, words: string, share: number}} Progress
 * @typedef {{src: string, width: number, height: number, about: string}} Picture
 * @typedef {{kind: "screen", text?: string, rows?: Button[][], heading?: string, form?: Form,
 *   picture?: Picture, progress?: Progress, tone?: string, lasting?: boolean}} Screen what it has not is left out
 * @typedef {{kind: "notice", text: string, lasting?: boolean}} Notice
 * @typedef {{kind: "erased"}} Erased
 * @typedef {{kind: "document", name: string, content: string, about: string}} File
 * @typedef {{name: string, about: string}[]} Commands
 * @typedef {"ru" | "en"} Language
 * @typedef {{kind: "commands", commands: Commands, language: Language}} Menu
 * @typedef {{visitor: string, commands: Commands, language: Language, text_chars: number,
 *   frame_bytes: number, file_bytes: number}} Hello
 * @typedef {"connecting" | "online" | "offline" | "elsewhere" | "cookies"} State
 * @typedef {{
 *   state(state: State): void,
 *   hello(hello: Hello): void,
 *   told(word: string): void,
 *   replies(move: Move, replies: (Screen | Notice | File | Menu | Erased)[]): void,
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

/** A random UUID. The browser's own randomUUID is younger than ours may be, and wants HTTPS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // RFC 9562, 5.4: version 4, variant 10.
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class Link {
  // No private names: Safari 14 and Firefox 78 do not know them.

  /** @param {Listener} listener */
  constructor(listener) {
    this._listener = listener;
    /** @type {Move[]} */
    this.outbox = load();
    /** @type {State} */
    this.state = "connecting";
    /** @type {WebSocket | null} */
    this._socket = null;
    this._ready = false;
    /** The move that was sent on this connection and has no answer yet. */
    this._flying = "";
    /** The move that the server had trouble with: it waits for the person's word. */
    this._troubled = "";
    this._frameBytes = Infinity;
    this._failures = 0;
    this._timer = 0;
    this._watch = 0;
    this._hiddenSince = 0;
  }

  /**
   * Connect, and open the conversation after whatever an earlier page has left unsent.
   * @param {string} payload
   */
  start(payload) {
    addEventListener("online", () => this._hurry());
    addEventListener("offline", () => {
      this._failures = this._failures || 1;
      this._lose();
    });
    addEventListener("pageshow", (event) => event.persisted && this._hurry());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        this._hiddenSince = this._hiddenSince || Date.now();
      } else if (this._socket) {
        this._hiddenSince = 0;
      } else {
        this._hurry();
      }
    });
    const last = this.outbox[this.outbox.length - 1];
    if (last?.kind === "opened" && last.payload === payload) this.retry();
    else this.send({ id: newId(), kind: "opened", payload });
  }

  /**
   * Keep a move and send it as soon as its turn comes.
   * @param {Move} move
   */
  send(move) {
    this.outbox.push(move);
    this._save();
    this.retry();
  }

  /** Try again at once, also the move that the server had trouble with. */
  retry() {
    this._troubled = "";
    this._hurry();
    this._pump();
    this._listener.state(this.state);
  }

  /** Give up the move that the server had trouble with. */
  drop() {
    this._troubled = "";
    this._take(this.outbox[0]?.id);
    this._pump();
    this._listener.state(this.state);
  }

  /** A move is with the server, which has not answered yet. */
  get awaiting() {
    return this._flying !== "";
  }

  _hurry() {
    if (this._socket && this._socket.readyState <= WebSocket.OPEN) return;
    // Soon again after the first failure; what is known to be offline stays so until it is not.
    this._failures = Math.min(this._failures, 1);
    this._connect();
  }

  _connect() {
    clearTimeout(this._timer);
    const address = new URL("/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this._socket = socket;
    this._ready = false;
    this._flying = "";
    if (this.state !== "offline") this._become("connecting");
    socket.onmessage = (event) => this._hear(JSON.parse(event.data));
    socket.onclose = (event) => this._lose(event.code);
  }

  /** @param {number} [code] */
  _lose(code) {
    const socket = this._socket;
    if (!socket) return;
    const wasReady = this._ready;
    // A dead connection may take minutes to close: leave it to itself.
    socket.onmessage = socket.onclose = null;
    socket.close();
    this._socket = null;
    this._ready = false;
    clearTimeout(this._watch);
    if (code === ELSEWHERE) return this._become("elsewhere");
    if (code === TOO_LARGE) {
      const move = this._take(this._flying);
      if (move) this._listener.tooLarge(move);
    }
    this._flying = "";
    if (this._failures > 0) this._become("offline");
    else this._become("connecting");
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this._failures++);
    this._timer = window.setTimeout(() => this._connect(), wait * (0.5 + Math.random() / 2));
    if (!wasReady) this._checkCookie();
  }

  /** A page can't see why a connection failed, so it asks. */
  async _checkCookie() {
    const status = await fetch("/ws", { cache: "no-store" }).then((r) => r.status, () => 0);
    if (status !== 401) return;
    if (remember(RELOADED)) return location.reload();
    clearTimeout(this._timer);
    this._become("cookies");
  }

  /** @param {State} state */
  _become(state) {
    this.state = state;
    this._listener.state(state);
  }

  /** @param {any} frame */
  _hear(frame) {
    if (frame.hello) return this._greet(frame.hello);
    // A frame that the server can't read at all (half a letter in it) is refused without an id.
    const id = frame.id ?? this._flying;
    const move = this.outbox.find((kept) => kept.id === id);
    if (frame.told) {
      clearTimeout(this._watch);
      this._watch = window.setTimeout(() => this._lose(), PATIENCE);
      return this._listener.told(frame.told);
    }
    if (id === this._flying) {
      this._flying = "";
      clearTimeout(this._watch);
    }
    if (frame.trouble && move) {
      this._troubled = move.id;
      this._listener.trouble(move, frame.trouble);
    } else {
      this._take(id);
      if (frame.refused) this._listener.refused(frame.refused, move);
      else if (move) this._listener.replies(move, frame.replies);
      this._pump();
    }
    this._listener.state(this.state);
  }

  /** @param {Hello} hello */
  _greet(hello) {
    this._ready = true;
    this._troubled = "";
    this._failures = 0;
    this._frameBytes = hello.frame_bytes;
    forget(RELOADED);
    this._listener.hello(hello);
    if (this._hiddenSince && Date.now() - this._hiddenSince > STALE && !this.outbox.length) {
      this.outbox.push({ id: newId(), kind: "opened", payload: "" });
    }
    this._hiddenSince = document.hidden ? Date.now() : 0;
    this._pump();
    this._become("online");
  }

  /** @returns {void} */
  _pump() {
    const move = this.outbox[0];
    if (!move || !this._ready || !this._socket || this._flying || this._troubled === move.id) return;
    const frame = JSON.stringify(move);
    if (new TextEncoder().encode(frame).length > this._frameBytes) {
      this._take(move.id);
      this._listener.tooLarge(move);
      return this._pump();
    }
    this._flying = move.id;
    this._socket.send(frame);
    clearTimeout(this._watch);
    this._watch = window.setTimeout(() => this._lose(), PATIENCE);
  }

  /**
   * Remove a move from the outbox.
   * @param {string | undefined} id
   */
  _take(id) {
    const move = this.outbox.find((kept) => kept.id === id);
    this.outbox = this.outbox.filter((kept) => kept !== move);
    this._save();
    return move;
  }

  _save() {
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
