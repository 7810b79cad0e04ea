import { take } from "./find.js";

/** data-password-toggle: the button that shows what was typed. Hidden in the markup, so absent without this script. */
export function startPasswords(root) {
  for (const button of take(root, "[data-password-toggle]", "password")) {
    const input = button.parentElement.querySelector("input");
    button.hidden = false;
    button.addEventListener("click", () => {
      const show = input.type === "password";
      input.type = show ? "text" : "password";
      button.setAttribute("aria-pressed", String(show));
    });
  }
}
