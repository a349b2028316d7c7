// @ts-check
/** Say whether the connection or the course is away, and open the course once it is back. */

/** Milliseconds between attempts: soon enough for who waits, not too often for a phone's battery. */
const PAUSE = 5000;

const ru = {
  title: "Курс по Сферуму",
  offline: ["Нет связи с интернетом", "Проверьте Wi-Fi или мобильный интернет и не включён ли режим полёта."],
  away: ["Курс сейчас не отвечает", "Это неполадка на нашей стороне, или связь очень слабая. Делать ничего не нужно."],
  kept: "Ваше место в курсе и ответы сохранены. Курс откроется сам, как только связь появится.",
  again: "Попробовать сейчас",
  still: "Пока не получается. Пробуем дальше.",
};

/** @type {typeof ru} */
const en = {
  title: "The Sferum course",
  offline: ["No internet connection", "Check the Wi-Fi or mobile data, and that flight mode is off."],
  away: ["The course does not answer", "Something is wrong on our side, or the connection is very weak. There is nothing you need to do."],
  kept: "Your place in the course and your answers are kept. The course opens by itself once the connection is back.",
  again: "Try now",
  still: "Not yet. We keep trying.",
};

const language = known() || (/^en/i.test(navigator.language) ? "en" : "ru");
const phrases = language === "en" ? en : ru;
let timer = 0;

function known() {
  try {
    return localStorage.getItem("language");
  } catch {
    return "";
  }
}

/**
 * @param {string} id
 * @param {string} text
 */
function say(id, text) {
  const shown = /** @type {HTMLElement} */ (document.getElementById(id));
  if (shown.textContent !== text) shown.textContent = text;
}

function tell() {
  const [title, what] = navigator.onLine ? phrases.away : phrases.offline;
  say("title", title);
  say("what", what);
}

/** Go back to the course if it answers, and otherwise ask again after a while. */
async function attempt() {
  clearTimeout(timer);
  tell();
  const health = await fetch("/health", { cache: "no-store" }).then((answer) => answer.ok, () => false);
  if (health) return location.reload();
  timer = window.setTimeout(attempt, PAUSE);
}

document.documentElement.lang = language === "en" ? "en" : "ru";
document.title = phrases.title;
say("kept", phrases.kept);
say("again", phrases.again);
document.getElementById("again")?.addEventListener("click", async () => {
  say("still", "");
  await attempt();
  say("still", phrases.still);
});
addEventListener("online", attempt);
addEventListener("offline", tell);
tell();
timer = window.setTimeout(attempt, PAUSE);
