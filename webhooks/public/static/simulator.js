/* The stage: shops, people and phones; what the server tells moves everything. */

import { $, arrows, clock, day, h, icon, post } from "./dom.js";
import { initials, Phone, Talk } from "./phone.js";

const state = { scenes: [], scene: null, customer: {}, staff: {}, look: "sms", facts: null, ahead: 0 };
const talks = new Map();
let seen = 0;

const phones = {
  customer: new Phone($("#customer-phone"), { id: "customer", send, open: visit }),
  staff: new Phone($("#staff-phone"), { id: "staff", send, open: visit }),
};
phones.customer.hints = customerHints;
phones.staff.hints = () => [];

/* --- who is where ---------------------------------------------------------------------------- */

const customer = () => state.scene.customers[state.customer[state.scene.id] ?? 0];
const colleague = () => state.scene.staff[state.staff[state.scene.id] ?? 0];
const keyOf = (line, address) => `${line}|${address}`;
const pane = () => document.body.dataset.pane;
const small = matchMedia("(max-width: 719px)");

function talkOf(scene, person, look) {
  return talks.get(keyOf(scene.lines[look], person.addresses[look]));
}

function build(scenes) {
  talks.clear();
  for (const scene of scenes) {
    const everybody = [
      ...scene.customers.map((person, at) => ({ person, at, side: "customer" })),
      ...scene.staff.map((person, at) => ({ person, at, side: "staff" })),
    ];
    for (const { person, at, side } of everybody) {
      for (const [look, address] of Object.entries(person.addresses)) {
        const talk = new Talk(keyOf(scene.lines[look], address), scene.lines[look], address);
        Object.assign(talk, {
          scene, person, at, side, look: look === "staff" ? "telegram" : look, as: look,
          title: scene.name, zone: scene.zone, phone: person.about,
        });
        talk.empty.textContent = side === "customer"
          ? `Write to ${scene.name}, or take a suggestion.`
          : "All quiet. The moment somebody books, it says so here.";
        talks.set(talk.key, talk);
      }
    }
  }
}

/* --- drawing --------------------------------------------------------------------------------- */

function drawShops() {
  const list = $("#shops");
  for (const old of list.querySelectorAll("label")) old.remove();
  for (const scene of state.scenes) {
    const input = h("input", { type: "radio", name: "shop", value: scene.id });
    input.checked = scene === state.scene;
    input.addEventListener("change", () => choose({ scene }));
    list.append(h("label", {}, input, h("span", {}, scene.name, " ", badge())));
  }
}

const badge = () => h("i", { class: "badge", hidden: true });

function drawPeople(side, people, chosen, pick) {
  const list = $(`#${side} .people`);
  const phone = `${side}-phone`;
  if (list.dataset.scene !== String(state.scene.id)) {
    list.dataset.scene = state.scene.id;
    list.replaceChildren(
      ...people.map((person, at) =>
        h("button", { type: "button", role: "tab", id: `${side}-tab-${at}`, "aria-controls": phone, onclick: () => pick(at) },
          h("span", { class: "avatar", "aria-hidden": "true", "data-hue": at }, initials(person.name)),
          h("span", { class: "who" }, person.name.replace(/^(?!Dr)(\S+).*/, "$1")), badge())),
    );
  }
  [...list.children].forEach((tab, at) => {
    tab.setAttribute("aria-selected", String(at === chosen));
    tab.tabIndex = at === chosen ? 0 : -1;
  });
  $(`#${phone}`).setAttribute("aria-labelledby", `${side}-tab-${chosen}`);
}

/* Go somewhere: another shop, person or channel. Only what changes is drawn anew. */
function choose({ scene = state.scene, customerAt, staffAt, look }) {
  if (customerAt !== undefined) state.customer[scene.id] = customerAt;
  if (staffAt !== undefined) state.staff[scene.id] = staffAt;
  Object.assign(state, { scene, look: look ?? state.look });
  const people = (map) => map[scene.id] ?? 0;
  for (const input of document.querySelectorAll('[name="shop"]')) input.checked = Number(input.value) === scene.id;
  for (const input of document.querySelectorAll('[name="look"]')) input.checked = input.value === state.look;
  drawPeople("customer", scene.customers, people(state.customer), (at) => choose({ customerAt: at }));
  drawPeople("staff", scene.staff, people(state.staff), (at) => choose({ staffAt: at }));
  const mine = talkOf(scene, customer(), state.look);
  const theirs = talkOf(scene, colleague(), "staff");
  phones.customer.show(mine, { look: state.look, title: scene.name, zone: scene.zone });
  phones.staff.show(theirs, { look: "telegram", title: `${scene.name} team`, sub: "bot", zone: scene.zone });
  $("#staff-note").textContent = `${colleague().name}, ${colleague().about.toLowerCase()}${scene.approves ? " – bookings wait for approval" : ""}`;
  $("#zone").textContent = scene.city;
  read();
  drawTalkLink();
  tick();
}

function show(side) {
  document.body.dataset.pane = side;
  $(`[name="pane"][value="${side}"]`).checked = true;
  phones[side].bottom();
  read();
}

const visible = (talk) => phones[talk.side].talk === talk && (!small.matches || pane() === talk.side);

/* What is seen is read; the rest is counted where it can be reached. */
function read() {
  for (const side of ["customer", "staff"]) {
    const talk = phones[side].talk;
    if (talk && visible(talk)) talk.unread = 0;
  }
  const every = [...talks.values()];
  const count = (fits) => every.filter(fits).reduce((sum, talk) => sum + talk.unread, 0);
  const here = (talk) => talk.scene === state.scene;
  state.scenes.forEach((scene, at) =>
    mark($$("#shops label")[at], count((talk) => talk.scene === scene && scene !== state.scene)));
  for (const label of $$(".looks label")) {
    const look = $("input", label).value;
    mark(label, count((t) => here(t) && t.side === "customer" && t.person === customer() && t.look === look));
  }
  for (const side of ["customer", "staff"]) {
    [...$(`#${side} .people`).children].forEach((tab, at) =>
      mark(tab, count((t) => here(t) && t.side === side && t.at === at && phones[side].talk !== t)));
    mark($(`[name="pane"][value="${side}"]`).parentElement, count((t) => here(t) && t.side === side));
  }
}

const $$ = (selector) => [...document.querySelectorAll(selector)];

function mark(within, count) {
  const found = $(".badge", within);
  if (found.dataset.count === String(count)) return;
  found.dataset.count = count;
  found.hidden = count === 0;
  found.replaceChildren(String(count), h("span", { class: "sr" }, " new"));
}

function tick() {
  if (!state.scene || !state.facts) return;
  const now = new Date(Date.now() + state.ahead);
  $("#clock").textContent = `${day(now, state.scene.zone)}, ${clock(now, state.scene.zone)}`;
  $("#clock").dateTime = now.toISOString();
  phones.customer.tick(now);
  phones.staff.tick(now);
}

/* --- what the server tells ---------------------------------------------------------------------- */

function onStage(data) {
  const before = state.scene?.id;
  const same = JSON.stringify(data.scenes) === JSON.stringify(state.scenes.map((scene) => scene)) &&
    (data.messages.at(-1)?.number ?? 0) >= seen && (data.messages.length > 0 || seen === 0);
  if (!same) {
    state.scenes = data.scenes;
    state.scene = data.scenes.find((scene) => scene.id === before) ?? data.scenes[0];
    state.customer = {};
    state.staff = {};
    seen = 0;
    build(data.scenes);
    for (const list of $$(".people")) delete list.dataset.scene;
    drawShops();
  }
  takeFacts(data.facts);
  for (const message of data.messages) take(message, false);
  choose({});
  document.body.dataset.ready = "true";
}

function take(message, fresh = true) {
  const talk = talks.get(keyOf(message.line, message.address));
  if (!talk) return;
  if (message.number <= talk.last) {
    phones[talk.side].change(talk, message);
    if (fresh) phones.customer.refresh();
    return;
  }
  talk.last = message.number;
  seen = Math.max(seen, message.number);
  const phone = phones[talk.side];
  phone.add(talk, message, fresh);
  if (message.mine || !fresh) return;
  if (!visible(talk)) talk.unread += 1;
  if (phone.talk !== talk && talk.scene === state.scene) {
    const samePhone = talk.person === (talk.side === "customer" ? customer() : colleague());
    if (samePhone) phone.notify(talk, message);
  }
  phones.customer.refresh();
  if (talk.side === "staff" && phone.talk === talk) buzz(phone);
  read();
}

function buzz(phone) {
  phone.root.classList.remove("buzz");
  void phone.root.offsetWidth; // begin the animation anew
  phone.root.classList.add("buzz");
}

function takeFacts(facts) {
  const tour = state.facts?.tour;
  state.facts = facts;
  state.ahead = new Date(facts.now) - Date.now();
  drawDue();
  drawBookings();
  drawTour(tour);
  drawTalkLink();
  phones.customer.refresh();
  tick();
}

function drawDue() {
  const { due } = state.facts;
  $("#jump").setAttribute("aria-disabled", String(!due));
  $("#due").textContent = due ? `${moment(new Date(due.at))}: ${due.what}` : "nothing is due";
}

function moment(at) {
  const zone = state.scene?.zone ?? "UTC";
  const today = day(new Date(state.facts.now), zone) === day(at, zone);
  return today ? clock(at, zone) : `${day(at, zone)} ${clock(at, zone)}`;
}

function drawBookings() {
  const list = $("#bookings");
  const shown = new Map([...list.children].map((item) => [item.dataset.id, item]));
  $("#none").hidden = state.facts.bookings.length > 0;
  state.facts.bookings.forEach((booking, at) => {
    let item = shown.get(String(booking.id));
    shown.delete(String(booking.id));
    const digest = JSON.stringify(booking);
    if (!item) item = h("li", { "data-id": booking.id });
    if (item.dataset.digest !== digest) {
      item.dataset.digest = digest;
      item.dataset.state = booking.state;
      item.classList.toggle("over", booking.over);
      const link = (href, text) => h("a", { href, target: "_blank", rel: "noopener" }, text, h("span", { class: "sr" }, ` of ${booking.ref}`));
      const held = item.contains(document.activeElement) ? [...item.querySelectorAll("a")].indexOf(document.activeElement) : -1;
      item.replaceChildren(
        h("p", { class: "what" }, h("b", {}, booking.title)),
        h("p", { class: "facts" }, `${booking.shop}, ${booking.when}`),
        h("p", { class: "links" },
          h("span", { class: "state" }, booking.stateName), h("span", { class: "ref" }, booking.ref)),
        h("p", { class: "links" },
          link(booking.page, "Page"), link(booking.calendar, "Calendar file"),
          link(`/simulator/talks/${booking.talk}`, "Talk (JSON)")));
      if (held >= 0) item.querySelectorAll("a")[held]?.focus();
    }
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
  for (const gone of shown.values()) gone.remove();
}

function drawTalkLink() {
  const talk = phones.customer.talk;
  const stored = talk && state.facts?.talks.find((t) => t.line === talk.line && t.address === talk.address);
  const link = $("#talk-data");
  link.hidden = !stored;
  if (stored) link.href = `/simulator/talks/${stored.id}`;
}

/* --- the tour ------------------------------------------------------------------------------------ */

const STEPS = ["book", "approve", "cancel"];

function drawTour(before) {
  const { tour } = state.facts;
  const current = STEPS.find((step) => !tour[step]);
  for (const step of STEPS) {
    const item = $(`[data-step="${step}"]`);
    item.classList.toggle("done", tour[step]);
    item.classList.toggle("current", step === current);
    if (step === current) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    const heading = $("h3", item);
    if (tour[step] && !$(".sr", heading)) heading.append(h("span", { class: "sr" }, " (done)"));
    if (!tour[step]) $(".sr", heading)?.remove();
    if (before && tour[step] && !before[step]) {
      const next = current ? ` Next: ${$(`[data-step="${current}"] h3`).textContent.toLowerCase()}.` : " That was the whole tour.";
      toast(`${heading.firstChild.textContent}: done.${next}`);
    }
  }
  $("#tour-count").textContent = `${STEPS.filter((step) => tour[step]).length} of ${STEPS.length}`;
  $("#finished").hidden = Boolean(current);
}

/* Bring somebody to the place where a step is done, with the first words written already. */
function guide(step) {
  let scene = state.scenes.find((one) => one.approves === (step === "approve")) ?? state.scenes[0];
  let talk = talkOf(scene, scene.customers[0], state.look);
  let words = scene.hints[0];
  if (step === "cancel") {
    const open = state.facts.bookings.find((one) => ["confirmed", "pending"].includes(one.state));
    const stored = open && state.facts.talks.find((one) => one.id === open.talk);
    const theirs = stored && talks.get(keyOf(stored.line, stored.address));
    if (theirs) talk = theirs;
    words = "my bookings";
  }
  visit(talk);
  phones.customer.text.value = words;
}

function visit(talk) {
  const at = talk.side === "customer" ? { customerAt: talk.at, look: talk.look } : { staffAt: talk.at };
  choose({ scene: talk.scene, ...at });
  show(talk.side);
  phones[talk.side].banner.hidden = true;
  phones[talk.side].text.focus({ preventScroll: true });
  reveal();
}

/* On a small screen the phone fills it; elsewhere all is in sight. */
function reveal() {
  if (small.matches) $("#panes").scrollIntoView({ block: "start" });
}

const GOOD = 5 * 60 * 1000; // as long as a code lives

/* What the keyboard would suggest: the code that just came, or something to begin with. */
function customerHints() {
  const talk = phones.customer.talk;
  if (!talk) return [];
  const newest = talk.newest();
  const theirs = ["sms", "whatsapp", "telegram"].flatMap((look) => talkOf(talk.scene, talk.person, look).messages);
  theirs.sort((a, b) => a.number - b.number);
  const last = theirs.findLast((message) => !message.mine && code(message));
  const answered = last && theirs.some((message) => message.mine && message.number > last.number);
  const first = talk.person.name.split(" ")[0];
  if (newest?.asks === "name") return [{ text: first }];
  if (last && newest && !answered && Date.now() + state.ahead - new Date(last.at) < GOOD) {
    return [{ text: `${code(last)} ${first}` }];
  }
  if (!newest) return talk.scene.hints.map((text) => ({ text }));
  const settled = !newest.mine && !newest.options.length && newest.shape === "text" && !newest.contact;
  const booked = state.facts?.bookings.some((booking) => !booking.over);
  return settled ? [booked && { text: "my bookings" }, { text: talk.scene.hints[0] }].filter(Boolean) : [];
}

const code = (message) => /\b\d{6}\b/.exec(message.text.map((span) => (span.href ? "" : span.text)).join(""))?.[0];

/* --- doing ------------------------------------------------------------------------------------------ */

async function send(talk, what) {
  return attempt(() => post("/simulator/messages", { line: talk.line, address: talk.address, ...what }));
}

async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(`That did not work: ${error.message}. Is the demo still running?`);
    return null;
  }
}

let leaving;
function toast(text) {
  const place = $("#toast");
  place.replaceChildren(h("span", {}, text));
  clearTimeout(leaving);
  leaving = setTimeout(() => place.replaceChildren(), small.matches ? 3500 : 5000);
}

async function once(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  await attempt(work);
  button.setAttribute("aria-disabled", "false");
  if (button.id === "jump") drawDue();
}

$("#jump").addEventListener("click", (event) =>
  once(event.currentTarget, async () => {
    const { due } = await post("/simulator/jump");
    if (!due) return;
    const at = new Date(due.at);
    const text = `${day(at, state.scene.zone)}, ${clock(at, state.scene.zone)}`;
    phones.customer.jumped(text);
    phones.staff.jumped(text);
    toast(`It is ${text}: ${due.what}.`);
  }));

$("#reset").addEventListener("click", (event) =>
  once(event.currentTarget, async () => {
    await post("/simulator/reset");
    toast("Everything is as at the start.");
  }));

for (const input of document.querySelectorAll('[name="look"]')) {
  input.addEventListener("change", () => choose({ look: input.value }));
}
for (const input of document.querySelectorAll('[name="pane"]')) {
  input.addEventListener("change", () => show(input.value));
}
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => guide(button.dataset.show));
}
for (const list of $$(".people")) arrows(list);
small.addEventListener("change", read);
setInterval(tick, 1000);

const events = new EventSource("/simulator/events");
events.addEventListener("stage", (event) => onStage(JSON.parse(event.data)));
events.addEventListener("message", (event) => take(JSON.parse(event.data)));
events.addEventListener("facts", (event) => takeFacts(JSON.parse(event.data)));
events.addEventListener("error", () => {
  if (document.body.dataset.ready) toast("The connection is gone; trying again.");
});
