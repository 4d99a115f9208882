// Keys alone: lists, neighbours, acts of a complaint, places, the sheet of keys. Every page works without them, and a
// person may switch them off; then this file is not there. Nothing happens while somebody types.
(function () {
  "use strict";
  var given = document.currentScript.dataset;
  var leading = false, timer = null;

  function reachable(element) { return element && element.offsetParent !== null; }
  function follow(element) { if (reachable(element)) { element.click(); return true; } return false; }
  function go(address) { if (address) { window.location.assign(address); return true; } return false; }

  // Lists: the row at which one stands is the one whose link has the focus, or had it last.
  var rows = Array.prototype.slice.call(document.querySelectorAll("[data-rows] > *"));
  var at = -1;
  function linkOf(row) { return row && row.querySelector(".col-main a, a.title, a"); }
  // What is to be done next: a form is opened; what would act at once only gets the focus, and Enter does it.
  function doNext() {
    var act = at >= 0 && rows[at].querySelector("[data-do], .act button");
    if (!act) { return named("d"); }
    if (act.tagName === "A") { act.click(); } else { act.focus(); }
    return true;
  }
  function stand(place) {
    if (!rows.length) { return false; }
    at = Math.max(0, Math.min(rows.length - 1, place));
    rows.forEach(function (row, n) { row.classList.toggle("is-here", n === at); });
    var link = linkOf(rows[at]);
    if (link) { link.focus(); }
    rows[at].scrollIntoView({ block: "nearest" });
    return true;
  }
  document.addEventListener("focusin", function (event) {
    var row = event.target.closest("[data-rows] > *");
    if (row) { at = rows.indexOf(row); rows.forEach(function (one) { one.classList.toggle("is-here", one === row); }); }
  });
  function tick() {
    var box = rows[at] && rows[at].querySelector("input[type=checkbox]");
    if (!box) { return false; }
    box.click();
    return true;
  }

  // Acts of a complaint: the first key puts a letter on each, the second one goes there.
  var LETTERS = "asdfghjklqwertyuiopzxcvbnm";
  var marked = [];
  function unmark() {
    marked.forEach(function (one) { one.mark.remove(); });
    marked = [];
  }
  function markActs() {
    var acts = document.querySelectorAll("[data-acts] a.btn, [data-acts] button");
    Array.prototype.slice.call(acts, 0, LETTERS.length).forEach(function (act, n) {
      var mark = document.createElement("kbd");
      mark.className = "key-mark";
      mark.textContent = LETTERS[n];
      act.appendChild(mark);
      marked.push({ key: LETTERS[n], act: act, mark: mark });
    });
    if (marked.length) { marked[0].act.scrollIntoView({ block: "nearest" }); }
    return marked.length > 0;
  }
  function actOf(key) {
    var found = marked.filter(function (one) { return one.key === key; })[0];
    unmark();
    if (!found) { return; }
    // A form is opened; what would act at once only gets the focus, and Enter does it.
    if (found.act.tagName === "A") { found.act.click(); } else { found.act.focus(); }
  }

  // The sheet: the page of the keys, shown over this one; where it cannot be got, one goes there.
  function sheet() {
    if (document.getElementById("sheet")) { return false; }
    fetch(given.sheet, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("no sheet"); }
      return answer.text();
    }).then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html");
      var box = document.createElement("dialog");
      var heading = document.createElement("h2");
      var close = document.createElement("button");
      box.className = "keys-box";
      heading.id = "keys-heading";
      heading.textContent = page.querySelector("h1").textContent;
      box.setAttribute("aria-labelledby", heading.id);
      close.type = "button";
      close.className = "btn btn-secondary";
      close.textContent = given.close;
      close.addEventListener("click", function () { box.close(); });
      box.append(heading, document.importNode(page.getElementById("sheet"), true), close);
      box.addEventListener("close", function () { box.remove(); });
      document.body.appendChild(box);
      box.showModal();
      close.focus();
    }).catch(function () { go(given.sheet); });
    return true;
  }

  function lead() {
    leading = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(function () { leading = false; }, 1500);
    return true;
  }
  function led(key) {
    leading = false;
    if (key === "n" && !document.querySelector('.side a[href="' + given.n + '"]')) { return false; }
    return go({ h: given.h, l: given.l, m: given.m, n: given.n }[key]);
  }
  function search() {
    var box = document.querySelector("[data-search-key]");
    if (!reachable(box)) { return false; }
    box.focus();
    box.select();
    return true;
  }
  function named(key) { return follow(document.querySelector('[data-key="' + key + '"]')); }
  var DOES = {
    "/": search, "?": sheet, "g": lead, "a": markActs,
    "j": function () { return named("j") || stand(at + 1); },
    "k": function () { return named("k") || stand(at - 1); },
    "u": function () { return named("u"); },
    "o": function () { return at >= 0 && follow(linkOf(rows[at])); },
    "x": tick,
    "d": doNext,
    "p": function () { return named("p"); },
    "]": function () { return follow(document.querySelector(".pager [rel=next]")); },
    "[": function () { return follow(document.querySelector(".pager [rel=prev]")); }
  };

  document.addEventListener("keydown", function (event) {
    var typing = event.target.closest("textarea, select, [contenteditable]")
      || (event.target.matches("input") && event.target.type !== "checkbox");
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || typing) { return; }
    if (document.querySelector("dialog[open]")) { return; }
    if (marked.length) { event.preventDefault(); actOf(event.key); return; }
    if (leading) { if (led(event.key)) { event.preventDefault(); } return; }
    if (Object.prototype.hasOwnProperty.call(DOES, event.key) && DOES[event.key]()) { event.preventDefault(); }
  });
}());
