/* The sum of the groups' weights while they are typed (R28); the server checks it again. */
(function () {
  "use strict";

  var shown = document.querySelector("[data-sum]");
  var inputs = document.querySelectorAll("input[data-summed]");

  function show() {
    var sum = 0;
    inputs.forEach(function (input) {
      var row = input.closest("fieldset.way-row");
      var dropped = row && row.querySelector("input[name$='-dropped']");
      sum += dropped && dropped.checked ? 0 : parseInt(input.value, 10) || 0;
    });
    shown.textContent = String(sum);
    shown.classList.toggle("bad", sum !== 100);
  }

  if (shown) {
    document.addEventListener("input", show);
    show();
  }
})();
