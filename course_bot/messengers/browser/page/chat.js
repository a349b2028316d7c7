// @ts-check
/** Show the conversation: bubbles, buttons, and what the connection is doing. */

import { Form } from "./forms.js";
import { isOf, keep, recall, whenKeptElsewhere } from "./history.js";
import { Link, newId } from "./link.js";
import { build, nameTongue, offerCommands } from "./markup.js";
import { language, phrases, speak } from "./phrases.js";
import { pictureKey } from "./picture.js";
import { Upload, Uploads } from "./uploads.js";

/** What somebody did, over the connection or with a file. @typedef {import("./link.js").Move | import("./uploads.js").Sent} Move */
/** @typedef {import("./link.js").Screen} Screen */
/** @typedef {import("./link.js").Button} Button */

/** Milliseconds of waiting before the chat says that somebody is typing. */
const TYPING_AFTER = 300;
/** Milliseconds in which a second tap of a finger must not hit the button that has just come. */
const FRESH = 300;
/** Milliseconds that a notice stays, and how much longer for each of its characters. */
const TOAST = 3500;
const TOAST_CHARACTER = 50;
const LINES = 5;
const DRAFT = "draft";

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
const part = (id) => /** @type {any} */ (document.getElementById(id));

const log = part("log");
const scroll = part("scroll");
const words = /** @type {HTMLTextAreaElement} */ (part("words"));
const menu = part("menu");
const opener = part("opener");
const banner = part("banner");

/** The bot's last screen: an answer to a press takes its place. @type {HTMLElement | null} */
let current = null;
let currentSource = "";
/** How the question on the last screen is answered. @type {Form | null} */
let currentForm = null;
/** The last messages as they are kept for the next time. */
const said = recall();
/** How far the person is, as the last screen says. @type {import("./link.js").Progress | undefined} */
let progress;
/** What shows that a move is on its way: the button pressed or the person's bubble. */
const waiting = /** @type {Map<string, HTMLElement>} */ (new Map());
/** @type {HTMLElement | null} */
let troubleMessage = null;
/** @type {import("./link.js").Commands} */
let commands = [];
let typingTimer = 0;
/** What the bot says while it makes something that takes its time. */
let passing = "";
/** The last words are in view, and should stay so. */
let atEnd = true;
let lastDay = "";
/** The last thing that touched the page was a finger: a click itself says so only since Chrome 92. */
let byFinger = false;

const listener = {
  state: showState,
  /** @param {import("./link.js").Hello} hello */
  hello(hello) {
    if (!isOf(hello.visitor)) forget();
    haveCommands(hello);
    words.maxLength = hello.text_chars;
    files.limit = hello.file_bytes;
  },
  /** @param {string} word */
  told(word) {
    passing = word;
    showState(link.state);
  },
  /**
   * @param {Move} move
   * @param {any[]} replies
   */
  replies(move, replies) {
    passing = "";
    const pressed = settle(move);
    const said = isSaid(move);
    if (move.kind === "wrote") remember({ kind: "mine", text: move.text, at: Date.now() });
    if (move.kind === "sent") remember({ kind: "sent", name: move.name, size: move.size, at: Date.now() });
    troubleMessage?.remove();
    troubleMessage = null;
    part("toasts").textContent = "";
    /** @type {HTMLElement | null} */
    let first = null;
    // They come last, and the language with them, in which the others' own words are.
    for (const reply of replies) if (reply.kind === "commands") haveCommands(reply);
    for (const reply of replies) {
      if (reply.kind === "notice" && reply.lasting) {
        const shown = note(reply.text);
        first = first || shown;
      } else if (reply.kind === "notice") {
        toast(reply.text);
      } else if (reply.kind === "erased") {
        forget();
      } else if (reply.kind === "document") {
        const bubble = fileMessage(reply);
        // Above the screen that the press changes, so that its buttons stay the last.
        if (!said && current) current.before(bubble);
        else append(bubble);
        first = first || bubble;
      } else if (reply.kind === "screen") {
        showScreen(reply, said, pressed);
      }
    }
    bringIntoView(first ?? current, said);
  },
  /**
   * @param {import("./link.js").Move} move
   * @param {Screen} screen
   */
  trouble(move, screen) {
    const pressed = waiting.get(move.id);
    busy(pressed, false);
    troubleMessage?.remove();
    troubleMessage = screenMessage({ ...screen, rows: [] }).message;
    const again = key(phrases.again, () => {
      busy(again, true);
      link.retry();
    });
    troubleMessage.classList.add("keyed");
    const rows = [[again]];
    if (move.kind !== "opened") rows.push([key(phrases.drop, () => giveUp(move))]);
    troubleMessage.append(keys(rows));
    append(troubleMessage);
    moveFocus(pressed, troubleMessage);
    bringIntoView(troubleMessage, true);
  },
  /**
   * @param {string} reason
   * @param {Move} [move]
   */
  refused(reason, move) {
    if (move) takeBack(move);
    toast(reason);
  },
  /** @param {Move} move */
  tooLarge(move) {
    takeBack(move);
    toast(phrases.tooLarge);
  },
};
const link = new Link(listener);
const files = new Uploads({ ...listener, change: showUpload });

// What the person does

/**
 * @param {Button} button
 * @param {HTMLElement} element
 * @param {MouseEvent} event
 */
function press(button, element, event) {
  if (element.getAttribute("aria-disabled") === "true" || early(element, event)) return false;
  busy(element, true);
  if ([...waiting.values()].includes(element)) {
    link.retry();
    return false;
  }
  move(button.action ?? "", element);
  return true;
}

/**
 * Press an option: one that is marked may be pressed again before its first press is answered.
 * @param {string} action
 * @param {HTMLElement} element
 * @param {MouseEvent} event
 */
function pressOption(action, element, event) {
  const once = element.getAttribute("role") === "radio";
  if (early(element, event) || (once && currentForm?.marks.some(Boolean))) {
    link.retry();
    return false;
  }
  busy(element, true);
  move(action, element);
  return true;
}

/**
 * @param {string} action
 * @param {HTMLElement} element
 */
function move(action, element) {
  /** @type {Move} */
  const made = { id: newId(), kind: "pressed", action };
  waiting.set(made.id, element);
  link.send(made);
}

/**
 * Tell whether a press was meant for what was there before.
 *
 * The second click of a double click, and the second tap of an impatient finger, were meant for
 * the first button, even if another has come to its place by now.
 * @param {HTMLElement} element
 * @param {MouseEvent} event
 */
function early(element, event) {
  const message = /** @type {HTMLElement} */ (element.closest(".message"));
  const fresh = performance.now() - Number(message.dataset.shown) < FRESH;
  return event.detail > 1 || (byFinger && Boolean(event.detail) && fresh);
}

/** @param {string} text */
function write(text) {
  /** @type {Move} */
  const move = { id: newId(), kind: "wrote", text };
  showMine(move);
  link.send(move);
}

/** @param {Iterable<File>} chosen */
function sendFiles(chosen) {
  for (const file of chosen) {
    const upload = new Upload(file);
    const message = sentMessage(file.name, file.size);
    waiting.set(upload.move.id, message);
    append(message);
    files.send(upload);
    bringIntoView(message, true);
  }
}

/**
 * Tell whether a move is something said, which stays above its answer.
 * @param {Move} move
 */
function isSaid(move) {
  return move.kind === "wrote" || move.kind === "sent";
}

/** @param {Move} move */
function giveUp(move) {
  link.drop();
  takeBack(move);
  troubleMessage?.remove();
  troubleMessage = null;
  bringIntoView(current, false);
}

/**
 * Undo what showed a move; a text returns to where it was written.
 * @param {Move} move
 */
function takeBack(move) {
  const focused = waiting.get(move.id)?.contains(document.activeElement);
  const shown = settle(move);
  if (!isSaid(move)) return showTaps(currentForm?.form);
  shown?.remove();
  if (focused) part("clip").focus();
  if (move.kind !== "wrote") return;
  // Before what has been begun since.
  if (words.value !== move.text) hold([move.text, words.value].filter(Boolean).join("\n"));
}

// What the person sees

/**
 * @param {Screen} screen
 * @param {boolean} wrote what was written or sent stays above: the screen comes below it
 * @param {HTMLElement | undefined} pressed
 */
function showScreen(screen, wrote, pressed) {
  const source = JSON.stringify(screen);
  showProgress(screen.progress);
  if (current && !wrote && source === currentSource) return showTaps(screen.form);
  const below = wrote || !current || current.classList.contains("lasting");
  remember({ kind: "screen", screen, at: Date.now() }, below);
  const before = currentSource;
  currentSource = source;
  if (!below && currentForm && isSameQuestion(screen, before)) return showTaps(screen.form);
  const { message, form } = screenMessage(screen);
  const previous = current;
  const previousForm = currentForm;
  become(message, form);
  if (previous && !below) {
    const focused = previous.contains(document.activeElement);
    message.classList.add("edited");
    previous.replaceWith(message);
    moveFocus(focused ? message : pressed, message);
  } else {
    const focused = previous?.contains(document.activeElement);
    if (previous) retire(previous, previousForm);
    append(message);
    moveFocus(focused ? document.body : pressed, message);
  }
}

/**
 * @param {HTMLElement} message
 * @param {Form | null} form
 */
function become(message, form) {
  current = message;
  currentForm = form;
  words.inputMode = form?.form.kind === "number" ? "numeric" : "text";
}

/**
 * Show a question as the server has it, and above that the taps whose answers are on their way.
 * @param {import("./link.js").Form | undefined} form
 */
function showTaps(form) {
  if (!currentForm?.takes(form)) return;
  for (const move of link.outbox) {
    const tapped = move.kind === "pressed" && currentForm.replay(move.action);
    if (!tapped) continue;
    busy(tapped, true);
    waiting.set(move.id, tapped);
  }
}

/**
 * @param {Screen} screen
 * @param {string} before the source of the screen that is there
 */
function isSameQuestion(screen, before) {
  /** @type {Screen} */
  const was = JSON.parse(before);
  const same = was.heading === screen.heading && was.text === screen.text && was.form;
  return same && screen.form && currentForm?.identity(screen.form) === currentForm?.identity(was.form);
}

/**
 * Take the keys of a message that another one has followed: it can be read, and says nothing new.
 * @param {HTMLElement} message
 * @param {Form | null} form
 */
function retire(message, form) {
  message.classList.add("old");
  message.classList.remove("keyed");
  message.querySelector(".keys")?.remove();
  form?.close();
}

/**
 * @param {string} text
 * @param {Date} at
 */
function noteMessage(text, at = new Date()) {
  const message = element("div", "message bot");
  const bubble = element("div", "bubble");
  const shown = element("div", "text", text);
  bubble.append(shown, meta(shown, at));
  message.append(bubble);
  return message;
}

/** @param {string} text */
function note(text) {
  const message = noteMessage(text);
  if (current) retire(current, currentForm);
  current = null;
  currentForm = null;
  append(message);
  remember({ kind: "note", text, at: Date.now() });
  return message;
}

/**
 * Keep what was said for the next time the page is open.
 * @param {import("./history.js").Said} entry
 * @param {boolean} below it came below what was said before; else it took the last screen's place
 */
function remember(entry, below = true) {
  const last = said.map((each) => each.kind).lastIndexOf("screen");
  if (below || last < 0) said.push(entry);
  else said[last] = entry;
  keep(said);
}

/** Nothing of what was said stays: the person is deleted, or is somebody else. */
function forget() {
  files.forget();
  said.length = 0;
  keep(said);
  clear();
}

function clear() {
  for (const message of [...log.querySelectorAll(".message, .day")]) message.remove();
  current = null;
  currentForm = null;
  currentSource = "";
  lastDay = "";
}

/** Show what was said last when the page was open before; the last screen can be gone on with. */
function restore() {
  said.forEach((entry, at) => {
    const time = new Date(entry.at);
    if (entry.kind === "screen") {
      const { message, form } = screenMessage(entry.screen, time);
      append(message, time);
      if (at < said.length - 1) return retire(message, form);
      become(message, form);
      currentSource = JSON.stringify(entry.screen);
      showProgress(entry.screen.progress);
    } else if (entry.kind === "mine") {
      const message = mine(entry.text, time);
      message.classList.add("sent");
      append(message, time);
    } else if (entry.kind === "sent") {
      const message = sentMessage(entry.name, entry.size, time);
      message.classList.add("sent");
      append(message, time);
    } else {
      append(noteMessage(entry.text, time), time);
    }
  });
  for (const message of log.querySelectorAll(".message")) message.classList.remove("new");
  showTaps(currentForm?.form);
  toEnd();
}

/**
 * @param {HTMLElement} message
 * @param {Date} at
 */
function append(message, at = new Date()) {
  // Not as it is shown: after a change of language that is another text for the same day.
  if (at.toDateString() !== lastDay) {
    const day = at.toLocaleDateString(language, { day: "numeric", month: "long" });
    log.append(element("div", "day", day));
  }
  lastDay = at.toDateString();
  message.classList.add("new");
  log.append(message);
}

/** @param {import("./link.js").Progress | undefined} shown */
function showProgress(shown) {
  progress = shown;
  part("name").textContent = progress ? progress.title : phrases.title;
  nameTongue(part("name"));
  const bar = part("bar");
  bar.hidden = !progress;
  if (progress) {
    const done = Math.round(progress.share * 100);
    bar.style.setProperty("--done", `${done}%`);
    bar.setAttribute("aria-valuenow", String(done));
    bar.setAttribute("aria-valuetext", progress.words);
  }
  showState(link.state);
}

/**
 * A press by keyboard goes on where its answer is. Without a ring for those who use a pointer
 * (:focus-visible), and without scrolling: bringIntoView does that.
 * @param {HTMLElement | undefined} from
 * @param {HTMLElement} to
 */
function moveFocus(from, to) {
  const here = document.activeElement;
  if (from && (here === document.body || here === from)) to.focus({ preventScroll: true });
}

/** @param {Move} move */
function showMine(move) {
  if (move.kind !== "wrote") return;
  const message = mine(move.text);
  append(message);
  message.classList.add("waiting");
  waiting.set(move.id, message);
  bringIntoView(message, true);
}

/**
 * @param {string} words
 * @param {Date} at
 */
function mine(words, at = new Date()) {
  const message = element("div", "message mine");
  const bubble = element("div", "bubble");
  const text = element("div", "text");
  text.dir = "auto";
  text.textContent = words;
  bubble.append(element("span", "unseen", phrases.you), text, meta(text, at));
  message.append(bubble);
  return message;
}

/**
 * @param {string} name
 * @param {number} bytes
 * @param {Date} at
 */
function sentMessage(name, bytes, at = new Date()) {
  const message = element("div", "message mine");
  const bubble = element("div", "bubble file");
  const about = element("span", "about");
  const title = element("span", "title", name);
  title.dir = "auto";
  about.append(title, element("span", "size", size(bytes)));
  bubble.append(element("span", "unseen", phrases.you), element("span", "disc"), about, meta(undefined, at));
  message.append(bubble);
  return message;
}

/**
 * Show how far a file is; its keys follow from that.
 * @param {Upload} upload
 */
function showUpload(upload) {
  const { move, stage } = upload;
  const message = waiting.get(move.id);
  if (!message) return;
  message.classList.toggle("waiting", stage !== "failed");
  message.classList.toggle("failed", stage === "failed");
  const done = Math.round(upload.share * 100);
  if (message.dataset.stage !== stage) {
    const focused = message.contains(document.activeElement);
    message.dataset.stage = stage;
    message.querySelector(".going")?.remove();
    message.querySelector(".keys")?.remove();
    const going = element("span", "going");
    const words = { waiting: phrases.queued, sending: phrases.sending, reading: phrases.reading, failed: phrases.notSent };
    const said = element("span", "");
    said.append(upload.trouble ? build(upload.trouble) : words[stage]);
    going.append(said);
    if (stage === "sending") going.append(gauge(move.name));
    message.querySelector(".about")?.append(going);
    const cancel = key(stage === "failed" ? phrases.drop : phrases.cancel, () => {
      files.drop(upload);
      takeBack(move);
      showState(link.state);
    });
    const again = key(phrases.again, () => files.send(upload));
    // What the server has can't be taken back.
    if (stage !== "reading") message.append(keys([stage === "failed" ? [again, cancel] : [cancel]]));
    if (focused) /** @type {HTMLElement | null} */ (message.querySelector(".key") || part("clip")).focus();
    if (atEnd) toEnd();
    showState(link.state);
  }
  const bar = /** @type {HTMLElement | null} */ (message.querySelector(".gauge"));
  bar?.style.setProperty("--done", `${done}%`);
  bar?.setAttribute("aria-valuenow", String(done));
}

/** @param {string} name of what it measures */
function gauge(name) {
  const bar = element("span", "gauge");
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-label", name);
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "100");
  return bar;
}

/**
 * A move has its answer: what showed it as being on its way shows that no more.
 * @param {Move} move
 */
function settle(move) {
  const shown = waiting.get(move.id);
  busy(shown, false);
  if (move.kind === "sent") for (const gone of shown?.querySelectorAll(".going, .keys") || []) gone.remove();
  shown?.classList.replace("waiting", "sent");
  waiting.delete(move.id);
  return shown;
}

/**
 * @param {HTMLElement | undefined} button
 * @param {boolean} is
 */
function busy(button, is) {
  if (!button?.classList.contains("key") && !button?.classList.contains("option")) return;
  button.classList.toggle("busy", is);
  button.setAttribute("aria-busy", String(is));
}

/**
 * @param {Screen} screen
 * @param {Date} at
 */
function screenMessage(screen, at = new Date()) {
  const message = element("div", `message bot ${screen.tone || ""}`);
  message.classList.toggle("lasting", Boolean(screen.lasting));
  message.classList.toggle("pictured", Boolean(screen.picture));
  message.tabIndex = -1;
  // The live region reads the text; whoever's focus comes here needs to know only what this is.
  message.setAttribute("role", "article");
  message.setAttribute("aria-label", phrases.message);
  message.dataset.shown = String(performance.now());
  const bubble = element("div", "bubble");
  const text = spoken("div", "text", screen.text || "");
  if (screen.text) bubble.append(text);
  const form = screen.form ? new Form(screen.form, pressOption) : null;
  // What is asked stands right above the answers, after what leads to it.
  if (screen.heading) bubble.insertBefore(spoken("h2", "heading", screen.heading), form || !screen.text ? null : text);
  if (screen.picture) bubble.insertBefore(pictureKey(screen.picture), screen.text ? text : null);
  if (form) bubble.append(form.element);
  bubble.append(meta(form ? element("div", "") : text, at));
  message.append(bubble);
  const rows = (screen.rows || []).map((row) =>
    row.map((button) => (button.url ? away(button) : inline(button))),
  );
  if (form && screen.form?.keys.length) rows.unshift(formKeys(form, screen.form.keys));
  if (rows.length) message.append(keys(rows));
  message.classList.toggle("keyed", rows.length > 0);
  return { message, form };
}

/**
 * The keys of a form: they are there from the beginning, and can be pressed when it is time.
 * @param {Form} form
 * @param {Button[]} buttons
 */
function formKeys(form, buttons) {
  const made = buttons.map((button, at) => inline(button, () => at < buttons.length - 1 && form.undone()));
  form.keys = /** @type {HTMLButtonElement[]} */ (made);
  form.draw();
  return made;
}

/**
 * @param {string} tag
 * @param {string} name
 * @param {string} source in the HTML subset
 */
function spoken(tag, name, source) {
  const text = element(tag, name);
  text.dir = "auto";
  text.append(build(source));
  nameTongue(text);
  for (const code of text.querySelectorAll("code")) copiesItself(/** @type {HTMLElement} */ (code));
  offerCommands(text, tappable);
  return text;
}

/**
 * What is to be used as it stands, such as a link, is copied by a press, as in Telegram.
 * @param {HTMLElement} code
 */
function copiesItself(code) {
  const selection = /** @type {Selection} */ (getSelection());
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      toast(phrases.copied);
    } catch {
      // Without HTTPS, or where it is forbidden, the system's own way is one step away.
      selection.selectAllChildren(code);
      toast(phrases.chosen);
    }
  };
  code.tabIndex = 0;
  code.setAttribute("role", "button");
  code.title = phrases.copy;
  code.addEventListener("click", () => {
    if (selection.isCollapsed) copy(); // else somebody is choosing a part of it
  });
  code.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    copy();
  });
}

/**
 * What a text says one may write, such as /help, is written by a tap, as in Telegram.
 * @param {string} name
 */
function tappable(name) {
  if (!commands.some((entry) => entry.name === name)) return null;
  const made = key(`/${name}`, (event) => event.detail < 2 && write(`/${name}`));
  made.className = "written";
  return made;
}

/** @param {HTMLElement[][]} rows */
function keys(rows) {
  const board = element("div", "keys");
  board.setAttribute("role", "group");
  board.setAttribute("aria-label", phrases.choices);
  for (const row of rows) {
    const line = element("div", "row");
    line.append(...row);
    board.append(line);
  }
  return board;
}

/**
 * @param {string} label
 * @param {(event: MouseEvent) => void} act
 */
function key(label, act) {
  const button = /** @type {HTMLButtonElement} */ (element("button", "key", label));
  button.type = "button";
  button.addEventListener("click", act);
  nameTongue(button);
  return button;
}

/**
 * @param {Button} button
 * @param {() => void} then what shows of the press at once
 */
function inline(button, then = () => {}) {
  const made = key(button.label, (event) => {
    if (press(button, made, event)) then();
  });
  if (button.primary) made.classList.add("primary");
  if (button.disabled) made.setAttribute("aria-disabled", "true");
  return made;
}

/** @param {Button} button */
function away(button) {
  const anchor = /** @type {HTMLAnchorElement} */ (element("a", "key away", button.label));
  anchor.href = button.url ?? "";
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  nameTongue(anchor);
  anchor.append(element("span", "unseen", ` (${phrases.newTab})`));
  return anchor;
}

/** @param {{name: string, content: string, about: string}} file */
function fileMessage(file) {
  const bytes = Uint8Array.from(atob(file.content), (character) => character.charCodeAt(0));
  const message = element("div", "message bot");
  const bubble = /** @type {HTMLAnchorElement} */ (element("a", "bubble file"));
  bubble.href = URL.createObjectURL(new Blob([bytes]));
  bubble.download = file.name;
  if (file.name.endsWith(".png")) {
    const picture = /** @type {HTMLImageElement} */ (element("img", "picture"));
    picture.src = `data:image/png;base64,${file.content}`;
    picture.alt = file.about;
    picture.addEventListener("load", () => bringIntoView(message, false), { once: true });
    bubble.classList.add("seen");
    // Two codes look alike: which one leads where has to be seen, too, and is heard once.
    const caption = element("span", "caption", file.about);
    caption.setAttribute("aria-hidden", "true");
    bubble.append(picture, caption, element("span", "unseen", phrases.download), meta());
    message.append(bubble);
    return message;
  }
  const about = element("span", "about");
  about.append(element("span", "title", file.name), element("span", "size", size(bytes.length)));
  bubble.append(element("span", "unseen", phrases.download), element("span", "disc"), about, meta());
  message.append(bubble);
  return message;
}

/** @param {number} bytes */
function size(bytes) {
  const step = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : 2;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: step ? 1 : 0 });
  return `${number.format(bytes / 1024 ** step)}\u00a0${phrases.units[step]}`;
}

/** @param {HTMLElement} [text] what it stands beside, and leaves room for it */
function meta(text, at = new Date()) {
  const said = at.toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
  const time = element("time", "meta", said);
  time.setAttribute("aria-hidden", "true");
  if (text) text.dataset.time = time.textContent ?? "";
  return time;
}

/** @param {string} text */
function toast(text) {
  const shown = element("div", "toast", text);
  shown.addEventListener("click", () => shown.remove());
  part("toasts").append(shown);
  setTimeout(() => shown.remove(), TOAST + TOAST_CHARACTER * text.length);
}

/** @param {import("./link.js").State} state */
function showState(state) {
  const calm = state === "elsewhere" || state === "cookies" ? "offline" : state;
  if (state === "online" && (link.awaiting || files.reading)) {
    if (passing) tell("typing");
    typingTimer = typingTimer || window.setTimeout(() => tell("typing"), TYPING_AFTER);
  } else {
    clearTimeout(typingTimer);
    typingTimer = 0;
  }
  if (!typingTimer || !document.body.classList.contains("typing")) tell(calm);
  const wanted = explain(state);
  if (banner.textContent !== wanted) banner.textContent = wanted;
}

/** @param {import("./link.js").State} state */
function explain(state) {
  if (state === "elsewhere" || state === "cookies") return phrases[state];
  if (state !== "offline") return "";
  const kept = link.outbox.some((move) => move.kind !== "opened");
  return kept ? phrases.offlineKept : phrases.offlineIdle;
}

/** @param {"online" | "connecting" | "offline" | "typing"} state */
function tell(state) {
  document.body.className = state;
  log.setAttribute("aria-busy", String(state === "typing"));
  log.classList.toggle("asked", log.lastElementChild?.classList.contains("mine") ?? false);
  const shown = part("state");
  // The dots move by themselves.
  const standing = state === "online" && progress ? progress.words : phrases[state];
  const word = (state === "typing" && passing.replace(/…$/, "")) || standing;
  if (shown.textContent !== word) shown.textContent = word;
  if (state === "typing" && atEnd) toEnd();
}

/**
 * @param {string} tag
 * @param {string} name
 * @param {string} [text]
 */
function element(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Scrolling

/**
 * Show a message to its end or, if it is taller than the room, from its beginning.
 * @param {HTMLElement | null} message
 * @param {boolean} smoothly
 */
function bringIntoView(message, smoothly) {
  if (!message) return;
  const end = scroll.scrollHeight - scroll.clientHeight;
  const start = message.offsetTop - 8;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const top = Math.min(end, start);
  if (smoothly && !calm) scroll.scrollTo({ top, behavior: "smooth" });
  else scroll.scrollTop = top;
  look(end - start);
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

/** @param {number} below pixels of the log that lie below what is seen */
function look(below) {
  atEnd = below < 40;
  part("down").hidden = below < 12;
}

scroll.addEventListener("scroll", () => {
  look(scroll.scrollHeight - scroll.clientHeight - scroll.scrollTop);
});
// The phone's keyboard and a growing text take room from below: the last words stay in view.
new ResizeObserver(() => atEnd && toEnd()).observe(scroll);
part("down").addEventListener("click", toEnd);
// Safari lays its keyboard over the page instead of making the page smaller.
window.visualViewport?.addEventListener("resize", (event) => {
  const seen = /** @type {VisualViewport} */ (event.target);
  if (seen.scale !== 1) return;
  const covered = window.innerHeight - seen.height > 1;
  part("chat").style.height = covered ? `${seen.height}px` : "";
  if (covered) window.scrollTo(0, 0);
});

// Writing

function grow() {
  const style = getComputedStyle(words);
  words.style.height = "auto";
  const most = LINES * parseFloat(style.lineHeight) + parseFloat(style.paddingTop) * 2;
  words.style.height = `${Math.min(words.scrollHeight, most)}px`;
  words.style.overflowY = words.scrollHeight > most ? "auto" : "hidden";
  part("send").classList.toggle("ready", words.value.trim() !== "");
}

/**
 * Have this as the text that is being written, and keep it, so that a reload does not lose it.
 * @param {string} text
 */
function hold(text) {
  if (words.value !== text) words.value = text;
  grow();
  try {
    sessionStorage.setItem(DRAFT, text);
  } catch {
    // Storage is full or forbidden: what is written then lives as long as the page.
  }
}

function draft() {
  try {
    return sessionStorage.getItem(DRAFT) ?? "";
  } catch {
    return "";
  }
}

function submit() {
  const text = words.value.trim();
  closeMenu();
  if (!text) return;
  hold("");
  write(text);
}

part("writer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
// The phone's keyboard stays as it is: open for those who write, closed for those who don't.
part("send").addEventListener("pointerdown", (event) => event.preventDefault());

words.addEventListener("input", () => {
  hold(words.value);
  const matching = commands.filter((entry) => `/${entry.name}`.startsWith(words.value));
  if (words.value.startsWith("/") && matching.length) openMenu(matching);
  else closeMenu();
});
words.addEventListener("keydown", (event) => {
  // While a letter is being composed (isComposing), Enter belongs to the keyboard's own list.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  } else if (event.key === "ArrowUp" && !menu.hidden) {
    event.preventDefault();
    /** @type {HTMLElement | null} */ (menu.lastElementChild)?.focus();
  }
});

// Whoever begins to type while nothing else has the focus means to write.
addEventListener("keydown", (event) => {
  const free = document.activeElement === document.body || document.activeElement === current;
  const letter = event.key.length === 1 && event.key !== " ";
  if (free && letter && !event.ctrlKey && !event.metaKey && !event.altKey) words.focus();
});

// Files

const chooser = /** @type {HTMLInputElement} */ (part("file"));
const target = part("drop");

part("clip").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => {
  closeMenu();
  sendFiles(chooser.files || []);
  // The same file may be chosen again.
  chooser.value = "";
});

/** @param {DragEvent} event */
function brings(event) {
  return Array.from(event.dataTransfer?.types || []).includes("Files");
}

addEventListener("dragenter", (event) => {
  if (brings(event)) target.hidden = false;
});
// Over all the rest, it alone hears that what is dragged leaves the page.
target.addEventListener("dragleave", () => {
  target.hidden = true;
});
// Without this, the browser opens a dropped file in the page's place.
addEventListener("dragover", (event) => brings(event) && event.preventDefault());
addEventListener("drop", (event) => {
  target.hidden = true;
  if (!brings(event)) return;
  event.preventDefault();
  sendFiles(event.dataTransfer?.files || []);
});

// The command menu

/** @param {{commands: typeof commands, language: "ru" | "en"}} menu in the person's own language */
function haveCommands(menu) {
  commands = menu.commands;
  opener.hidden = !commands.length;
  if (menu.language !== language) {
    speak(menu.language);
    word();
  }
}

/** @param {typeof commands} entries */
function openMenu(entries) {
  menu.textContent = "";
  menu.append(
    ...entries.map((entry) => {
      const item = key("", () => {
        closeMenu();
        // What has been typed of a command, not what was being written besides.
        if (words.value.startsWith("/")) hold("");
        write(`/${entry.name}`);
      });
      item.className = "command";
      item.append(element("span", "about", entry.about), element("span", "slash", `/${entry.name}`));
      return item;
    }),
  );
  menu.hidden = false;
  opener.setAttribute("aria-expanded", "true");
}

function closeMenu() {
  const focused = menu.contains(document.activeElement);
  menu.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  if (focused) opener.focus();
}

opener.addEventListener("click", () => {
  if (!menu.hidden) return closeMenu();
  openMenu(commands);
  /** @type {HTMLElement | null} */ (menu.firstElementChild)?.focus();
});
menu.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = /** @type {HTMLElement[]} */ ([...menu.children]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  items[(at + step + items.length) % items.length].focus();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !menu.hidden) closeMenu();
});
addEventListener("pointerdown", (event) => {
  byFinger = event.pointerType === "touch";
  const target = /** @type {Element} */ (event.target);
  if (!menu.hidden && !target.closest(".foot")) closeMenu();
});

// Beginning

/**
 * Take a personal link's payload out of the address, where it would stay in the history.
 * The fragment of an address never travels to the server by itself.
 */
function payload() {
  const found = new URLSearchParams(location.hash.slice(1)).get("start") ?? "";
  if (location.hash) history.replaceState(null, "", location.pathname);
  // A real one has at most 64 characters: what is longer stays wrong, but fits into a frame.
  return found.slice(0, 100);
}

/** Put the page's own words where they belong, in the language that is spoken now. */
function word() {
  document.documentElement.lang = language;
  document.title = phrases.title;
  showProgress(progress);
  part("bar").setAttribute("aria-label", phrases.progress);
  opener.setAttribute("aria-label", phrases.commands);
  menu.setAttribute("aria-label", phrases.commands);
  log.setAttribute("aria-label", phrases.messages);
  words.placeholder = phrases.placeholder;
  words.setAttribute("aria-label", phrases.write);
  part("send").setAttribute("aria-label", phrases.send);
  part("clip").setAttribute("aria-label", phrases.attach);
  part("clip").title = phrases.attach;
  target.textContent = phrases.dropHere;
  part("down").setAttribute("aria-label", phrases.down);
}

word();
menu.setAttribute("role", "group");
opener.hidden = true;
banner.addEventListener("click", () => link.retry());
addEventListener("hashchange", () => {
  const start = payload();
  if (start) link.send({ id: newId(), kind: "opened", payload: start });
});

hold(draft());
try {
  restore();
} catch {
  forget(); // Another version of the page has kept it in another shape.
}
whenKeptElsewhere((kept) => {
  said.splice(0, said.length, ...kept);
  if (!kept.length) clear();
});
for (const move of link.outbox) showMine(move);
link.start(payload());
addEventListener("load", () => {
  // Where there is no HTTPS there is none; where it is forbidden, the page does without.
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
});
// old.js looks for this: where it is missing, the browser is too old for what stands above.
document.documentElement.classList.add("started");
