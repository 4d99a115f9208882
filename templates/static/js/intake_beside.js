/* What stands beside the form of registration follows what is typed: after a pause one request answers for all parts,
   and a newer one takes the place of one that is under way. The focus is never moved, and nothing is taken away under
   somebody who is in it. The button in the bar does the same without this file. */
(function () {
  "use strict";
  var PAUSE = 500; // milliseconds without a key
  var form = document.getElementById("intake");
  var place = document.getElementById("beside");
  if (!form || !place) { return; }
  var names = ["category", "symptom", "what", "where", "why", "demand", "summary", "product_symptom", "address",
    "contact_phone", "submission"];
  var asked = question();
  var under = null;
  var waits = null;
  var held = Object.create(null); // parts that came while somebody was in them

  function value(name) { return form.elements[name] ? form.elements[name].value.trim() : ""; }
  function question() { return names.map(value).join("\n"); }
  function part(name, within) { return within.querySelector('[data-part="' + name + '"]'); }

  function ticks(within) { return [].slice.call(within.querySelectorAll("input[type=checkbox]")); }

  function put(name, html) {
    var old = part(name, place);
    delete held[name];
    if (!old || old.innerHTML === html) { return; }
    if (old.contains(document.activeElement)) { held[name] = html; return; }
    // The intake script is answered in the page: the same one goes on with its answers, another one with its own.
    var script = name === "script" && window.intakeScript;
    if (script && !script.takes(html)) { return; }
    if (script) { script.remember(); }
    var before = ticks(old);
    old.innerHTML = html;
    ticks(old).forEach(function (one) {  // as they stand now, not as they stood when this was asked for
      var same = before.filter(function (was) { return was.name === one.name && was.value === one.value; })[0];
      if (same) { one.checked = same.checked; }
    });
    if (script) { script.recall(); }
  }

  function show(text) {
    var fresh = new DOMParser().parseFromString(text, "text/html");
    [].slice.call(fresh.querySelectorAll("[data-part]")).forEach(function (one) {
      put(one.getAttribute("data-part"), one.innerHTML);
    });
  }

  function ask() {
    window.clearTimeout(waits);
    var now = question();
    if (now === asked) { return; }
    asked = now;
    if (under) { under.abort(); }
    var mine = under = new AbortController();
    var body = new FormData();
    body.append("csrf_token", form.elements.csrf_token.value);
    names.forEach(function (name) { body.append(name, value(name)); });
    [].slice.call(place.querySelectorAll("input[name=notice]:checked")).forEach(function (tick) {
      body.append("notice", tick.value);
    });
    fetch(place.getAttribute("data-beside-from"), { method: "POST", body: body, credentials: "same-origin", signal: mine.signal })
      .then(function (answer) {
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.text();
      })
      .then(function (text) { if (under === mine) { show(text); } })
      .catch(function () { if (under === mine) { asked = ""; } });  // asked again with the next key
  }

  function soon(pause) {
    window.clearTimeout(waits);
    waits = window.setTimeout(ask, pause);
  }

  form.querySelector("button[name=beside]").hidden = true;
  form.addEventListener("input", function (event) {
    if (names.indexOf(event.target.name) >= 0 && event.target.tagName !== "SELECT") { soon(PAUSE); }
  });
  form.addEventListener("change", function (event) {
    if (names.indexOf(event.target.name) >= 0) { soon(0); }
  });
  place.addEventListener("focusout", function () {
    window.setTimeout(function () { Object.keys(held).forEach(function (name) { put(name, held[name]); }); }, 0);
  });
}());
