// Keeps the page that the server drew in step with the plant. No library, no inline script; runs in Chromium 109.
"use strict";
(function () {
  const texts = JSON.parse(document.body.dataset.texts);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const link = byId("link");
  const shown = { values: all("[data-v]"), states: all("[data-state]"), bars: all("[data-bar]"), rows: all("[data-row]") };
  const stations = all("[data-station]");
  const buffers = all("[data-buffer]");
  const curves = all("[data-trend]");
  const formats = [0, 1, 2, 3].map((places) => new Intl.NumberFormat("en", {
    minimumFractionDigits: places, maximumFractionDigits: places,
  }));
  let trend = [];
  let lastHeard = 0;

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function clock(seconds) {
    const whole = Math.floor(seconds);
    const two = (number) => String(number).padStart(2, "0");
    return Math.floor(whole / 3600) + ":" + two(Math.floor(whole / 60) % 60) + ":" + two(whole % 60);
  }

  function showLine(values) {
    for (const node of stations) {
      node.dataset.s = values[node.dataset.station + ".state"];
    }
    buffers.forEach(function (node, index) {
      const share = Math.min(1, values["buffer" + (index + 1) + ".level"] / texts.capacities[index]);
      node.querySelector(".level").setAttribute("width", 100 * share);
      node.classList.toggle("is-full", share >= 1);
      const slots = node.querySelectorAll(".slot");
      // Filled from the machine that waits for them: the right.
      slots.forEach((slot, place) => slot.classList.toggle("on", slots.length - place <= Math.ceil(share * slots.length)));
    });
    const level = Math.max(0, Math.min(26, values["filler.bowl_level"] / 1500 * 26 * 1.6));
    const liquid = byId("bowl-liquid");
    liquid.setAttribute("y", 52 - level);
    liquid.setAttribute("height", level);
  }

  function showTrend(now) {
    curves.forEach(function (curve) {
      const column = Number(curve.dataset.trend);
      curve.setAttribute("points", trend.map(
        (point) => (600 - (now - point[0])).toFixed(1) + "," + (200 - 2 * Math.min(100, point[column])).toFixed(1)
      ).join(" "));
    });
  }

  function showAlarms(alarms) {
    const list = byId("alarms");
    const lines = alarms.map(function (alarm) {
      const item = document.createElement("li");
      item.className = (alarm.until === null ? "now " : "past ") + alarm.kind;
      const what = document.createElement("b");
      what.textContent = (texts.words[alarm.subject] || alarm.subject) + " " + (texts.words[alarm.kind] || alarm.kind);
      const when = document.createElement("time");
      when.textContent = clock(alarm.since) + " – " + (alarm.until === null ? texts.words.active : clock(alarm.until));
      item.append(what, when);
      return item;
    });
    if (!lines.length) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = texts.words["No alarms"];
      lines.push(none);
    }
    list.replaceChildren(...lines);
  }

  function show(message) {
    const values = message.values;
    lastHeard = Date.now();
    put(link, texts.words.Live);
    link.className = "link on";
    for (const node of shown.values) put(node, formats[node.dataset.d].format(values[node.dataset.v]));
    for (const node of shown.states) {
      const state = values[node.dataset.state];
      node.dataset.s = state;
      put(node, texts.states[state] || String(state));
    }
    for (const node of shown.bars) node.setAttribute("width", values[node.dataset.bar]);
    for (const node of shown.rows) node.classList.toggle("bad", message.bad.includes(node.dataset.row));
    byId("oee-arc").setAttribute("stroke-dasharray", values["line.oee"] + " 100");
    put(byId("clock"), clock(message.t));
    // The first message holds all of the past, the later ones what is new; after a gap they may overlap.
    const first = message.trend.length ? message.trend[0][0] : Infinity;
    trend = trend.filter((point) => point[0] < first && point[0] > message.t - 600).concat(message.trend);
    showTrend(message.t);
    showLine(values);
    showAlarms(message.alarms);
  }

  function listen() {
    const source = new EventSource("events");
    source.onmessage = (event) => show(JSON.parse(event.data));
    source.onerror = function () {
      // The browser tries again by itself, unless the answer was not a stream at all.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
    };
  }

  // A proxy that holds streams back still lets single answers through.
  setInterval(function () {
    if (Date.now() - lastHeard < 4000) return;
    fetch("snapshot").then((answer) => answer.ok ? answer.json() : Promise.reject()).then(show).catch(function () {
      put(link, texts.words["No connection"]);
      link.className = "link off";
    });
  }, 2000);

  const form = byId("faults");
  if (form) {
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      const wish = Object.fromEntries(new FormData(form));
      fetch("faults", { method: "POST", body: JSON.stringify(wish) }).then((answer) => answer.json()).then(function (answer) {
        form.querySelector("output").textContent =
          answer.error || answer.faults.map((fault) => fault.tag + " " + fault.kind).join(", ") || "–";
      });
    });
  }

  listen();
})();
