// Keeps the page that the server drew in step with the plant. No library, no inline script; runs in Chromium 109.
// What each data attribute means is said in mimic.py.
"use strict";
(function () {
  const texts = JSON.parse(document.body.dataset.texts);
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const link = byId("link");
  const formats = [0, 1, 2, 3].map((places) => new Intl.NumberFormat("en", {
    minimumFractionDigits: places, maximumFractionDigits: places,
  }));
  const within = (value) => Math.max(0, Math.min(1, value));
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

  function share(node, value) {
    const low = Number(node.dataset.low || 0);
    return within((value - low) / (Number(node.dataset.high) - low));
  }

  // One painter for each attribute: it gets the element and the reading of the tag that the attribute names.
  const painters = {
    v: (node, value) => put(node, formats[node.dataset.d].format(value)),
    state: function (node, value) {
      node.dataset.s = value;
      put(node, texts.states[node.dataset.state][value] || String(value));
    },
    sOf: (node, value) => { node.dataset.s = value; },
    on: (node, value) => node.classList.toggle("on", value !== 0),
    grow: function (node, value) {
      const size = Number(node.dataset.size), at = Number(node.dataset.at), length = share(node, value) * size;
      if (node.dataset.axis === "x") node.setAttribute("width", length);
      else { node.setAttribute("y", at + size - length); node.setAttribute("height", length); }
    },
    lift: (node, value) => node.setAttribute("transform", "translate(0 " + -share(node, value) * Number(node.dataset.size) + ")"),
    ring: (node, value) => node.setAttribute("stroke-dasharray", value + " 100"),
    turn: function (node, value) {
      const from = Number(node.dataset.from), to = Number(node.dataset.to);
      node.setAttribute("transform", "rotate(" + (from + share(node, value) * (to - from)) + " " + node.dataset.centre + ")");
    },
    slots: function (node, value) {
      const slots = node.querySelectorAll(".slot"), count = Math.ceil(share(node, value) * slots.length);
      slots.forEach((slot, place) => slot.classList.toggle("on", slots.length - place <= count));
      node.parentNode.classList.toggle("is-full", value >= Number(node.dataset.high));
    },
  };
  const shown = Object.keys(painters).map(function (key) {
    const name = "data-" + key.replace("O", "-o");
    return { paint: painters[key], nodes: all("[" + name + "]").map((node) => ({ node: node, tag: node.dataset[key] })) };
  });
  const rows = all("[data-row]");
  const alarmed = all("[data-alarm]");
  const curves = all("[data-trend]");

  function showTrend(now) {
    const scale = 600 / texts.trend.seconds;
    curves.forEach(function (curve) {
      const column = Number(curve.dataset.trend);
      curve.setAttribute("points", trend.map(
        (point) => (600 - scale * (now - point[0])).toFixed(1) + "," + (200 - 200 * share(curve, point[column])).toFixed(1)
      ).join(" "));
    });
  }

  function element(name, classes, text) {
    const node = document.createElement(name);
    node.className = classes;
    node.textContent = text;
    return node;
  }

  function alarmLine(alarm) {
    const item = element("li", alarm.state + " p" + alarm.priority, "");
    item.dataset.id = alarm.id;
    const ended = alarm.until === null || alarm.until < alarm.since ? texts.words.active : clock(alarm.until);
    const note = alarm.state === "returned" ? " · " + texts.words.returned
      : alarm.state === "shelved" ? " · " + texts.words["shelved until"] + " " + clock(alarm.shelved) : "";
    item.append(
      element("i", "mark", String(alarm.priority)),
      element("b", "", texts.alarms[alarm.id] || alarm.id),
      element("time", "", texts.priorities[alarm.priority] + " · " + clock(alarm.since) + " – " + ended + note)
    );
    const buttons = element("span", "do", "");
    const offer = function (address, text, body) {
      const button = element("button", address, text);
      button.type = "button";
      button.addEventListener("click", function () {
        post(address, Object.assign({ id: alarm.id }, body)).then((answer) => answer.alarms && showAlarms(answer.alarms));
      });
      buttons.append(button);
    };
    if (alarm.state === "unacknowledged" || alarm.state === "returned") offer("acknowledge", texts.words.Acknowledge, {});
    if (alarm.state === "unacknowledged" || alarm.state === "acknowledged") {
      offer("shelve", texts.shelve.word, { minutes: texts.shelve.minutes });
    }
    if (alarm.state === "shelved") offer("shelve", texts.words.Unshelve, { minutes: 0 });
    if (buttons.children.length) item.append(buttons);
    return item;
  }

  let listed = "";
  function showAlarms(alarms) {
    // Drawn anew only when something changed, so that a finger on a button doesn't lose it.
    const news = JSON.stringify(alarms);
    if (news !== listed) {
      listed = news;
      const lines = alarms.map(alarmLine);
      byId("alarms").replaceChildren(...(lines.length ? lines : [element("li", "none", texts.words["No alarms"])]));
    }
    const active = {};
    for (const alarm of alarms) {
      if (alarm.state === "unacknowledged" || alarm.state === "acknowledged") {
        active[alarm.tag] = Math.min(active[alarm.tag] || 9, alarm.priority);
      }
    }
    for (const node of alarmed) {
      const priority = active[node.dataset.alarm];
      if (priority) node.dataset.priority = priority;
      else delete node.dataset.priority;
    }
  }

  function show(message) {
    lastHeard = Date.now();
    put(link, texts.words.Live);
    link.className = "link on";
    for (const group of shown) for (const item of group.nodes) group.paint(item.node, message.values[item.tag]);
    for (const node of rows) node.classList.toggle("bad", message.bad.includes(node.dataset.row));
    put(byId("clock"), clock(message.t));
    // The first message holds all of the past, the later ones what is new; after a gap they may overlap.
    const first = message.trend.length ? message.trend[0][0] : Infinity;
    trend = trend.filter((point) => point[0] < first && point[0] > message.t - texts.trend.seconds).concat(message.trend);
    showTrend(message.t);
    showAlarms(message.alarms);
    document.dispatchEvent(new CustomEvent("reading", { detail: message }));
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

  const post = (address, body) => fetch(address, { method: "POST", body: JSON.stringify(body) }).then((answer) => answer.json());

  const form = byId("faults");
  if (form) {
    const list = form.querySelector(".standing");
    // A size that shows something, for whoever doesn't want to think of one.
    const suggest = function (tag, kind) {
      const low = Number(tag.low), high = Number(tag.high), step = Number(tag.step);
      const round = (value) => Number((Math.round(value / step) * step).toPrecision(6));
      const sizes = {
        drift: (high - low) / 1000, noise: (high - low) / 50, sluggish: 10, fouled: 0.5,
        spoofed: round(low + (high - low) / 4), hijacked: low,
      };
      return kind in sizes ? Number(sizes[kind].toPrecision(3)) : 0;
    };
    const choose = function (event) {
      const fitting = form.tag.selectedOptions[0].dataset.kinds.split(" ").concat("none");
      for (const option of form.kind.options) option.hidden = option.disabled = !fitting.includes(option.value);
      if (form.kind.selectedOptions[0].hidden) form.kind.value = fitting[0];
      if (!event || event.target !== form.size) form.size.value = suggest(form.tag.selectedOptions[0].dataset, form.kind.value);
      for (const help of form.querySelectorAll("[data-help]")) help.hidden = help.dataset.help !== form.kind.value;
    };
    const standing = function (answer) {
      list.replaceChildren(...(answer.error ? [answer.error] : answer.faults.map(
        (fault) => fault.tag + " · " + texts.faults[fault.kind] + (fault.size ? " " + fault.size : "")
      )).map((text) => element("li", "", text)));
    };
    form.addEventListener("change", choose);
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      post("faults", Object.fromEntries(new FormData(form))).then(standing);
    });
    fetch("faults").then((answer) => answer.json()).then(standing);
    choose();
  }

  listen();
})();
