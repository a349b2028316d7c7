// @ts-check
/**
 * The last messages, kept on this device: a reload, or a phone without a connection, shows them.
 *
 * @typedef {{kind: "screen", screen: import("./link.js").Screen, at: number}
 *   | {kind: "mine", text: string, at: number}
 *   | {kind: "sent", name: string, size: number, at: number}
 *   | {kind: "note", text: string, at: number}} Said
 */

const HISTORY = "history";
const WHOSE = "whose";
const MOST = 20;

/** @returns {Said[]} */
export function recall() {
  try {
    return read(localStorage.getItem(HISTORY));
  } catch {
    return [];
  }
}

/**
 * @param {string | null} kept
 * @returns {Said[]}
 */
function read(kept) {
  const said = JSON.parse(kept || "[]");
  return Array.isArray(said) ? said : [];
}

/**
 * Keep what was said last.
 * @param {Said[]} said
 */
export function keep(said) {
  said.splice(0, said.length - MOST);
  try {
    localStorage.setItem(HISTORY, JSON.stringify(said));
  } catch {
    // No room, or it is forbidden: then a reload shows only where one is.
  }
}

/**
 * Hear of what another tab of this browser keeps, so that this one doesn't put back what is gone.
 * @param {(said: Said[]) => void} listener
 */
export function whenKeptElsewhere(listener) {
  addEventListener("storage", (event) => {
    if (event.key === HISTORY) listener(read(event.newValue));
  });
}

/**
 * Tell whether what is kept was said to this very visitor, and remember who it is from now on.
 * @param {string} visitor
 */
export function isOf(visitor) {
  try {
    const before = localStorage.getItem(WHOSE);
    localStorage.setItem(WHOSE, visitor);
    return before === null || before === visitor;
  } catch {
    return true;
  }
}
