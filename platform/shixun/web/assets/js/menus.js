import { take } from "./find.js";

/** <details class="menu">: closes on Escape, on a click elsewhere and when the focus leaves. Works without this, too. */
export function startMenus(root) {
  for (const menu of take(root, "details.menu", "menu")) {
    const close = () => menu.removeAttribute("open");
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      close();
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) close();
    });
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) close();
    });
  }
  // The phone's navigation is a strip: bring the page we are on into view.
  for (const current of take(root, ".site-nav [aria-current]", "nav")) {
    const strip = current.closest("ul");
    strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
  }
}
