// The scoring page: keys, and a draft that saves itself. The page works without it; the score is js/scorecard.js.
(function () {
  "use strict";
  var form = document.getElementById("scoring");
  if (!form) { return; }
  var items = Array.prototype.slice.call(form.querySelectorAll("fieldset[data-item]"));
  var savedBox = document.getElementById("saved");
  var EVERY = 10000;

  // The draft.
  var dirty = false, busy = false, stopped = false, timer = null;
  function save(last) {
    if (!dirty || busy || stopped) { return Promise.resolve(); }
    dirty = false;
    busy = true;
    var body = new FormData(form);
    body.append("by_script", "1");
    return fetch(form.dataset.draft, { method: "POST", body: body, credentials: "same-origin", keepalive: Boolean(last) })
      .then(function (answer) {
        return answer.json().then(function (said) {
          if (!answer.ok) { stopped = answer.status === 409 || answer.status === 403; throw new Error(said.error); }
          form.elements.revision.value = said.revision;
          savedBox.textContent = said.saved;
          savedBox.classList.remove("bad");
        });
      })
      .catch(function (fault) {
        dirty = !stopped;
        savedBox.textContent = (fault && stopped && fault.message) || form.dataset.failed;
        savedBox.classList.add("bad");
      })
      .then(function () { busy = false; });
  }
  function changed() {
    dirty = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(save, 1500);
  }
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  window.setInterval(save, EVERY);
  window.addEventListener("pagehide", function () { save(true); });
  // What is sent must carry the revision of the last saved draft: wait for one that is under way.
  form.addEventListener("submit", function (event) {
    if (!busy) { dirty = false; stopped = true; return; }
    event.preventDefault();
    delete form.dataset.sent;
    var button = event.submitter;
    var again = window.setInterval(function () {
      if (!busy) { window.clearInterval(again); delete form.dataset.sent; form.requestSubmit(button); }
    }, 50);
  });
  document.getElementById("save-draft").addEventListener("click", function (event) {
    event.preventDefault();
    dirty = true;
    save();
  });

  // Keys: digits choose within an item, n and p go on and back, s saves. They hold while an item has the focus, not in
  // a field in which one writes.
  function current() { return document.activeElement && document.activeElement.closest("fieldset[data-item]"); }
  function focusOn(item) {
    if (!item) { return; }
    var control = item.querySelector("input[type=radio]:checked") || item.querySelector("input");
    control.focus();
    item.scrollIntoView({ block: "nearest" });
  }
  form.addEventListener("keydown", function (event) {
    var target = event.target;
    var writes = target.matches("textarea") || (target.matches("input") && target.type !== "radio");
    if (event.ctrlKey || event.metaKey || event.altKey || writes) { return; }
    var item = current();
    var key = event.key.toLowerCase();
    if (/^[1-9]$/.test(key) && item) {
      var chosen = item.querySelectorAll("input[type=radio]")[Number(key) - 1];
      if (chosen) {
        event.preventDefault();
        chosen.checked = true;
        chosen.focus();
        chosen.dispatchEvent(new Event("input", { bubbles: true }));
      }
    } else if (key === "n" || key === "p") {
      event.preventDefault();
      focusOn(items[Math.max(0, items.indexOf(item) + (key === "n" ? 1 : -1))]);
    } else if (key === "r" && item) {
      event.preventDefault();
      item.querySelector("details.card-remark").open = true;
      item.querySelector("textarea").focus();
    } else if (key === "s") {
      event.preventDefault();
      dirty = true;
      save();
    }
  });
}());
