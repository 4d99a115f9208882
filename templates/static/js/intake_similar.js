/* Looks for similar complaints while the clerk writes: after a pause, one question at a time, and only when what is
   written has changed. The button in the bar does the same without it. */
(function () {
  "use strict";
  var PAUSE = 900; // milliseconds without a key
  var LEAST = 6; // characters
  var form = document.getElementById("intake");
  var place = document.getElementById("similar");
  if (!form || !place) { return; }
  var asked = "";
  var waits = null;
  var busy = false;

  function question() {
    return [form.elements.what.value.trim(), form.elements.contact_phone.value.trim()];
  }

  function look() {
    waits = null;
    var now = question();
    if (busy) { later(); return; }
    if (now[0].length < LEAST || now.join("|") === asked) { return; }
    asked = now.join("|");
    busy = true;
    var body = new FormData();
    body.append("csrf_token", form.elements.csrf_token.value);
    body.append("what", now[0].slice(0, 600));
    body.append("contact_phone", now[1].slice(0, 60));
    fetch(place.getAttribute("data-similar-from"), { method: "POST", body: body, credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (text) {
        // Nothing is taken away under somebody who is reading in it.
        if (text && !place.contains(document.activeElement)) { place.innerHTML = text; }
      })
      .catch(function () { asked = ""; })
      .then(function () { busy = false; });
  }

  function later() {
    if (waits) { window.clearTimeout(waits); }
    waits = window.setTimeout(look, PAUSE);
  }

  form.elements.what.addEventListener("input", later);
  form.elements.contact_phone.addEventListener("change", later);
}());
