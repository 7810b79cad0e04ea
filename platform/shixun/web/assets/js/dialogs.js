import { take } from "./find.js";

/**
 * data-dialog="id" on a link: opens that <dialog> instead of following the link (which leads to a page that asks
 * the same, for browsers without this script). data-dialog-close inside a dialog closes it.
 */
export function startDialogs(root) {
  for (const opener of take(root, "[data-dialog]", "dialog")) {
    opener.addEventListener("click", (event) => {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      dialog.showModal();
    });
  }
  for (const closer of take(root, "[data-dialog-close]", "dialog-close")) {
    closer.addEventListener("click", (event) => {
      event.preventDefault();
      closer.closest("dialog").close();
    });
  }
}
