import { take } from "./find.js";

const SOON = 60; // seconds

/**
 * <time data-countdown="ends, UTC ISO" data-now="the server's clock when it rendered">: counts down by the server's
 * clock. At zero it fires "countdown:end" and, with data-countdown-submit="form-id", sends that form.
 */
export function startCountdowns(root) {
  for (const element of take(root, "[data-countdown]", "countdown")) {
    const offset = Date.parse(element.dataset.now) - performance.timeOrigin - pageAge();
    const end = Date.parse(element.dataset.countdown);
    const timer = setInterval(tick, 500);
    tick();

    function tick() {
      const now = performance.timeOrigin + performance.now() + offset;
      const left = Math.max(0, Math.ceil((end - now) / 1000));
      element.textContent = clock(left);
      element.dataset.state = left === 0 ? "over" : left <= SOON ? "soon" : "running";
      if (left > 0) return;
      clearInterval(timer);
      element.dispatchEvent(new CustomEvent("countdown:end", { bubbles: true }));
      document.getElementById(element.dataset.countdownSubmit)?.requestSubmit();
    }
  }
}

/** Milliseconds from the navigation's start to the first byte of the page: when the server's clock was read. */
function pageAge() {
  return performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
}

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
