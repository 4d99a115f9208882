// The page that offers to send typed values again: takes a fresh token just before it sends, and says so when nobody is
// signed in yet. Without this script a second press does the same.
(function () {
  "use strict";
  var form = document.querySelector("form[data-resend]");
  if (!form) { return; }
  var note = form.querySelector("[data-resend-note]");
  function send() { HTMLFormElement.prototype.submit.call(form); }  // a kept field may itself be called "submit"
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    fetch(form.dataset.resend, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.json(); })
      .then(function (found) {
        if (!found.signed_in) {
          note.textContent = form.dataset.signedOut;
          note.hidden = false;
          return;
        }
        form.elements.csrf_token.value = found.token;
        send();
      })
      .catch(send);
  });
}());
