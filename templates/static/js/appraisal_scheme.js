/* The form of an appraisal scheme (R32): shows what each kind of scoring asks for, and lets the server reckon the example
   a moment after something was typed. Without the script every field is there and a button does the same. */
(function () {
  "use strict";

  var form = document.getElementById("scheme");
  var shown = form && form.querySelector("[data-example]");
  if (!shown) {
    return;
  }
  var waiting = null, asked = 0;

  function fit(row) {
    var kind = row.querySelector("[data-kind]").value;
    row.querySelectorAll("[data-for]").forEach(function (part) {
      part.hidden = part.dataset.for !== kind && !part.querySelector(".has-error");
    });
  }

  function reckon() {
    var mine = ++asked;
    fetch(shown.dataset.example, { method: "POST", body: new FormData(form), credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : null; })
      .then(function (text) {
        if (text !== null && mine === asked) {
          shown.innerHTML = text;
        }
      })
      .catch(function () { /* the button is still there */ });
  }

  form.querySelectorAll("[data-item]").forEach(fit);
  form.addEventListener("input", function (event) {
    var row = event.target.closest("[data-item]");
    if (row) {
      fit(row);
    }
    window.clearTimeout(waiting);
    waiting = window.setTimeout(reckon, 300);
  });
})();
