// The blind test, scored here: nothing leaves the page and nothing is kept.
"use strict";
(() => {
  const form = document.getElementById("quiz");
  if (!form) return;
  const result = document.getElementById("result");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const count = { true: 0, false: 0 }, right = { true: 0, false: 0 };
    for (const question of form.querySelectorAll(".question")) {
      const fires = question.dataset.fires === "true";
      const said = question.querySelector("input").checked;
      const hit = said === fires;
      count[fires] += 1;
      right[fires] += hit ? 1 : 0;
      const answer = question.querySelector(".answer");
      const truth = fires ? `it fires, up to ${question.dataset.peak}` : "it is silent";
      answer.textContent = `${hit ? "✓ right" : "✗ wrong"}: ${truth}`;
      answer.hidden = false;
    }
    // Balanced: whoever marks every text, or none, gets one half.
    form.classList.add("scored"); // the token where it fires most is marked
    const score = (right[true] / count[true] + right[false] / count[false]) / 2;
    result.textContent =
      `Score ${score.toFixed(2)}: ${right[true]} of ${count[true]} firing and ` +
      `${right[false]} of ${count[false]} silent texts. Guessing earns 0.50 on average. ` +
      "The test is blind only once.";
    result.focus();
  });
})();
