/* Keeps what is typed into a long form with the desk a moment after typing stops (R40), so that no crash, no ended session
   and no lost power takes it. Without the script the button "save as draft" does the same. */
(function () {
  "use strict";

  var QUIET = 1500, LONGEST = 8000, AGAIN = 20000;
  var NOT_TYPED = ["submit", "button", "reset", "image", "file", "password"];

  function labelOf(control) {
    if (control.type === "hidden") { return ""; }
    var group = control.closest("[aria-labelledby]");
    if ((control.type === "radio" || control.type === "checkbox") && group && group.classList.contains("choices")) {
      var named = document.getElementById(group.getAttribute("aria-labelledby"));
      if (named) { return named.textContent; }
    }
    var label = control.labels && control.labels[0];
    return label ? label.textContent : control.getAttribute("aria-label") || "";
  }

  // What a choice is called, for whoever reads the draft later.
  function chosen(control) {
    if (control.tagName === "SELECT") { return "\t" + (control.selectedOptions[0] || { textContent: "" }).textContent; }
    var around = control.closest("label");
    return (control.type === "radio" || control.type === "checkbox") && around ? "\t" + around.textContent : "";
  }

  function typed(form) {
    var found = [];
    Array.prototype.forEach.call(form.elements, function (one) {
      if (!one.name || one.disabled || one.name === "csrf_token" || one.name === "draft") { return; }
      if (one.tagName === "BUTTON" || NOT_TYPED.indexOf(one.type) >= 0) { return; }
      if ((one.type === "checkbox" || one.type === "radio") && !one.checked) { return; }
      var label = labelOf(one).replace(/\s+/g, " ").replace(/\*.*$/, "").trim().slice(0, 80);
      if (label) { label += chosen(one).replace(/[^\S\t]+/g, " ").slice(0, 100); }
      if (one.tagName === "SELECT" && one.multiple) {
        Array.prototype.forEach.call(one.selectedOptions, function (option) { found.push([one.name, option.value, label.split("\t")[0] + "\t" + option.textContent]); });
      } else {
        found.push([one.name, one.value, label]);
      }
    });
    return found;
  }

  document.querySelectorAll("form[data-draft]").forEach(function (form) {
    var button = form.querySelector("[data-draft-save]"), state = form.querySelector("[data-draft-state]");
    var token = form.querySelector('input[name="draft"]'), csrf = form.querySelector('input[name="csrf_token"]');
    var timer = null, first = 0, changed = false, sending = null, sent = false, last = "";
    if (!button || !token || !csrf) { return; }

    function say(text, wrong) {
      state.textContent = text || "";
      state.classList.toggle("error", Boolean(wrong));
    }

    function answered(answer, body) {
      return answer.text().then(function (text) {
        var found = {};
        try { found = JSON.parse(text); } catch (fault) { found = {}; }
        if (answer.ok) {
          last = body;
          say(found.said);
          if (!form.querySelector('input[type="file"]')) { document.dispatchEvent(new Event("desk-kept")); }
          return;
        }
        changed = true;
        if (found.draft) {
          token.value = found.draft;
          wait(QUIET);
        } else if (answer.status === 429) {
          wait(QUIET);
        } else if (answer.status === 401) {
          say(button.dataset.signedOut, true);
        } else {
          say(found.said || button.dataset.away, true);
          if (answer.status >= 500) { wait(AGAIN); }
        }
      });
    }

    function keep(pressed, leaving) {
      window.clearTimeout(timer);
      timer = null;
      if (sending && !leaving) { wait(QUIET); return sending; }
      changed = false;
      first = 0;
      var values = typed(form), same = JSON.stringify(values);
      if (same === last && !pressed) { return Promise.resolve(); }
      var stop = new AbortController();
      var body = JSON.stringify({ draft: token.value, typed: values, pressed: Boolean(pressed) });
      var mine = fetch(button.dataset.draftSave, {
        method: "POST", credentials: "same-origin", signal: stop.signal, keepalive: Boolean(leaving) && body.length < 60000,
        headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": csrf.value }, body: body
      }).then(function (answer) { return answered(answer, same); }).catch(function () {
        if (!sent) { changed = true; say(button.dataset.away, true); wait(AGAIN); }
      }).then(function () { if (sending === mine) { sending = null; } });
      mine.stop = function () { stop.abort(); };
      sending = mine;
      return mine;
    }

    function wait(span) {
      window.clearTimeout(timer);
      timer = window.setTimeout(function () { keep(false); }, span);
    }

    function touched() {
      var now = Date.now();
      changed = true;
      first = first || now;
      wait(Math.max(0, Math.min(QUIET, first + LONGEST - now)));
    }

    // Also what stands outside the form and belongs to it by its attribute "form".
    function typedInto(event) { if (event.target.form === form) { touched(); } }
    document.addEventListener("input", typedInto);
    document.addEventListener("change", typedInto);
    button.addEventListener("click", function (event) {
      event.preventDefault();
      keep(true);
    });
    form.addEventListener("submit", function (event) {
      if (event.defaultPrevented) { return; }
      sent = true;
      window.clearTimeout(timer);
      if (sending) { sending.stop(); }
    });
    window.addEventListener("pageshow", function (event) { if (event.persisted) { sent = false; } });
    document.addEventListener("visibilitychange", function () {
      if (document.visibilityState === "hidden" && changed && !sent) { keep(false, true); }
    });
    form.querySelectorAll("a[data-draft-restore]").forEach(function (link) {
      link.addEventListener("click", function (event) {
        if (!changed) { return; }
        event.preventDefault();
        keep(false).then(function () {
          document.dispatchEvent(new Event("desk-kept"));
          window.location.assign(link.href);
        });
      });
    });
  });
}());
