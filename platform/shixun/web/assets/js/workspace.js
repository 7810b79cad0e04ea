import { take } from "./find.js";

const KEY = "shixun.task-width";
const MIN = 280; // px: what a task stays readable in
const STEP = 32;

/** The lab's splitter (drag, or arrow keys, Home and End) and tabs. Runs before startTabs, which looks for data-selected. */
export function startWorkspaces(root) {
  for (const workspace of take(root, ".workspace", "workspace")) {
    startSplitter(workspace);
    startTaskTab(workspace);
  }
}

function startSplitter(workspace) {
  const panes = workspace.querySelector(".workspace-panes");
  const splitter = workspace.querySelector(".splitter");
  if (!panes || !splitter) return;
  const max = () => Math.max(MIN, panes.clientWidth - 400);
  const set = (width) => {
    const fitting = Math.round(Math.min(max(), Math.max(MIN, width)));
    panes.style.setProperty("--task-width", `${fitting}px`);
    splitter.setAttribute("aria-valuenow", String(fitting));
    splitter.setAttribute("aria-valuemin", String(MIN));
    splitter.setAttribute("aria-valuemax", String(max()));
    try {
      localStorage.setItem(KEY, String(fitting));
    } catch {
      // Storage may be switched off: the width then lasts as long as the page.
    }
  };
  const now = () => panes.querySelector(".pane-task").getBoundingClientRect().width;
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    kept = null;
  }
  if (panes.clientWidth > 832) set(Number(kept) || now());
  splitter.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    splitter.setPointerCapture(event.pointerId);
    splitter.focus();
    workspace.classList.add("workspace-dragging"); // or the frame would swallow the pointer
    const left = panes.getBoundingClientRect().left;
    const move = (moved) => set(moved.clientX - left);
    const end = () => {
      workspace.classList.remove("workspace-dragging");
      splitter.removeEventListener("pointermove", move);
    };
    splitter.addEventListener("pointermove", move);
    splitter.addEventListener("pointerup", end, { once: true });
    splitter.addEventListener("pointercancel", end, { once: true });
  });
  splitter.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: now() - STEP, ArrowRight: now() + STEP, Home: MIN, End: max() }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  });
}

/** On a phone the task is the first tab; on a computer it stands beside the others and its tab is hidden. */
function startTaskTab(workspace) {
  const tabs = workspace.querySelector(".workspace-tabs");
  if (!tabs) return;
  const phone = matchMedia("(max-width: 52rem)");
  const [task, notebook] = tabs.querySelectorAll("a");
  (phone.matches ? task : notebook).dataset.selected = "";
  phone.addEventListener("change", () => {
    if (!phone.matches && task.getAttribute("aria-selected") === "true") notebook.click();
    loadNext(workspace, phone);
  });
  tabs.addEventListener("tabs:select", () => loadNext(workspace, phone));
}

/**
 * Gives the frames their addresses, one after the other: each signs in at the lab, and two sign-ins at once spoil each
 * other's state. On a phone only a frame that is looked at: JupyterLab is megabytes that a phone never needs.
 * (loading="lazy" doesn't do it: Chromium loads frames that are not displayed at once.)
 */
function loadNext(workspace, phone) {
  if (workspace.querySelector("iframe[data-loading]")) return;
  const waiting = [...workspace.querySelectorAll("iframe[data-src]")];
  const frame = waiting.find((one) => !phone.matches || one.offsetParent !== null);
  if (!frame) return;
  frame.dataset.loading = "";
  const done = () => {
    delete frame.dataset.loading;
    loadNext(workspace, phone);
  };
  frame.addEventListener("load", done, { once: true });
  frame.src = frame.dataset.src;
  frame.removeAttribute("data-src");
}
