import { take } from "./find.js";

/** Figures with data-chart: loads ECharts (its own file) once, and only on pages that have one. */
export function startCharts(root) {
  const figures = take(root, "[data-chart]", "chart");
  const url = document.documentElement.dataset.charts;
  if (!figures.length || !url) return;
  openOnPaper(figures);
  import(url).then(
    ({ drawChart }) => figures.forEach(drawChart),
    // Without the charts the table below each figure says the same: open it.
    () => figures.forEach((figure) => figure.querySelector("details")?.setAttribute("open", "")),
  );
}

/** Paper shows the tables instead of the charts. */
function openOnPaper(figures) {
  const closed = figures.map((figure) => figure.querySelector("details:not([open])")).filter(Boolean);
  window.addEventListener("beforeprint", () => closed.forEach((details) => details.setAttribute("open", "")));
  window.addEventListener("afterprint", () => closed.forEach((details) => details.removeAttribute("open")));
}
