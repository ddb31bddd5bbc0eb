/* One phone: the talk it shows, what it can send, and the news of its other talks. */

import { $, clock, day, h, icon } from "./dom.js";

const PAUSE = 10 * 60 * 1000; // a time stands between messages further apart than this
const LOOKS = {
  sms: { name: "SMS", sub: "Text message", say: "Text message" },
  whatsapp: { name: "WhatsApp", sub: "Business account", say: "Message" },
  telegram: { name: "Telegram", sub: "bot", say: "Message" },
};

/* A talk's messages and the list that shows them; the list is kept, so focus stays where it is. */
export class Talk {
  constructor(key, line, address) {
    Object.assign(this, { key, line, address, messages: [], unread: 0, last: 0, latest: 0 });
    this.list = h("ol", { class: "talk" });
    this.empty = h("p", { class: "empty" });
  }

  /* The newest message; a tap is none, because it is answered in the message above it. */
  newest() {
    return this.messages.findLast((message) => !(message.mine && message.tapped));
  }
}

export class Phone {
  constructor(root, { id, send, open }) {
    Object.assign(this, { root, send, open, talk: null, look: "sms", zone: "UTC", hints: () => [] });
    this.time = h("span");
    this.avatar = h("span", { class: "avatar", "aria-hidden": "true" });
    this.name = h("span", { class: "name" });
    this.sub = h("span", { class: "sub" });
    this.log = h("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Messages" });
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Suggestions" });
    this.text = h("input", {
      id: `${id}-text`, type: "text", autocomplete: "off", maxlength: "1000", enterkeyhint: "send",
    });
    this.label = h("label", { class: "sr", for: `${id}-text` });
    this.form = h(
      "form", { class: "composer", onsubmit: (event) => this.submit(event) },
      this.label, this.text,
      h("button", { type: "submit", "aria-label": "Send" }, icon("send")),
    );
    this.contact = h(
      "button", { class: "contact", type: "button", hidden: true, onclick: () => this.share() },
      icon("person"), h("span"),
    );
    this.banner = h("div", { class: "banner", hidden: true });
    this.sheet = h("div", { class: "sheet", hidden: true });
    root.append(
      h("div", { class: "screen" },
        h("div", { class: "status", "aria-hidden": "true" }, this.time, icon("status", "signals")),
        h("div", { class: "bar" }, this.avatar, h("p", {}, this.name, " ", this.sub)),
        this.banner, this.log, this.chips, this.contact, this.form, this.sheet,
        h("div", { class: "home", "aria-hidden": "true" }),
      ),
    );
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeSheet();
    });
  }

  /* Show a talk in the look of a channel. */
  show(talk, { look, title, sub, zone }) {
    this.closeSheet();
    const other = this.talk !== talk;
    Object.assign(this, { talk, look, zone });
    this.root.dataset.look = look;
    this.avatar.textContent = initials(title);
    this.name.textContent = title;
    this.sub.textContent = sub ?? LOOKS[look].sub;
    this.text.placeholder = LOOKS[look].say;
    this.label.textContent = `Message to ${title} by ${LOOKS[look].name}`;
    this.log.setAttribute("aria-label", `Messages with ${title} by ${LOOKS[look].name}`);
    if (other) {
      this.log.replaceChildren(talk.messages.length ? talk.list : talk.empty);
      this.text.value = "";
      this.hideBanner();
    }
    this.bottom();
    this.refresh();
  }

  tick(now) {
    this.time.textContent = clock(now, this.zone).replace(/ [ap]m/, "");
  }

  bottom() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  /* What depends on the newest message: suggestions and the button that shares the number. */
  refresh() {
    const hints = this.hints();
    const same = [...this.chips.children].map((chip) => chip.dataset.text).join("\n");
    if (same !== hints.map((hint) => hint.text).join("\n")) {
      const held = this.chips.contains(document.activeElement);
      this.chips.replaceChildren(
        ...hints.map(({ text, label }) =>
          h("button", { type: "button", "data-text": text, onclick: () => this.write(text) }, label ?? text)),
      );
      if (held) this.text.focus({ preventScroll: true });
    }
    this.chips.hidden = hints.length === 0;
    const newest = this.talk?.newest();
    const hide = !newest?.contact;
    if (hide && document.activeElement === this.contact) this.text.focus({ preventScroll: true });
    this.contact.hidden = hide;
    if (!hide) this.contact.lastChild.textContent = newest.contact;
  }

  submit(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (text) this.write(text);
  }

  async write(text) {
    this.text.value = "";
    if (!(await this.send(this.talk, { kind: "text", text }))) this.text.value = text;
  }

  share() {
    this.send(this.talk, { kind: "contact", text: this.talk.phone });
  }

  tap(talk, option) {
    this.closeSheet();
    this.send(talk, { kind: "tap", text: option.label, payload: option.payload });
  }

  /* --- messages ------------------------------------------------------------------------- */

  /* Add a message to a talk, shown or not. `fresh` ones move in. */
  add(talk, message, fresh) {
    const at = new Date(message.at);
    const low = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    if (message.mine && message.tapped) this.settle(talk, message);
    if (message.mine && fresh && talk === this.talk) this.hideBanner();
    if (at - talk.latest > PAUSE) {
      talk.list.append(h("li", { class: "pause" }, h("span", {}, day(at, talk.zone)), ` ${clock(at, talk.zone)}`));
    }
    talk.latest = at;
    talk.messages.push(message);
    talk.list.append(this.bubble(talk, message, at, fresh));
    if (talk === this.talk && talk.empty.isConnected) this.log.replaceChildren(talk.list);
    while (talk.list.children.length > 300) talk.list.firstChild.remove();
    if (talk === this.talk) {
      this.refresh();
      if (low || message.mine) this.bottom();
    }
  }

  /* Show a message anew that was changed; the focus stays in it, if it was there. */
  change(talk, message) {
    const at = talk.messages.findIndex((known) => known.number === message.number);
    if (at < 0 || talk.messages[at].edits >= message.edits) return;
    talk.messages[at] = message;
    const old = $(`[data-number="${message.number}"]`, talk.list);
    if (!old) return;
    const held = old.contains(document.activeElement);
    const low = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    const item = this.bubble(talk, message, new Date(message.at), false);
    old.replaceWith(item);
    if (held) ($("button:not([aria-disabled='true'])", item) ?? this.text).focus({ preventScroll: true });
    if (talk === this.talk && low) this.bottom();
  }

  bubble(talk, message, at, fresh) {
    const who = message.mine ? "You" : talk.title;
    const time = h("span", { class: "time" }, clock(at, talk.zone), message.mine ? icon("checks", "ticks") : null);
    const quiet = message.mine && message.tapped && talk.look === "telegram";
    const item = h(
      "li", { class: [message.mine ? "out" : "in", fresh && "fresh", quiet && "sr"].filter(Boolean).join(" ") },
      h("div", { class: "bubble" },
        h("span", { class: "sr" }, `${who}: `),
        h("p", {}, ...message.text.map(piece)),
        message.place ? card(message.place.href, message.place.title, message.place.address, "pin") : null,
        message.file ? card(message.file.href, message.file.name, "File", "file") : null,
        time),
    );
    if (message.options.length) item.append(this.options(talk, message));
    item.dataset.number = message.number;
    return item;
  }

  options(talk, message) {
    const buttons = message.options.map((option) =>
      h("button", {
        type: "button", class: "option", "data-payload": option.payload,
        onclick: (event) => {
          if (event.currentTarget.getAttribute("aria-disabled") !== "true") this.tap(talk, option);
        },
      }, talk.look === "whatsapp" && message.shape === "buttons" ? icon("reply") : null, h("span", {}, option.label)));
    if (message.shape === "list") {
      const opener = h("button", {
        type: "button", class: "option opener", "aria-haspopup": "dialog",
        onclick: (event) => this.openSheet(talk, message, event.currentTarget),
      }, icon("list"), h("span", {}, message.opener));
      return h("div", { class: "options" }, opener);
    }
    if (message.rows.length) return this.rows(message, buttons);
    const longest = Math.max(...message.options.map((option) => option.label.length));
    const columns = longest <= 9 ? 3 : longest <= 18 ? 2 : 1;
    return h("div", { class: "options", "data-columns": Math.min(columns, buttons.length) }, ...buttons);
  }

  /* Buttons row by row as the channel lays them out; a cell without a payload is only read. */
  rows(message, buttons) {
    const cell = ({ label, payload }) => {
      if (!payload) return h("span", { class: "cell" }, label);
      const button = buttons[message.options.findIndex((option) => option.payload === payload)];
      const whole = button.textContent;
      if (whole !== label) {
        button.lastChild.textContent = label;
        button.setAttribute("aria-label", whole);
      }
      return button;
    };
    return h("div", { class: "options laid" },
      ...message.rows.map((row) => h("div", { class: "cells" }, ...row.map(cell))));
  }

  /* Mark what was chosen under the message that offered it. */
  settle(talk, message) {
    const offered = talk.messages.find((m) => m.options.some((o) => o.payload === message.tapped));
    const item = offered && $(`[data-number="${offered.number}"]`, talk.list);
    if (!item) return;
    for (const button of item.querySelectorAll(".option")) {
      const chosen = button.dataset.payload === message.tapped;
      button.classList.toggle("chosen", chosen);
      if (button.classList.contains("opener")) continue;
      button.setAttribute("aria-disabled", "true");
      if (chosen && !$("svg.tick", button)) button.prepend(icon("check", "icon tick"));
    }
  }

  jumped(text) {
    if (!this.talk || !this.talk.messages.length) return;
    this.talk.list.append(h("li", { class: "pause jumped" }, text));
    this.talk.latest = 0;
    this.bottom();
  }

  /* --- lists and news --------------------------------------------------------------------- */

  openSheet(talk, message, opener) {
    this.opener = opener;
    const rows = message.options.map((option) =>
      h("button", { type: "button", class: "row", onclick: () => this.tap(talk, option) },
        h("span", {}, option.title, h("small", {}, option.description)), h("i", { "aria-hidden": "true" })));
    const close = h("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => this.closeSheet() }, icon("close"));
    const dialog = h("div", { class: "dialog", role: "dialog", "aria-label": message.opener },
      h("div", { class: "head" }, close, h("p", {}, message.opener)), h("div", { class: "rows" }, ...rows));
    dialog.addEventListener("keydown", (event) => {
      const every = [close, ...rows];
      const at = every.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1, Tab: event.shiftKey ? -1 : 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      every[(at + step + every.length) % every.length].focus();
    });
    this.sheet.replaceChildren(dialog);
    this.sheet.hidden = false;
    this.sheet.onclick = (event) => event.target === this.sheet && this.closeSheet();
    rows[0].focus();
  }

  closeSheet() {
    if (this.sheet.hidden) return;
    this.sheet.hidden = true;
    this.sheet.replaceChildren();
    this.opener?.focus({ preventScroll: true });
  }

  /* A message of another talk of this phone drops in from above. */
  notify(talk, message) {
    const text = message.text.map((span) => span.text).join("");
    const button = h("button", { type: "button", onclick: () => this.open(talk) },
      h("span", { class: "avatar", "aria-hidden": "true", "data-look": talk.look }, LOOKS[talk.look].name[0]),
      h("span", { class: "what" },
        h("b", {}, `${talk.title} · ${LOOKS[talk.look].name}`), h("span", {}, text)));
    this.banner.replaceChildren(button);
    this.banner.hidden = false;
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => this.hideBanner(), 8000);
  }

  hideBanner() {
    if (this.banner.hidden || this.banner.contains(document.activeElement)) return;
    this.banner.hidden = true;
  }
}

function piece({ text, style, href }) {
  if (href) return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
  return style ? h("span", { class: style }, text) : text;
}

function card(href, title, about, drawing) {
  return h("a", { class: "card", href, target: "_blank", rel: "noopener noreferrer" },
    icon(drawing), h("span", {}, h("b", {}, title), h("small", {}, about)));
}

export function initials(name) {
  const words = name.replace(/^Dr\.? /, "").split(/[^\p{L}]+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => word[0]).join("").toUpperCase();
}
