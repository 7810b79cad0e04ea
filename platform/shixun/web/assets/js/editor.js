import htmx from "htmx.org";
import { postJson } from "./csrf.js";
import { take } from "./find.js";

/**
 * form[data-editor]: a text that is written for a while. Fields with data-field are what is saved; [data-main] is the
 * text itself. A copy of what is not saved yet stays in this browser and is offered when the page is opened again.
 *
 * With data-autosave the form is sent as JSON {field: text, …, base} a moment after the last key, and when the page is
 * left. 200 answers {digest, html, problems: [{line, field, text}]}; html goes into #<data-preview>. 409 answers
 * {digest, theirs: {field: text}}: [data-editor-conflict] shows them and asks which text to keep.
 *
 * Anywhere in the page: data-insert="text" puts a passage at the cursor, data-wrap="**" marks the selection,
 * data-prefix="- " marks its lines; data-goto="12" jumps to a line. Words come from data-text-… of the form.
 */
export function startEditors(root) {
  for (const form of take(root, "form[data-editor]", "editor")) new Editor(form);
}

const IDLE = 1000; // ms after the last key
const RETRY = 5000;
const KEEPALIVE_BYTES = 60000; // browsers refuse more in a request that outlives its page

class Editor {
  constructor(form) {
    this.form = form;
    this.auto = form.hasAttribute("data-autosave");
    this.fields = [...form.querySelectorAll("[data-field]")];
    this.main = form.querySelector("[data-main]");
    this.key = `shixun-editor:${location.pathname}`;
    this.base = form.elements.base.value;
    this.saved = this.text();
    this.timer = null;
    this.busy = false;
    this.conflict = null;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("keydown", (event) => this.shortcut(event));
    document.addEventListener("click", (event) => this.clicked(event));
    if (this.auto) {
      this.show("saved");
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.save();
      });
      document.addEventListener("submit", (event) => this.first(event));
      window.addEventListener("pagehide", () => this.flush());
      document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.flush());
      // A page that comes back from the browser's cache may know an old state: ask for the present one.
      window.addEventListener("pageshow", (event) => event.persisted && !this.dirty() && location.reload());
    }
    this.offerCopy();
  }

  values() {
    return Object.fromEntries(this.fields.map((field) => [field.name, field.value]));
  }

  text() {
    return JSON.stringify(this.values());
  }

  dirty() {
    return this.text() !== this.saved;
  }

  changed() {
    this.keepCopy();
    if (!this.auto || this.conflict) return;
    this.show(this.dirty() ? "dirty" : "saved");
    this.later(IDLE);
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
  }

  async save() {
    clearTimeout(this.timer);
    if (this.busy || this.conflict || !this.dirty()) return;
    this.busy = true;
    this.show("saving");
    const sent = this.text();
    try {
      const response = await postJson(location.pathname, { ...JSON.parse(sent), base: this.base });
      const answer = await response.json();
      if (response.status === 409 && answer.theirs) this.ask(answer);
      else if (!response.ok) throw new Error(answer.error?.message);
      else this.done(sent, answer);
    } catch (error) {
      this.show("failed", error.message);
      this.later(RETRY);
    } finally {
      this.busy = false;
    }
    if (this.form.dataset.state === "saved" && this.dirty()) this.changed();
  }

  done(sent, answer) {
    this.saved = sent;
    this.base = this.form.elements.base.value = answer.digest;
    if (!this.dirty()) this.dropCopy();
    this.show("saved");
    const preview = document.getElementById(this.form.dataset.preview);
    if (preview) htmx.swap(preview, answer.html, { swapStyle: htmx.config.defaultSwapStyle });
    this.listProblems(answer.problems);
  }

  listProblems(problems) {
    const list = this.form.querySelector("[data-editor-problems]");
    if (!list) return;
    list.replaceChildren(
      ...problems.map((problem) => {
        const item = document.createElement("li");
        if (problem.line) {
          const link = document.createElement("a");
          link.href = `#${this.main.id}`;
          link.dataset.goto = problem.line;
          link.textContent = this.form.dataset.textLine.replace("{line}", problem.line);
          item.append(link, " ");
        }
        item.append(problem.text);
        return item;
      }),
    );
  }

  /** Both texts are kept: mine in the editor, theirs below it, until one is chosen. */
  ask(answer) {
    this.conflict = answer;
    this.show("conflict");
    const panel = this.form.querySelector("[data-editor-conflict]");
    for (const place of panel.querySelectorAll("[data-theirs]")) place.value = answer.theirs[place.dataset.theirs];
    panel.hidden = false;
    panel.scrollIntoView({ block: "nearest" });
  }

  choose(which) {
    const { digest, theirs } = this.conflict;
    this.conflict = null;
    this.base = digest;
    this.form.querySelector("[data-editor-conflict]").hidden = true;
    if (which === "theirs") {
      this.fill(theirs);
      this.saved = ""; // sent once more, so that preview and problems are those of this text
    }
    this.main.focus();
    this.save();
  }

  fill(values) {
    for (const field of this.fields) if (field.name in values) field.value = values[field.name];
  }

  show(state, message) {
    this.form.dataset.state = state;
    const words = this.form.dataset[`text${state[0].toUpperCase()}${state.slice(1)}`] ?? "";
    for (const place of document.querySelectorAll("[data-editor-state]")) {
      place.dataset.state = state;
      place.textContent = message ? `${words} ${message}` : words;
    }
  }

  /** The page is going: send what is left, without waiting for the answer. */
  flush() {
    if (this.busy || this.conflict || !this.dirty()) return;
    this.keepCopy();
    const body = { ...this.values(), base: this.base };
    if (new Blob([JSON.stringify(body)]).size > KEEPALIVE_BYTES) return; // the copy in this browser has it
    const sent = this.text();
    postJson(location.pathname, body, { keepalive: true })
      .then((response) => (response.ok ? response.json() : null))
      .then((answer) => answer && this.done(sent, answer))
      .catch(() => this.later(RETRY));
  }

  /** Another form of the page is sent: first the text, then that. */
  first(event) {
    if (event.target === this.form || event.defaultPrevented || this.conflict || !this.dirty()) return;
    event.preventDefault();
    const { target, submitter } = event;
    this.save().finally(() => (this.dirty() ? null : target.requestSubmit(submitter)));
  }

  keepCopy() {
    try {
      if (this.dirty()) localStorage.setItem(this.key, JSON.stringify({ values: this.values(), base: this.base, at: Date.now() }));
      else this.dropCopy();
    } catch {
      // no room, or not allowed: saving to the server goes on
    }
  }

  dropCopy() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // see keepCopy
    }
  }

  offerCopy() {
    let copy = null;
    try {
      copy = JSON.parse(localStorage.getItem(this.key));
    } catch {
      return;
    }
    if (!copy?.values || JSON.stringify(copy.values) === this.saved) {
      this.dropCopy();
      return;
    }
    const panel = this.form.querySelector("[data-editor-recovery]");
    if (!panel) return;
    panel.querySelector("[data-editor-when]").textContent = new Date(copy.at).toLocaleString(document.documentElement.lang);
    panel.hidden = false;
    panel.querySelector("[data-take]").addEventListener("click", () => {
      panel.hidden = true;
      this.fill(copy.values);
      this.base = this.form.elements.base.value = copy.base; // if somebody saved since, both texts will be shown
      this.changed();
      this.main.focus();
    });
    panel.querySelector("[data-drop]").addEventListener("click", () => {
      panel.hidden = true;
      this.dropCopy();
      this.main.focus();
    });
  }

  shortcut(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "s") {
      event.preventDefault();
      if (this.auto) this.save();
      else this.form.requestSubmit();
    } else if (event.target === this.main && (key === "b" || key === "i") && this.form.querySelector("[data-wrap]")) {
      event.preventDefault();
      this.wrap(key === "b" ? "**" : "*");
    }
  }

  clicked(event) {
    const choice = event.target.closest("[data-choose]");
    if (choice && this.form.contains(choice)) this.choose(choice.dataset.choose);
    const tool = event.target.closest("[data-insert], [data-wrap], [data-prefix], [data-goto]");
    if (!tool || !this.main) return;
    event.preventDefault();
    if (tool.dataset.goto) this.goTo(Number(tool.dataset.goto));
    else if (tool.dataset.wrap) this.wrap(tool.dataset.wrap);
    else if (tool.dataset.prefix) this.prefix(tool.dataset.prefix);
    else this.insertPassage(tool.dataset.insert);
  }

  /** Replaces the selection as if it were typed, so that Ctrl+Z takes it back. */
  type(text) {
    this.main.focus();
    if (document.execCommand("insertText", false, text)) return;
    this.main.setRangeText(text, this.main.selectionStart, this.main.selectionEnd, "end");
    this.main.dispatchEvent(new Event("input", { bubbles: true }));
  }

  wrap(mark) {
    const { selectionStart: start, selectionEnd: end, value } = this.main;
    const inner = value.slice(start, end);
    this.type(mark + inner + mark);
    this.main.setSelectionRange(start + mark.length, start + mark.length + inner.length);
  }

  prefix(mark) {
    const { value } = this.main;
    const start = value.lastIndexOf("\n", this.main.selectionStart - 1) + 1;
    const next = value.indexOf("\n", this.main.selectionEnd);
    const end = next < 0 ? value.length : next;
    this.main.setSelectionRange(start, end);
    this.type(value.slice(start, end).split("\n").map((line) => mark + line).join("\n"));
  }

  /** A passage stands by itself: with empty lines around it. */
  insertPassage(text) {
    const { selectionEnd: at, value } = this.main;
    this.main.setSelectionRange(at, at);
    const before = value.slice(0, at);
    const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    this.type(`${gap}${text}\n${value.slice(at).startsWith("\n") ? "" : "\n"}`);
  }

  goTo(line) {
    const lines = this.main.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    this.main.blur();
    this.main.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    this.main.focus();
  }
}
