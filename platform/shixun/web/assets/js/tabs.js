import { take } from "./find.js";

/**
 * data-tabs on a list of links to panels of this page (href="#panel-id"): makes them tabs with roles and arrow keys.
 * Without this script all panels are shown below one another and the links jump to them.
 */
export function startTabs(root) {
  for (const list of take(root, "[data-tabs]", "tabs")) {
    const tabs = [...list.querySelectorAll('a[href^="#"]')];
    const panel = (tab) => document.getElementById(tab.hash.slice(1));
    if (!tabs.length || !tabs.every(panel)) continue;
    list.setAttribute("role", "tablist");
    const select = (chosen, focus) => {
      for (const tab of tabs) {
        const on = tab === chosen;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        panel(tab).hidden = !on;
      }
      if (focus) chosen.focus();
      list.dispatchEvent(new Event("tabs:select", { bubbles: true }));
      window.dispatchEvent(new Event("resize")); // charts that were hidden learn their width
    };
    for (const tab of tabs) {
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", tab.hash.slice(1));
      tab.id ||= `tab-${tab.hash.slice(1)}`;
      panel(tab).setAttribute("role", "tabpanel");
      panel(tab).setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        select(tab);
      });
    }
    list.addEventListener("keydown", (event) => {
      const shown = tabs.filter((tab) => tab.offsetParent !== null);
      const at = shown.indexOf(event.target.closest("a"));
      if (at < 0) return;
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      select(shown[(to + shown.length) % shown.length], true);
    });
    const wanted = tabs.find((tab) => tab.hash === location.hash) ?? tabs.find((tab) => tab.dataset.selected !== undefined);
    select(wanted ?? tabs[0]);
  }
}
