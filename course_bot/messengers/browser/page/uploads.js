// @ts-check
/**
 * Send files one after another, by HTTP: each stays here until it is answered or given up.
 *
 * What is tried again goes under the same id, and the server knows it by that. A file can't be
 * kept over a reload: the browser lends it to this very page.
 *
 * @typedef {{id: string, kind: "sent", name: string, size: number}} Sent
 * @typedef {"waiting" | "sending" | "reading" | "failed"} Stage
 * @typedef {{
 *   change(upload: Upload): void,
 *   replies(move: Sent, replies: any[]): void,
 *   refused(words: string, move: Sent): void,
 * }} Listener
 */

import { newId } from "./link.js";

/** Milliseconds without a sign of life after which a connection counts as dead. */
const PATIENCE = 60_000;

/** A file on its way. */
export class Upload {
  /** @param {File} file */
  constructor(file) {
    this.file = file;
    /** @type {Sent} */
    this.move = { id: newId(), kind: "sent", name: file.name, size: file.size };
    /** @type {Stage} */
    this.stage = "waiting";
    /** How much of it is sent, from 0 to 1. */
    this.share = 0;
    /** What the server says of why it failed, in the HTML subset; empty where it says nothing. */
    this.trouble = "";
  }
}

export class Uploads {
  /** @param {Listener} listener */
  constructor(listener) {
    this._listener = listener;
    /** @type {Upload[]} */
    this._queue = [];
    /** @type {XMLHttpRequest | null} */
    this._request = null;
    this._watch = 0;
    /** The largest file that the server takes, in bytes. */
    this.limit = Infinity;
  }

  /** The server has a file, and has not answered yet. */
  get reading() {
    return this._queue.some((upload) => upload.stage === "reading");
  }

  /**
   * Send a file as soon as those before it are answered; also one that has failed.
   * @param {Upload} upload
   */
  send(upload) {
    this._queue.push(upload);
    upload.trouble = "";
    this._become(upload, "waiting", 0);
    this._next();
  }

  /**
   * Give a file up.
   * @param {Upload} upload
   */
  drop(upload) {
    if (upload === this._queue[0]) this._hangUp();
    this._queue = this._queue.filter((kept) => kept !== upload);
    this._next();
  }

  /** Give all files up. */
  forget() {
    this._hangUp();
    this._queue = [];
  }

  _next() {
    const upload = this._queue[0];
    if (!upload || this._request) return;
    const { id, size } = upload.move;
    const form = new FormData();
    // Of one that is too large the server is told no more than that: nobody waits for the rest.
    form.append("file", size > this.limit ? new Blob([]) : upload.file, upload.file.name);
    const request = new XMLHttpRequest();
    this._request = request;
    request.open("POST", `/file?id=${id}&size=${size}`);
    // The browser's fetch knows nothing of how much is sent.
    request.upload.onprogress = (event) => {
      this._hope();
      this._become(upload, "sending", event.total ? event.loaded / event.total : 1);
    };
    request.upload.onload = () => this._become(upload, "reading", 1);
    request.onload = () => this._hear(upload, request.responseText);
    request.onerror = () => this._fail(upload);
    this._become(upload, "sending", 0);
    this._hope();
    request.send(form);
  }

  /** Wait on for a connection that may be dead. */
  _hope() {
    clearTimeout(this._watch);
    this._watch = window.setTimeout(() => this._fail(this._queue[0]), PATIENCE);
  }

  /**
   * @param {Upload} upload
   * @param {string} said
   */
  _hear(upload, said) {
    const answer = read(said);
    if (!answer.replies && !answer.refused) return this._fail(upload, answer.trouble?.text);
    this._hangUp();
    this._queue.shift();
    if (answer.refused) this._listener.refused(answer.refused, upload.move);
    else this._listener.replies(upload.move, answer.replies);
    this._next();
  }

  /**
   * @param {Upload} upload
   * @param {string} [trouble]
   */
  _fail(upload, trouble = "") {
    this._hangUp();
    this._queue.shift();
    upload.trouble = trouble;
    this._become(upload, "failed", 0);
    this._next();
  }

  _hangUp() {
    clearTimeout(this._watch);
    const request = this._request;
    this._request = null;
    if (!request) return;
    request.onload = request.onerror = request.upload.onprogress = request.upload.onload = null;
    request.abort();
  }

  /**
   * @param {Upload} upload
   * @param {Stage} stage
   * @param {number} share
   */
  _become(upload, stage, share) {
    upload.stage = stage;
    upload.share = share;
    this._listener.change(upload);
  }
}

/**
 * Read an answer; between the server and the page others may answer in its place.
 * @param {string} said
 */
function read(said) {
  try {
    return JSON.parse(said) || {};
  } catch {
    return {};
  }
}
