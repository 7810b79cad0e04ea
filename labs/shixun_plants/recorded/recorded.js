// A finished shift, looked at: the slider's moment in the drawing, in the bars and in the curves. Runs in Chromium 109.
"use strict";
(function () {
  const texts = JSON.parse(document.body.dataset.texts);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const slider = byId("moment");
  const number = new Intl.NumberFormat("en");
  let shift = null;
  let span = Number(slider.max);

  const two = (value) => String(value).padStart(2, "0");

  function clock(seconds, short) {
    const whole = seconds + shift.begin;
    const text = two(Math.floor(whole / 3600)) + ":" + two(Math.floor(whole / 60) % 60);
    return short ? text : text + ":" + two(whole % 60);
  }

  function sums(steps) {
    let sum = 0;
    return steps.map((step) => (sum += step));
  }

  function kindAt(segments, seconds) {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (segments[middle][0] <= seconds) low = middle;
      else high = middle - 1;
    }
    return segments[low][2];
  }

  function showLine(seconds, sample) {
    all("[data-station]").forEach(function (node, index) {
      const station = shift.stations[index];
      const kind = kindAt(station.segments, Math.min(seconds, shift.seconds - 1));
      node.dataset.kind = kind;
      node.dataset.s = texts.states[kind];
      node.querySelector(".chip").textContent = texts.kinds[kind];
      node.querySelector(".made").textContent = number.format(station.made[sample]);
      node.querySelector(".rejected").textContent = number.format(station.rejected[sample]);
    });
    all("[data-buffer]").forEach(function (node, index) {
      const level = shift.buffers[index][sample];
      const share = level / shift.capacities[index];
      node.querySelector(".amount").textContent = String(level);
      node.querySelector(".level").setAttribute("width", 100 * share);
      const slots = all(".slot", node);
      slots.forEach((slot, place) => slot.classList.toggle("on", slots.length - place <= Math.ceil(share * slots.length)));
    });
  }

  function showWindow(seconds) {
    const start = Math.max(0, Math.min(shift.seconds - span, seconds - span / 2));
    for (const svg of all("svg.timed")) {
      svg.setAttribute("viewBox", start + " 0 " + span + " " + svg.dataset.height);
      svg.querySelector(".cursor").setAttribute("d", "M" + seconds + " 0V" + svg.dataset.height);
    }
    for (const ticks of all(".ticks")) {
      const places = Array.from(ticks.children);
      places.forEach(function (place, index) {
        place.textContent = clock(Math.round(start + span * index / (places.length - 1)), span > 600);
      });
    }
  }

  function show() {
    const seconds = Number(slider.value);
    const sample = Math.floor(seconds / shift.every);
    byId("clock").textContent = clock(seconds);
    slider.setAttribute("aria-valuetext", clock(seconds));
    byId("power").textContent = shift.power[sample].toFixed(1);
    byId("energy").textContent = (shift.energy[sample] / 1000).toFixed(2);
    showLine(seconds, sample);
    showWindow(seconds);
  }

  function go(seconds) {
    slider.value = String(seconds);
    show();
  }

  function drawCurves() {
    const draw = function (id, columns) {
      const svg = byId(id);
      all("polyline", svg).forEach(function (line, index) {
        const points = columns[index].map(
          (value, place) => place * shift.every + "," + (200 - 200 * value / svg.dataset.most).toFixed(1)
        );
        line.setAttribute("points", points.join(" "));
      });
    };
    draw("plot-buffers", shift.buffers);
    draw("plot-power", [shift.power]);
  }

  function point(svg, event) {
    const box = svg.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const [start] = svg.getAttribute("viewBox").split(" ").map(Number);
    go(Math.round((start + share * span) / shift.every) * shift.every);
  }

  function listen() {
    slider.addEventListener("input", show);
    for (const button of all("[data-move]")) {
      button.addEventListener("click", () => go(Number(slider.value) + Number(button.dataset.move)));
    }
    for (const button of all("[data-go]")) {
      button.addEventListener("click", () => go(Math.round(Number(button.dataset.go) / shift.every) * shift.every));
    }
    for (const button of all("[data-span]")) {
      button.addEventListener("click", function () {
        span = Number(button.dataset.span);
        all("[data-span]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
        show();
      });
    }
    // A click, not a press: a finger that scrolls the page doesn't move the moment.
    for (const svg of all("svg.timed")) svg.addEventListener("click", (event) => point(svg, event));
  }

  fetch("shift.json").then((answer) => answer.ok ? answer.json() : Promise.reject(new Error(answer.status))).then(function (data) {
    shift = data;
    for (const station of shift.stations) {
      station.made = sums(station.made);
      station.rejected = sums(station.rejected);
    }
    shift.energy = sums(shift.energy);
    listen();
    drawCurves();
    show();
    document.body.dataset.ready = "";
  }).catch(function () {
    byId("failed").textContent = texts.failed;
    byId("failed").hidden = false;
  });
})();
