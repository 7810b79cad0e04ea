import { take } from "./find.js";
import { openStream } from "./stream.js";

/**
 * The live panel of a starting lab (macro start_progress). Events of the stream, JSON each:
 *   step   {"step": "plant", "state": "waiting|running|done|failed", "note": "text or null", "percent": 0…100 or null}
 *   ready  {"url": "/where/to/go"}      follows it (own origin only); without url the page is loaded anew
 *   failed {"message": "text"}          shows the message and the ways out
 */
export function startProgressPanels(root) {
  for (const panel of take(root, "[data-start-progress]", "start-progress")) {
    const close = openStream(panel, panel.dataset.startProgress, ["step", "ready", "failed"], (name, data) => {
      if (name === "step") showStep(panel, data);
      if (name === "failed") {
        close();
        showFailed(panel, data?.message);
      }
      if (name === "ready") {
        close();
        const target = new URL(data?.url ?? location.href, location.href);
        if (target.origin === location.origin) location.assign(target);
      }
    });
  }
}

function showStep(panel, { step, state, note, percent }) {
  const item = panel.querySelector(`[data-step="${CSS.escape(step)}"]`);
  if (!item) return;
  item.dataset.state = state;
  item.toggleAttribute("aria-current", state === "running");
  item.querySelector(".step-note").textContent = note ?? "";
  const bar = panel.querySelector("progress");
  if (percent !== null && percent !== undefined) bar.value = percent;
  panel.querySelector("[data-start-status]").textContent = item.querySelector(".step-label").textContent;
}

function showFailed(panel, message) {
  panel.querySelector('[data-step][data-state="running"]')?.setAttribute("data-state", "failed");
  panel.querySelector("progress").hidden = true;
  const alert = panel.querySelector("[data-start-failed]");
  alert.hidden = false;
  if (message) alert.querySelector("[data-start-message]").textContent = message;
}
