// The one script of every page. Each module looks for its own data-… attributes, at load and in what htmx swaps in.
import htmx from "htmx.org";
import { csrfToken } from "./csrf.js";
import { startAnswers } from "./form-answers.js";
import { startCharts } from "./charts-loader.js";
import { startCountdowns } from "./countdown.js";
import { startDialogs } from "./dialogs.js";
import { startDrops } from "./drop.js";
import { startEditors } from "./editor.js";
import { startHeartbeats } from "./heartbeat.js";
import { startMenus } from "./menus.js";
import { startOrders } from "./order.js";
import { startPasswords } from "./password.js";
import { startProgressPanels } from "./start-progress.js";
import { startStreams } from "./stream.js";
import { startTabs } from "./tabs.js";
import { startWorkspaces } from "./workspace.js";

// No inline styles and no eval: the pages' Content-Security-Policy forbids both.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
// A form that comes back with field errors (422) is shown like any other answer.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true },
  { code: "...", swap: false, error: true },
];

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});

/**
 * Shows the page's own "that did not work" message (a <template>, so that it is in the page's language) where a
 * person caused the request; polls and streams try again by themselves.
 */
function showFailure(event) {
  if (!event.detail.requestConfig?.triggeringEvent?.isTrusted) return;
  const place = document.getElementById("flashes");
  const template = document.getElementById("request-failed");
  if (!place || !template || place.querySelector("[data-request-failed]")) return;
  place.append(template.content.cloneNode(true));
}
document.addEventListener("htmx:responseError", showFailure);
document.addEventListener("htmx:sendError", showFailure);

const starters = [
  startMenus, startDialogs, startWorkspaces, startTabs, startDrops, startOrders, startPasswords, startCountdowns,
  startStreams, startProgressPanels, startHeartbeats, startCharts, startEditors, startAnswers,
];

function startAll(root) {
  for (const start of starters) start(root);
}
document.documentElement.classList.add("js");
startAll(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) startAll(event.detail.elt);
});
