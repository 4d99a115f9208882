/* The intake script beside the form: follows the answers from question to question, by keys too. It never takes the
   focus: who writes in the form goes on writing. The page works without it, step by step. */
(function () {
  "use strict";
  var form = document.getElementById("intake");
  var place = document.getElementById("beside");
  if (!form || !place) { return; }
  var back = null;
  var given = Object.create(null);  // by script, what was answered and noted: it comes back with its script

  function all(selector, within) { return [].slice.call((within || place).querySelectorAll(selector)); }
  function panel() { return place.querySelector("[data-script]"); }
  function within(one) { return Boolean(one.closest('[data-part="script"]')); }
  function question(code) { return code ? place.querySelector('[data-question="' + code + '"]') : null; }
  function chosen(one) { return one.querySelector("input[type=radio]:checked"); }

  // The questions from the first to the one that waits; the others are hidden.
  function show() {
    var shown = panel();
    all("[data-walk]").forEach(function (one) { one.hidden = true; });
    if (!shown) { return; }
    all("[data-question]").forEach(function (one) { one.hidden = true; });
    var one = question(shown.getAttribute("data-start"));
    var end = null;
    var number = 0;
    while (one && one.hidden) {
      number += 1;
      one.hidden = false;
      one.querySelector("[data-place]").textContent = String(number);
      var answer = chosen(one);
      advise(one, answer);
      end = answer ? answer.getAttribute("data-end") : null;
      one = answer ? question(answer.getAttribute("data-next")) : null;
    }
    all("[data-script-end]").forEach(function (box) { box.hidden = box.getAttribute("data-script-end") !== end; });
  }

  function advise(one, answer) {
    all("[data-advice]", one).forEach(function (box) {
      box.hidden = !answer || box.getAttribute("data-advice") !== answer.value;
    });
    all("[data-note]", one).forEach(function (box) { box.hidden = !answer; });
  }

  // The question that waits for its answer; at the end the button that takes the suggestion.
  function waiting() {
    var open = all("[data-question]").filter(function (one) { return !one.hidden && !chosen(one); })[0];
    var words = open && open.querySelector(":scope > .script-note input");  // a question in words: first what was said
    if (words && !words.value) { return words; }
    return open ? open.querySelector("input[type=radio]") : place.querySelector("[data-script-end]:not([hidden]) button");
  }

  // Whether a script that the server sent takes the place of this one: the same goes on with what was answered.
  function takes(html) {
    var now = panel();
    var fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-script]");
    return !(now && fresh && now.getAttribute("data-script") === fresh.getAttribute("data-script"));
  }

  function controls() { return all('[data-part="script"] input[type=radio], [data-part="script"] .script-note input'); }

  function remember() {
    if (!panel()) { return; }
    given[panel().getAttribute("data-script")] = controls().filter(function (one) {
      return one.type === "radio" ? one.checked : one.value;
    }).map(function (one) { return [one.id, one.value]; });
  }

  function recall() {
    var mine = panel() && given[panel().getAttribute("data-script")];
    (mine || []).forEach(function (kept) {
      var one = controls().filter(function (control) { return control.id === kept[0]; })[0];
      if (one && one.type === "radio") { one.checked = true; } else if (one) { one.value = kept[1]; }
    });
    show();
  }

  function takeEnd(button) {
    var ending = form.querySelector('input[name=ending][value="' + button.getAttribute("data-ending") + '"]');
    var severity = button.getAttribute("data-severity");
    var higher = severity && form.querySelector('input[name=severity][value="' + severity + '"]');
    [ending, higher].forEach(function (one) {
      if (one && !one.checked) {
        one.checked = true;
        one.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
    (ending || button).focus();
  }

  place.addEventListener("change", function (event) { if (event.target.type === "radio") { show(); } });
  place.addEventListener("click", function (event) {
    var button = event.target.closest("[data-ending]");
    if (button) { event.preventDefault(); takeEnd(button); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === "Enter" && within(event.target) && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        form.requestSubmit ? form.requestSubmit() : form.submit();
      }
      return;
    }
    var inside = within(event.target);
    if (event.key === "F9" || (event.key === "Escape" && inside)) {
      var to = inside ? back || form.elements.what : waiting();
      if (to) {
        event.preventDefault();
        if (!inside) { back = form.contains(event.target) ? event.target : null; }
        to.focus();
      }
      return;
    }
    // Enter after the customer's words goes on to the answers, and does not send the form.
    if (inside && event.key === "Enter" && event.target.type === "text") {
      event.preventDefault();
      (chosen(event.target.closest("[data-question]")) || event.target.closest("[data-question]").querySelector("input[type=radio]")).focus();
      return;
    }
    // Enter on an answer goes on to the question that waits, and does not send the form either.
    if (inside && event.key === "Enter" && event.target.type === "radio") {
      event.preventDefault();
      (waiting() || event.target).focus();
      return;
    }
    // A figure chooses the answer of that number, and goes on to the next question.
    if (inside && event.target.type === "radio" && /^[1-9]$/.test(event.key)) {
      var radios = all("input[type=radio]", event.target.closest("[data-question]"));
      var one = radios[Number(event.key) - 1];
      if (one) {
        event.preventDefault();
        one.checked = true;
        one.dispatchEvent(new Event("input", { bubbles: true }));  // typed, like any other answer
        show();
        (waiting() || one).focus();
      }
    }
  });

  window.intakeScript = { takes: takes, remember: remember, recall: recall };
  show();
}());
