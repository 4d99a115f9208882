/* The completeness of an intake record while it is typed (R2): the same count as policies/completeness.py, from the
   definition that the page carries.

   The page has
     <script type="application/json" id="completeness-definition">   {fields, warn_below, refuse_dispatch_below,
                                                                       channels: {code: {kind, live}}}
     <form data-completeness-form> with, per item, controls marked  data-completeness="code"  (several controls of one
       code: all must be filled), ticks  data-read-back="code"  and  data-not-applicable="code",
       and the channel's control marked  data-completeness-channel
     anywhere:  [data-completeness-score] (text)   progress[data-completeness-meter] (value, class ok/soon/late)
                [data-completeness-item="code"] (an element of the check list; class miss and data-state are set)
                [data-completeness-half="code"] (shown only while the item is not read back)
   Without the script the server counts when the form is sent. */
(function (root) {
  "use strict";

  function holdsSomething(text) {
    return /[\p{L}\p{N}]/u.test(text);
  }

  function applies(item, kind) {
    return item.applies_to.indexOf("all") >= 0 || item.applies_to.indexOf(kind) >= 0;
  }

  function points(item, state) {
    var possible = item.weight * 2;
    if (state.notApplicable.indexOf(item.code) >= 0 || !applies(item, state.kind)) {
      return { code: item.code, state: "not_applicable", points: 0, possible: 0 };
    }
    if (state.filled.indexOf(item.code) < 0) {
      return { code: item.code, state: "missing", points: 0, possible: possible };
    }
    if (state.live && item.key && state.readBack.indexOf(item.code) < 0) {
      return { code: item.code, state: "not_read_back", points: item.weight, possible: possible };
    }
    return { code: item.code, state: "filled", points: possible, possible: possible };
  }

  /* state: {filled: [codes], readBack: [codes], notApplicable: [codes], kind: "voice", live: true}; tenths of a point. */
  function score(definition, state) {
    var items = definition.fields.map(function (item) { return points(item, state); });
    var got = 0;
    var possible = 0;
    items.forEach(function (item) { got += item.points; possible += item.possible; });
    var tenths = possible ? Math.floor((got * 2000 + possible) / (possible * 2)) : 1000;
    return { tenths: tenths, text: Math.floor(tenths / 10) + "." + tenths % 10, items: items };
  }

  function codes(form, name, wanted) {
    return [].slice.call(form.querySelectorAll("[data-" + name + "]")).filter(wanted).map(function (control) {
      return control.getAttribute("data-" + name);
    });
  }

  function says(control) {
    if (control.type === "checkbox" || control.type === "radio") {
      return control.checked;
    }
    return control.hasAttribute("data-carried") || holdsSomething(control.value);
  }

  function filledCodes(form) {
    var all = Object.create(null);
    [].slice.call(form.querySelectorAll("[data-completeness]")).forEach(function (control) {
      var code = control.getAttribute("data-completeness");
      var radio = control.type === "radio";
      var filled = radio ? Boolean(form.querySelector('[data-completeness="' + code + '"]:checked')) : says(control);
      all[code] = (code in all ? all[code] : true) && filled;
    });
    return Object.keys(all).filter(function (code) { return all[code]; });
  }

  function stateOf(form, definition) {
    var control = form.querySelector("[data-completeness-channel]");
    var channels = definition.channels || {};
    var channel = (control && channels[control.value]) || { kind: "", live: false };
    function ticked(box) { return box.checked; }
    return {
      filled: filledCodes(form),
      readBack: codes(form, "read-back", ticked),
      notApplicable: codes(form, "not-applicable", ticked),
      kind: channel.kind,
      live: channel.live
    };
  }

  function show(page, definition, result) {
    function each(selector, act) { [].slice.call(page.querySelectorAll(selector)).forEach(act); }
    var value = result.tenths / 10;
    var standing = value < Number(definition.refuse_dispatch_below) ? "late"
      : value < Number(definition.warn_below) ? "soon" : "ok";
    each("[data-completeness-score]", function (element) { element.textContent = result.text; });
    each("[data-completeness-meter]", function (meter) {
      meter.value = value;
      meter.classList.remove("ok", "soon", "late");
      meter.classList.add(standing);
    });
    result.items.forEach(function (item) {
      each('[data-completeness-item="' + item.code + '"]', function (element) {
        element.setAttribute("data-state", item.state);
        element.classList.toggle("miss", item.state === "missing" || item.state === "not_read_back");
        element.hidden = item.state === "not_applicable";
      });
      each('[data-completeness-half="' + item.code + '"]', function (element) {
        element.hidden = item.state !== "not_read_back";
      });
    });
  }

  function start(page) {
    var source = page.getElementById("completeness-definition");
    var form = page.querySelector("[data-completeness-form]");
    if (!source || !form) { return; }
    var definition = JSON.parse(source.textContent);
    function count() { show(page, definition, score(definition, stateOf(form, definition))); }
    form.addEventListener("input", count);
    form.addEventListener("change", count);
    count();
  }

  root.completeness = { score: score, holdsSomething: holdsSomething };
  if (root.document) {
    if (root.document.readyState === "loading") {
      root.document.addEventListener("DOMContentLoaded", function () { start(root.document); });
    } else {
      start(root.document);
    }
  }
}(typeof window === "undefined" ? globalThis : window));
