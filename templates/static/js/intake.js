/* Helps the clerk while the customer speaks: defaults of the category, the priority, the caller's earlier complaints,
   the fields that the chosen ending needs, Ctrl+Enter. The page works without it; the server asks the rules again. */
(function () {
  "use strict";
  var form = document.getElementById("intake");
  var source = document.getElementById("intake-helper");
  if (!form || !source) { return; }
  var helper = JSON.parse(source.textContent);
  var touched = Object.create(null);

  function control(name) { return form.elements[name]; }
  function box(name) {
    var one = document.getElementById(name);
    return one && (one.closest(".field") || one);
  }

  // Read-back ticks carry their item for the completeness count.
  [].slice.call(form.querySelectorAll("input[name^=read_back_]")).forEach(function (tick) {
    tick.setAttribute("data-read-back", tick.name.replace("read_back_", ""));
  });

  function setSeverity(value) {
    [].slice.call(form.querySelectorAll("input[name=severity]")).forEach(function (radio) {
      radio.checked = radio.value === value;
    });
  }

  function showPriority() {
    var severity = form.querySelector("input[name=severity]:checked");
    var row = helper.matrix.filter(function (one) {
      return one.urgency === control("urgency").value && one.impact === control("impact").value;
    })[0];
    var value = severity && severity.value === "major" ? "high" : row && row.priority;
    var option = value && form.querySelector("#urgency option[value=" + value + "]");
    document.getElementById("priority").textContent = option ? option.textContent : "";
  }

  function fillSymptoms(leaf) {
    var list = control("symptom");
    var chosen = list.getAttribute("data-chosen") || list.value;
    while (list.options.length > 1) { list.remove(1); }
    leaf.symptoms.forEach(function (one) {
      list.add(new Option(one[1], one[0], false, one[0] === chosen));
    });
  }

  function categoryChosen() {
    var leaf = helper.categories[control("category").value];
    if (!leaf) { return; }
    if (!touched.urgency) { control("urgency").value = leaf.urgency; }
    if (!touched.impact) { control("impact").value = leaf.impact; }
    if (!touched.severity) { setSeverity(leaf.severity); }
    fillSymptoms(leaf);
    showPriority();
    lookUp();
  }

  function endingChosen() {
    var chosen = form.querySelector("input[name=ending]:checked");
    var value = chosen ? chosen.value : "go_on";
    ["solution", "customer_opinion", "compensation_amount"].forEach(function (name) {
      box(name).hidden = value !== "solved";
    });
    box("check_reason").hidden = value !== "not_established";
  }

  var asked = "";
  var under = null;
  function sameTick() { return document.querySelector("#earlier [name=same_as]"); }
  function lookUp() {
    var place = document.getElementById("earlier");
    var phone = control("contact_phone").value.trim();
    var question = phone + "|" + control("category").value;
    if (!place || phone.length < 5 || question === asked) { return; }
    asked = question;
    if (under) { under.abort(); }
    var mine = under = new AbortController();
    var body = new FormData();
    body.append("csrf_token", control("csrf_token").value);
    body.append("contact_phone", phone);
    body.append("category", control("category").value);
    var same = document.querySelector("#earlier [name=same_as]:checked");
    if (same) { body.append("same_as", same.value); }
    fetch(place.getAttribute("data-look-up"), { method: "POST", body: body, credentials: "same-origin", signal: mine.signal })
      .then(function (answer) {
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.text();
      })
      .then(function (text) {
        if (under !== mine) { return; }  // asked anew meanwhile
        var before = sameTick();
        place.innerHTML = text;
        var now = sameTick();
        if (before && now && before.value === now.value) { now.checked = before.checked; }
        carryOver();
      })
      .catch(function () { if (under === mine) { asked = ""; } });
  }

  ["urgency", "impact", "severity"].forEach(function (name) {
    [].slice.call(form.querySelectorAll("[name=" + name + "]")).forEach(function (one) {
      one.addEventListener("change", function () { touched[name] = true; showPriority(); });
    });
  });
  control("category").addEventListener("change", categoryChosen);
  control("contact_phone").addEventListener("change", lookUp);
  [].slice.call(form.querySelectorAll("input[name=ending]")).forEach(function (one) {
    one.addEventListener("change", endingChosen);
  });
  // What an earlier complaint of the caller brings need not be typed; it counts as there.
  function carryOver() {
    var tick = document.querySelector("#earlier [name=same_as]");
    var codes = tick && tick.checked ? tick.getAttribute("data-carries").split(" ") : [];
    ["customer_name", "address", "email", "preferred_contact"].forEach(function (code) {
      control(code).toggleAttribute("data-carried", codes.indexOf(code) >= 0);
      if (control(code).tagName === "INPUT") { control(code).placeholder = codes.indexOf(code) >= 0 ? tick.value : ""; }
    });
    form.dispatchEvent(new Event("input"));
  }
  document.addEventListener("change", function (event) {
    if (event.target.name === "same_as") { carryOver(); }
  });

  // F2: the item at which one types was read back to the customer. F4: the caller is the customer of the complaint shown.
  form.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    var here = event.target.closest(".field");
    var tick = event.key === "F2" ? here && here.querySelector("[data-read-back]")
      : event.key === "F4" ? document.querySelector("#earlier [name=same_as]") : null;
    if (tick) { event.preventDefault(); tick.click(); }
  });

  if (control("category").value) {
    touched = { urgency: true, impact: true, severity: true };
    categoryChosen();
  }
  showPriority();
  endingChosen();
  if (!document.getElementById("problems")) { control("contact_phone").focus(); }
}());
