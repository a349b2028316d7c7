// @ts-check
/** The page's own words, in one place: they must be there even when the server is not. */

const ru = {
  title: "Курс по Сферуму",
  online: "онлайн",
  typing: "печатает",
  connecting: "соединение…",
  offline: "нет связи",
  offlineIdle: "Нет связи. Подключимся сами, как только она появится.",
  offlineKept: "Нет связи. Ответ сохранён, отправим, как только связь появится.",
  elsewhere: "Курс открыт на других вкладках. Чтобы продолжить здесь, нажмите любую кнопку или напишите.",
  cookies: "Браузер не сохраняет файлы cookie для этой страницы. Разрешите их и обновите страницу: иначе курс не сможет вас узнать.",
  tooLarge: "Сообщение слишком длинное. Разделите его на части, пожалуйста.",
  again: "Отправить ещё раз",
  drop: "Не отправлять",
  placeholder: "Ответ или вопрос…",
  write: "Сообщение",
  send: "Отправить",
  attach: "Отправить файл: .xlsx или .csv",
  dropHere: "Отпустите файл здесь",
  queued: "Ждёт отправки",
  sending: "Отправляется…",
  reading: "Читаю файл…",
  notSent: "Файл не отправлен.",
  cancel: "Отменить",
  commands: "Команды",
  down: "К последнему сообщению",
  messages: "Сообщения",
  message: "Новое сообщение",
  choices: "Варианты ответа",
  progress: "Сколько пройдено",
  you: "Вы:",
  picture: "Картинка",
  enlarge: "Увеличить",
  close: "Закрыть",
  newTab: "откроется в новой вкладке",
  download: "Скачать",
  copy: "Скопировать",
  copied: "Скопировано.",
  chosen: "Скопировать не получилось. Текст выделен: скопируйте его сами.",
  units: ["Б", "КБ", "МБ"],
};

/** @type {typeof ru} */
const en = {
  title: "The Sferum course",
  online: "online",
  typing: "typing",
  connecting: "connecting…",
  offline: "no connection",
  offlineIdle: "No connection. We will reconnect by ourselves as soon as it is back.",
  offlineKept: "No connection. Your answer is kept and will be sent as soon as it is back.",
  elsewhere: "The course is open in other tabs. To go on here, press any button or write.",
  cookies: "The browser keeps no cookies for this page. Allow them and reload the page: the course can’t recognise you otherwise.",
  tooLarge: "The message is too long. Please send it in parts.",
  again: "Send again",
  drop: "Don’t send",
  placeholder: "Answer or question…",
  write: "Message",
  send: "Send",
  attach: "Send a file: .xlsx or .csv",
  dropHere: "Drop the file here",
  queued: "Waiting to be sent",
  sending: "Sending…",
  reading: "Reading the file…",
  notSent: "The file was not sent.",
  cancel: "Cancel",
  commands: "Commands",
  down: "To the last message",
  messages: "Messages",
  message: "New message",
  choices: "Choices",
  progress: "How far you are",
  you: "You:",
  picture: "Picture",
  enlarge: "Enlarge",
  close: "Close",
  newTab: "opens in a new tab",
  download: "Download",
  copy: "Copy",
  copied: "Copied.",
  chosen: "Copying did not work. The text is selected: please copy it yourself.",
  units: ["B", "KB", "MB"],
};

const LANGUAGE = "language";

/**
 * The language of the page's own words: the person's, once the server has told it; until then what
 * it told last, or the browser's, if we speak it, or else Russian.
 * @type {"ru" | "en"}
 */
export let language = last() || (/^en/i.test(navigator.language) ? "en" : "ru");

export let phrases = { ru, en }[language];

/**
 * Speak a language from now on, also where the server is away.
 * @param {"ru" | "en"} code
 */
export function speak(code) {
  language = code;
  phrases = { ru, en }[code];
  try {
    localStorage.setItem(LANGUAGE, code);
  } catch {
    // Storage is full or forbidden: the server will tell it again.
  }
}

/** @returns {"ru" | "en" | ""} */
function last() {
  try {
    const kept = localStorage.getItem(LANGUAGE);
    return kept === "ru" || kept === "en" ? kept : "";
  } catch {
    return "";
  }
}
