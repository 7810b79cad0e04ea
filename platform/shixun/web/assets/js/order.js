import { take } from "./find.js";

/**
 * data-order: a list whose items hold a <select> with their place (1 … n). Adds up and down buttons that move the
 * items and keep the selects right; what is sent is the same as without this script.
 */
export function startOrders(root) {
  for (const list of take(root, "[data-order]", "order")) {
    const items = () => [...list.querySelectorAll(".order-item")];
    const place = (item) => item.querySelector("select");
    list.append(...items().sort((a, b) => Number(place(a).value) - Number(place(b).value)));
    const number = () => {
      const all = items();
      all.forEach((item, index) => {
        place(item).value = String(index + 1);
        item.querySelector(".order-place").textContent = String(index + 1);
        item.querySelector('[data-move="up"]').disabled = index === 0;
        item.querySelector('[data-move="down"]').disabled = index === all.length - 1;
      });
    };
    if (place(items()[0])?.disabled) continue; // an answered question: shown as it was given
    list.classList.add("order-live");
    number();
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      const item = button.closest(".order-item");
      if (button.dataset.move === "up") item.previousElementSibling?.before(item);
      else item.nextElementSibling?.after(item);
      number();
      // A button that became disabled loses the focus: hand it to its twin.
      (button.disabled ? item.querySelector("[data-move]:not(:disabled)") : button).focus();
      list.dispatchEvent(new Event("change", { bubbles: true }));
      const status = list.parentElement.querySelector("[data-order-status]");
      if (status) status.textContent = `${item.querySelector(".order-text").textContent.trim()}: ${place(item).value}`;
    });
  }
}
