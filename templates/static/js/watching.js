// The page of work that still goes on: looks every few seconds how far it is, and shows the result once it has ended.
// What else changes meanwhile stands in parts with ids (data-watch-part), which are put in anew unless somebody is in
// them. Without this script the page comes again by itself, or the button beside the heading does the same.
(function () {
  "use strict";
  var watched = document.querySelector("[data-watch]");
  if (!watched) { return; }
  var text = document.getElementById("progress-text");
  var bar = document.getElementById("progress-bar");
  function later() { window.setTimeout(look, 4000); }
  function renew(found) {
    var said = found.getElementById("progress-text").textContent;
    if (text.textContent !== said) { text.textContent = said; }  // what stays as it is is not spoken again
    bar.max = found.getElementById("progress-bar").max;
    bar.value = found.getElementById("progress-bar").value;
    document.querySelectorAll("[data-watch-part]").forEach(function (part) {
      var now = found.getElementById(part.id);
      if (now && !part.contains(document.activeElement)) { part.replaceChildren.apply(part, now.childNodes); }
    });
  }
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
        renew(found);
        later();
      })
      .catch(later);
  }
  later();
}());
