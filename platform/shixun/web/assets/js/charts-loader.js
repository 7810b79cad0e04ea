import { take } from "./find.js";

/** Figures with data-chart: loads ECharts (its own file) once, and only on pages that have one. */
export function startCharts(root) {
  const figures = take(root, "[data-chart]", "chart");
  const url = document.documentElement.dataset.charts;
  if (!figures.length || !url) return;
  import(url).then(
    ({ drawChart }) => figures.forEach(drawChart),
    // Without the charts the table below each figure says the same: open it.
    () => figures.forEach((figure) => figure.querySelector("details")?.setAttribute("open", "")),
  );
}
