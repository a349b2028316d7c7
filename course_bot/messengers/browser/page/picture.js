// @ts-check
/** A step's picture: its room is there before it has come, and a tap shows it larger. */

import { phrases } from "./phrases.js";

/** @typedef {import("./link.js").Picture} Picture */

/**
 * @param {Picture} picture
 * @returns {HTMLElement}
 */
export function pictureKey(picture) {
  const key = document.createElement("button");
  key.type = "button";
  key.className = "illustration";
  key.title = phrases.enlarge;
  key.setAttribute("aria-haspopup", "dialog");
  key.append(image(picture));
  key.addEventListener("click", () => enlarge(picture, key));
  return key;
}

/** @param {Picture} picture */
function image(picture) {
  const made = document.createElement("img");
  made.width = picture.width;
  made.height = picture.height;
  made.alt = picture.about;
  made.decoding = "async";
  made.src = picture.src;
  return made;
}

/**
 * Show a picture over the whole page until a tap, Escape, or the way back, as a phone's own button
 * has it. Not by <dialog>, which Safari knows from 15.4 and Firefox from 98 on.
 * @param {Picture} picture
 * @param {HTMLElement} from
 */
function enlarge(picture, from) {
  const over = document.createElement("div");
  over.className = "enlarged";
  over.setAttribute("role", "dialog");
  over.setAttribute("aria-modal", "true");
  over.setAttribute("aria-label", phrases.picture);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.textContent = "×";
  close.setAttribute("aria-label", phrases.close);
  over.append(close, image(picture));
  let leaving = false;
  const leave = () => {
    // Once: before the first has arrived, a second tap would go back from the page itself.
    if (!leaving) history.back();
    leaving = true;
  };
  over.addEventListener("click", leave);
  over.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") leave();
    // There is nothing else to go to while it is open.
    if (event.key === "Tab") event.preventDefault();
  });
  history.pushState(null, "");
  addEventListener(
    "popstate",
    () => {
      over.remove();
      from.focus({ preventScroll: true });
    },
    { once: true },
  );
  document.body.append(over);
  close.focus({ preventScroll: true });
}
