// @ts-check
/*
 * Tell who comes with a browser that the page cannot work in. This file alone is written so that
 * any browser reads it (ECMAScript 5), and is no module: Chrome 61 to 79 know modules, but not
 * what stands in ours, and would show a dead page without a word.
 */

(function () {
  "use strict";
  var lost = false;
  // A script that did not arrive is told apart from one that was not understood: only the former
  // has an element for its target (and does not bubble).
  addEventListener(
    "error",
    function (event) {
      if (/** @type {Element} */ (event.target).nodeName === "SCRIPT") lost = true;
    },
    true
  );
  // Modules run before the page counts as loaded.
  addEventListener("load", function () {
    if (/\bstarted\b/.test(document.documentElement.className)) return;
    var english = /^en/i.test(navigator.language);
    var words = english
      ? "This browser is too old for the course. Please update it or open this page in another: Chrome from version 80, Safari from 14 and Firefox from 78 will do."
      : "Этот браузер слишком старый для курса. Обновите его или откройте эту страницу в другом: подойдут Chrome от 80-й версии, Safari от 14-й и Firefox от 78-й.";
    if (lost) {
      words = english
        ? "The page did not arrive as a whole. Please check the connection and reload the page."
        : "Страница пришла не целиком. Проверьте связь и обновите страницу.";
    }
    var told = document.createElement("p");
    told.className = "alone";
    told.setAttribute("role", "alert");
    told.appendChild(document.createTextNode(words));
    document.body.insertBefore(told, document.body.firstChild);
    document.getElementById("chat").style.display = "none";
  });
})();
