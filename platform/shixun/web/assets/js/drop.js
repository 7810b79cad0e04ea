import { take } from "./find.js";

/** label.drop around a file input: files can be dropped on it, and the chosen names are shown. */
export function startDrops(root) {
  for (const drop of take(root, ".drop", "drop")) {
    const input = drop.querySelector('input[type="file"]');
    const names = drop.querySelector(".drop-files");
    const show = () => {
      names.textContent = [...input.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
    };
    input.addEventListener("change", show);
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("drop-over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("drop-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("drop-over");
      const dropped = new DataTransfer();
      const files = [...event.dataTransfer.files];
      for (const file of input.multiple ? files : files.slice(0, 1)) dropped.items.add(file);
      input.files = dropped.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
