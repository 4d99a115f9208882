/* The score of a card while it is marked (R28): the same count as policies/scorecard.py, and a remark opened where one
   is required. The page has <form data-scorecard> with the items of templates/inspection/card.html and, anywhere in it,
   [data-score-box data-bands="[[from, name, bad], …]"] with [data-score] and [data-result]. Without the script the
   server counts when the form is sent. */
(function () {
  "use strict";

  function hundredths(number) {
    return Math.round(number * 100 + 1e-9);
  }

  /* A percentage in hundredths; null: does not apply or not marked yet. */
  function percentOf(item) {
    var chosen = item.querySelector("input[name='mark-" + item.dataset.item + "']:checked");
    if (chosen && chosen.value === "na") {
      return null;
    }
    var field = item.querySelector("input[name='value-" + item.dataset.item + "']");
    if (!field) {
      return chosen ? hundredths(Number(chosen.value)) : null;
    }
    if (field.value.trim() === "" || !isFinite(Number(field.value))) {
      return null;
    }
    var value = Number(field.value);
    if (item.dataset.kind === "deduction") {
      return Math.max(0, 10000 - hundredths(value * Number(item.dataset.perFault)));
    }
    return Math.min(10000, Math.max(0, Math.round((value * 10000) / Number(item.dataset.points))));
  }

  function scoreOf(form) {
    var points = 0, weight = 0, hit = false;
    form.querySelectorAll("[data-item]").forEach(function (item) {
      var percent = percentOf(item);
      if (item.hasAttribute("data-fatal")) {
        hit = hit || percent === 0;
      } else if (percent !== null) {
        points += percent * Number(item.dataset.weight);
        weight += Number(item.dataset.weight);
      }
    });
    if (hit) {
      return 0;
    }
    return weight ? Math.floor((2 * points + weight) / (2 * weight)) / 100 : null;
  }

  function show(form) {
    var box = document.querySelector("[data-score-box]");
    if (!box) {
      return;
    }
    var score = scoreOf(form), result = box.querySelector("[data-result]");
    box.querySelector("[data-score]").textContent = score === null ? "–" : String(score);
    var band = JSON.parse(box.dataset.bands).find(function (one) { return score !== null && score >= one[0]; });
    result.hidden = !band;
    result.textContent = band ? band[1] : "";
    result.classList.toggle("bad", Boolean(band) && score < Number(box.dataset.bad || 0));
  }

  /* Nobody is asked to unfold a remark that must be given. */
  function unfold(item) {
    var percent = percentOf(item), remark = item.querySelector("details.card-remark");
    if (remark && percent !== null && percent < hundredths(Number(item.dataset.below))) {
      remark.open = true;
    }
  }

  document.querySelectorAll("form[data-scorecard]").forEach(function (form) {
    form.addEventListener("input", function (event) {
      var item = event.target.closest("[data-item]");
      if (item && event.target.tagName !== "TEXTAREA") {
        unfold(item);
        show(form);
      }
    });
    show(form);
  });
})();
