// The page of a trial that still runs: looks every few seconds how far it is, and shows the result once it has ended.
// Without this script the button beside the heading does the same.
(function () {
  "use strict";
  var watched = document.querySelector("[data-watch]");
  if (!watched) { return; }
  var text = document.getElementById("progress-text");
  var bar = document.getElementById("progress-bar");
  function later() { window.setTimeout(look, 4000); }
  function look() {
    if (document.hidden) { later(); return; }
    fetch(watched.dataset.watch, { credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.text();
      })
      .then(function (page) {
        var found = new DOMParser().parseFromString(page, "text/html");
        if (!found.querySelector("[data-watch]")) { window.location.reload(); return; }
        text.textContent = found.getElementById("progress-text").textContent;
        bar.max = found.getElementById("progress-bar").max;
        bar.value = found.getElementById("progress-bar").value;
        later();
      })
      .catch(later);
  }
  later();
}());
