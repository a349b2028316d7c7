// @ts-check
/**
 * A question's form: options that are seen whole and keep their places.
 *
 * What is tapped shows at once, as it will be once the server has it; what the server then says
 * is shown in its place.
 *
 * @typedef {import("./link.js").Button} Button
 * @typedef {import("./link.js").Form} Written
 * @typedef {import("./link.js").Option} Option
 */

import { build, nameTongue } from "./markup.js";
import { phrases } from "./phrases.js";

/** What a form is to those who don't see it, by its kind. @type {Record<string, string>} */
const ROLES = { choice: "radiogroup" };
/** @type {Record<string, string>} */
const OPTION_ROLES = { choice: "radio", multiple: "checkbox" };

export class Form {
  /**
   * @param {Written} form
   * @param {(action: string, element: HTMLElement, event: MouseEvent) => boolean} press tells
   *   whether the press counts
   */
  constructor(form, press) {
    this.form = form;
    this.press = press;
    this.marks = form.options.map((option) => option.mark);
    this.element = made("div", `form ${form.kind}`);
    this.hint = made("p", "hint");
    this.terms = form.terms.map((term) => spoken("span", "term", term));
    if (this.terms.length) this.element.append(list("terms", this.terms));
    this.element.append(this.hint);
    this.options = form.options.map((option, at) => this.option(option, at));
    if (this.options.length) {
      const board = list("options", this.options);
      board.setAttribute("role", ROLES[form.kind] || "group");
      board.setAttribute("aria-label", phrases.choices);
      this.element.append(board);
    }
    /** How a match asks for what belongs to a term. */
    this.asking = "";
    /** The keys beneath: undo and done, in their order. @type {HTMLButtonElement[]} */
    this.keys = [];
    this.draw();
  }

  /**
   * @param {Option} option
   * @param {number} at
   */
  option(option, at) {
    const button = /** @type {HTMLButtonElement} */ (made("button", "option"));
    button.type = "button";
    const role = OPTION_ROLES[this.form.kind];
    if (role) button.setAttribute("role", role);
    const text = spoken("span", "words", option.text);
    if (this.form.kind === "match") text.append(made("b", "given"));
    button.append(made("span", "mark"), text);
    button.addEventListener("click", (event) => {
      if (button.getAttribute("aria-disabled") === "true") return;
      if (this.press(option.action, button, event)) this.tapped(at);
    });
    return button;
  }

  /**
   * Show a tap before the server has it.
   * @param {number} at
   */
  tapped(at) {
    const { kind } = this.form;
    if (kind === "choice") this.marks[at] = 1;
    else if (kind === "multiple") this.marks[at] = this.marks[at] ? 0 : 1;
    else this.marks[at] = Math.max(...this.marks) + 1;
    // Of a match the last one left goes where it belongs by itself, as the server has it.
    const left = this.marks.filter((mark) => !mark).length;
    if (kind === "match" && left === 1) this.marks[this.marks.indexOf(0)] = this.marks.length;
    this.draw();
  }

  /** Show the last tap taken back before the server has it. */
  undone() {
    const last = Math.max(...this.marks);
    const back = this.form.kind === "match" && last === this.marks.length ? last - 1 : last;
    this.marks = this.marks.map((mark) => (mark >= back ? 0 : mark));
    this.draw();
  }

  /**
   * Show a press that has no answer yet, perhaps made before the page was loaded anew.
   * @param {string} action
   * @returns {HTMLElement | undefined} what was pressed, if it is of this question
   */
  replay(action) {
    const at = this.form.options.findIndex((option) => option.action === action);
    const undo = this.form.keys.length > 1 && this.form.keys[0].action === action;
    if (at >= 0) this.tapped(at);
    else if (undo) this.undone();
    return at >= 0 ? this.options[at] : undo ? this.keys[0] : undefined;
  }

  /**
   * Show what the server has, if it is the same question.
   * @param {Written | undefined} form
   */
  takes(form) {
    if (!form || this.identity(form) !== this.identity(this.form)) return false;
    this.form = form;
    this.marks = form.options.map((option) => option.mark);
    this.draw();
    return true;
  }

  /** @param {Written} form */
  identity(form) {
    return JSON.stringify([form.kind, form.terms, form.options.map((it) => [it.text, it.action])]);
  }

  /** An old form can be read, and not be pressed. */
  close() {
    for (const option of this.options) option.disabled = true;
    this.hint.remove();
  }

  draw() {
    const { kind, options, hint, terms } = this.form;
    const taken = this.marks.filter(Boolean).length;
    const whole = taken === options.length;
    if (hint.includes("<b>")) this.asking = hint;
    const askings = terms.map((term) => this.asking.replace(/<b>.*<\/b>/, () => `<b>${term}</b>`));
    layOver(this.hint, [hint, ...askings], 0);
    this.options.forEach((button, at) => {
      const mark = this.marks[at];
      button.classList.toggle("taken", mark > 0);
      const sign = /** @type {HTMLElement} */ (button.firstElementChild);
      const counted = kind === "order" || kind === "match";
      sign.textContent = counted && mark ? String(mark) : "";
      const given = /** @type {HTMLElement | null} */ (button.querySelector(".given"));
      if (given) layOver(given, terms, mark - 1);
      if (OPTION_ROLES[kind]) button.setAttribute("aria-checked", String(mark > 0));
      else button.setAttribute("aria-disabled", String(mark > 0));
    });
    this.terms.forEach((term, at) => {
      term.classList.toggle("taken", at < taken);
      term.classList.toggle("next", at === taken);
    });
    const ready = kind === "multiple" ? taken > 0 : whole;
    this.keys.forEach((button, at) => {
      const able = at === this.keys.length - 1 ? ready : taken > 0;
      button.setAttribute("aria-disabled", String(!able));
    });
  }
}

/**
 * Have texts lie over one another, of which one is seen at a time: there is room for each of them
 * from the beginning, and nothing beneath moves when another one's turn comes.
 * @param {HTMLElement} room
 * @param {string[]} sources in the HTML subset
 * @param {number} seen which of them is; none, if there is none of that number
 */
function layOver(room, sources, seen) {
  room.textContent = "";
  sources.forEach((source, at) => {
    room.append(spoken("span", at === seen ? "seen" : "", source));
  });
}

/**
 * @param {string} tag
 * @param {string} name
 * @param {string} source in the HTML subset
 */
function spoken(tag, name, source) {
  const element = made(tag, name);
  element.append(build(source));
  nameTongue(element);
  return element;
}

/**
 * @param {string} name
 * @param {HTMLElement[]} parts
 */
function list(name, parts) {
  const whole = made("div", name);
  whole.append(...parts);
  return whole;
}

/**
 * @param {string} tag
 * @param {string} name
 */
function made(tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  return element;
}
