// The frame's few scripts; every page works without them.
(function () {
  "use strict";

  // The menu on a narrow screen: opened by its button, closed by Escape, by a press beside it or by the button again.
  var side = document.getElementById("side");
  var button = document.querySelector(".menu-button");
  function openMenu(open) {
    side.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) { (side.querySelector("a") || side).focus(); }
  }
  if (side && button) {
    button.setAttribute("role", "button");
    button.setAttribute("aria-controls", "side");
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", function (event) {
      event.preventDefault();
      openMenu(!side.classList.contains("open"));
    });
    button.addEventListener("keydown", function (event) {
      if (event.key === " ") { event.preventDefault(); button.click(); }
    });
  }

  // A press outside or Escape closes what is open over the page.
  function closeAll(except) {
    document.querySelectorAll("details[data-menu][open]").forEach(function (menu) {
      if (menu !== except) { menu.open = false; }
    });
  }
  document.addEventListener("click", function (event) {
    closeAll(event.target.closest("details[data-menu]"));
    if (side && side.classList.contains("open") && !side.contains(event.target) && !button.contains(event.target)) {
      openMenu(false);
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      var open = document.querySelector("details[data-menu][open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      if (side && side.classList.contains("open")) { openMenu(false); button.focus(); }
    }
  });

  // Typed values are not left behind without a word.
  var dirty = false;
  document.addEventListener("input", function (event) {  // also what belongs to a form only by its attribute "form"
    var form = event.target.form;
    if (form instanceof HTMLFormElement && form.hasAttribute("data-unsaved")) { dirty = true; }
  });
  document.addEventListener("desk-kept", function () { dirty = false; });  // it lies with the desk as a draft
  window.addEventListener("beforeunload", function (event) {
    if (dirty) { event.preventDefault(); event.returnValue = ""; }
  });

  // Lists: the tick that ticks all, and the question before what cannot be undone.
  document.querySelectorAll("[data-select-all]").forEach(function (all) {
    all.hidden = false;
    all.addEventListener("change", function () {
      document.querySelectorAll('input[name="' + all.dataset.selectAll + '"]').forEach(function (box) {
        box.checked = all.checked;
      });
    });
  });
  document.addEventListener("submit", function (event) {
    var form = event.target;
    var question = form.dataset.confirm;
    if (form.dataset.confirms) { question = JSON.parse(form.dataset.confirms)[form.elements.action.value]; }
    if (question && !window.confirm(question)) { event.preventDefault(); }
  });

  // Asked by its attribute: a field of the form that is called "method" would stand in its place.
  function posts(form) { return (form.getAttribute("method") || "").toLowerCase() === "post"; }

  // One press sends once; a page that comes back from the browser's memory may send again. What opens beside this page
  // leaves it as it is.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!posts(form) || event.defaultPrevented || form.getAttribute("target") === "_blank") { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    dirty = false;
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // Ctrl+Enter sends the form in which one is, or the page's own, by its first button.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.defaultPrevented) { return; }
    var form = event.target.closest("form[novalidate]") || document.querySelector("form[data-begin]");
    var button = form && posts(form) && form.querySelector("button[type=submit]");
    if (button && !document.querySelector("dialog[open]")) { event.preventDefault(); form.requestSubmit(button); }
  });

  // The list of problems is where the reader begins, else the first field of the page's form that is still empty.
  var problems = document.querySelector("[data-focus]");
  function isEmpty(control) {
    if (control.disabled || control.readOnly || control.type === "hidden" || control.offsetParent === null) { return false; }
    if (control.type === "radio") { return !control.form.querySelector('input[name="' + control.name + '"]:checked'); }
    return control.type !== "checkbox" && control.type !== "file" && !control.value;
  }
  var begin = document.querySelector("form[data-begin]");
  if (problems) {
    problems.focus();
  } else if (begin && window.matchMedia("(pointer: fine)").matches && document.activeElement === document.body) {
    var first = Array.prototype.filter.call(begin.elements, function (one) { return one.matches("input, select, textarea") && isEmpty(one); })[0];
    if (first) { first.focus({ preventScroll: true }); }
  }
}());
