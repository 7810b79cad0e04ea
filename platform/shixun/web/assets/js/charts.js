// ECharts with what our figures use. The canvas renderer and rich-text tooltips keep to `style-src 'self'`.
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * Draws one <figure data-chart='{"type": "bar"|"line", "categories": […], "series": [{"name", "values": […]}],
 * "stacked": bool, "horizontal": bool, "unit": "…", "lines": [{"value", "label"}]}'>.
 */
export function drawChart(figure) {
  const spec = JSON.parse(figure.dataset.chart);
  figure.classList.add("chart-ready"); // the canvas gets its size
  const chart = init(figure.querySelector(".chart-canvas"), null, { renderer: "canvas" });
  const apply = () => chart.setOption(options(spec, figure.clientWidth < 480), true);
  apply();
  new ResizeObserver(() => {
    chart.resize();
    apply();
  }).observe(figure);
  figure.querySelector(".chart-canvas").setAttribute("aria-hidden", "true"); // the table is what is read out
}

function options(spec, narrow) {
  const ink = css("--ink-2");
  const text = { color: ink, fontFamily: getComputedStyle(document.body).fontFamily, fontSize: narrow ? 12 : 13 };
  const names = {
    type: "category",
    data: spec.categories,
    axisLine: { lineStyle: { color: css("--line-strong") } },
    axisTick: { alignWithLabel: true },
    axisLabel: { ...text, hideOverlap: true },
    inverse: Boolean(spec.horizontal),
  };
  const values = {
    type: "value",
    name: spec.unit ?? "",
    nameTextStyle: { ...text, align: spec.horizontal ? "right" : "left" },
    axisLabel: text,
    splitLine: { lineStyle: { color: css("--line") } },
    minInterval: spec.fractions ? 0 : 1,
  };
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 400,
    color: [css("--brand"), css("--copper"), "#5f8f9d", "#3d6b4f", "#8a8f94"],
    textStyle: text,
    grid: { left: 8, right: 24, top: spec.series.length > 1 || spec.unit ? 48 : 24, bottom: 8, containLabel: true },
    legend: spec.series.length > 1 ? { top: 0, right: 0, textStyle: text, itemWidth: 18 } : undefined,
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: spec.type === "bar" ? "shadow" : "line" } },
    xAxis: spec.horizontal ? values : names,
    yAxis: spec.horizontal ? names : values,
    series: spec.series.map((one, index) => ({
      name: one.name,
      type: spec.type,
      data: one.values,
      stack: spec.stacked ? "all" : undefined,
      barMaxWidth: 36,
      symbolSize: 7,
      lineStyle: { width: 2.5, type: index % 2 ? "dashed" : "solid" },
      markLine: index === 0 && spec.lines?.length ? marks(spec, text) : undefined,
    })),
  };
}

function marks(spec, text) {
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: css("--ink"), type: "dashed", width: 1.5 },
    label: { ...text, formatter: "{b}", position: "insideStartTop" },
    data: spec.lines.map((line) => ({ name: line.label, [spec.horizontal ? "xAxis" : "yAxis"]: line.value })),
  };
}
