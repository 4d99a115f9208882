/* Asks again which notices of known faults fit while a complaint is typed. The page works without it: the form that
   comes back, and the complaint's own page, show them as well. */
(function () {
  "use strict";
  var place = document.getElementById("notices-beside");
  var form = document.getElementById("intake");
  if (!place || !form) { return; }
  var names = ["category", "what", "where", "why", "summary", "product_symptom", "address"];
  var waiting = null;
  var asked = "";

  function ask() {
    var body = new FormData();
    body.append("csrf_token", form.elements.csrf_token.value);
    var question = names.map(function (name) { return form.elements[name] ? form.elements[name].value : ""; });
    if (question.join("|") === asked) { return; }
    asked = question.join("|");
    names.forEach(function (name, at) { body.append(name, question[at]); });
    [].slice.call(place.querySelectorAll("input[name=notice]:checked")).forEach(function (tick) {
      body.append("notice", tick.value);
    });
    fetch(place.getAttribute("data-matching"), { method: "POST", body: body, credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : null; })
      .then(function (text) {
        if (text === null || place.contains(document.activeElement)) { return; }
        place.innerHTML = text;
      })
      .catch(function () { asked = ""; });
  }

  function soon() {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(ask, 600);
  }

  names.forEach(function (name) {
    var one = form.elements[name];
    if (!one) { return; }
    one.addEventListener("change", ask);
    if (one.tagName !== "SELECT") { one.addEventListener("input", soon); }
  });
}());
