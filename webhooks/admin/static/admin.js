/* What a script adds: bookings in a drawer, a board that keeps itself fresh, and less to type.
   Without it everything is a page of its own. */

const EVERY = 4000;
document.body.classList.add("scripted");

/* --- the drawer ---------------------------------------------------------------------------- */

const drawer = document.createElement("dialog");
drawer.className = "drawer";
drawer.setAttribute("aria-labelledby", "drawer-title");
document.body.append(drawer);
drawer.addEventListener("close", () => drawer.replaceChildren());
drawer.addEventListener("click", (event) => {
  if (event.target === drawer) drawer.close();
});

async function open(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const article = page.querySelector("#drawer-page");
  if (!article) return void (location.href = url);
  const close = document.createElement("button");
  close.className = "close";
  close.type = "button";
  close.setAttribute("aria-label", "Close");
  close.textContent = "×";
  close.addEventListener("click", () => drawer.close());
  const title = article.querySelector("h1");
  title.id = "drawer-title";
  drawer.replaceChildren(close, document.adoptNode(article));
  if (!drawer.open) drawer.showModal();
  const first = drawer.querySelector("input.first");
  (first ?? close).focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-drawer]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link.href);
});

/* --- the board ------------------------------------------------------------------------------- */

const board = document.querySelector("[data-live]");
if (board) {
  let shown = board.innerHTML.trim();
  async function refresh() {
    if (document.hidden || drawer.open) return;
    const answer = await fetch(board.dataset.live);
    if (!answer.ok || answer.redirected) return;
    const fresh = (await answer.text()).trim();
    if (fresh === shown) return;
    const focused = document.activeElement?.getAttribute?.("href");
    const left = board.querySelector(".board")?.scrollLeft ?? 0;
    board.innerHTML = shown = fresh;
    const region = board.querySelector(".board");
    if (region) region.scrollLeft = left;
    if (focused) board.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
  setInterval(() => refresh().catch(() => {}), EVERY);
  document.addEventListener("visibilitychange", () => refresh().catch(() => {}));

  /* A free place on the board begins a booking there; the keyboard has "New booking". */
  board.addEventListener("click", (event) => {
    const lane = event.target.closest(".lane");
    if (!lane || event.target.closest("a, .visit, .blocked")) return;
    const box = lane.getBoundingClientRect();
    const ticks = Math.floor(((event.clientY - box.top) / box.height) * Number(lane.dataset.ticks) / 3) * 3;
    const at = new Date((Number(lane.dataset.begins) + ticks * 300) * 1000);
    const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: board.dataset.zone });
    const asked = new URLSearchParams({ on: board.dataset.on, at: clock.format(at), provider: lane.dataset.provider });
    open(`${board.dataset.new}?${asked}`);
  });
}

for (const form of document.querySelectorAll("form[data-submits]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

/* What is shown once is copied, if the browser lets it be; else it is marked to be copied by hand. */
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      button.textContent = document.execCommand("copy") ? "Copied" : "Marked";
    }
  });
}

/* How words read, while they are written. */
const worded = document.querySelector("form[data-preview]");
if (worded) {
  let waits = 0;
  let asked = 0;
  async function look() {
    const mine = (asked += 1);
    const body = new URLSearchParams(new FormData(worded));
    const answer = await fetch(worded.dataset.preview, { method: "POST", body });
    const fresh = await answer.text();
    if (answer.ok && !answer.redirected && mine === asked) document.querySelector("#seen").innerHTML = fresh;
  }
  worded.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(() => look().catch(() => {}), 400);
  });
}

/* --- what the browser knows ------------------------------------------------------------------- */

const founding = document.querySelector("#founding");
if (founding) {
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = founding.elements.timezone;
  if (!zone.value && [...zone.options].some((option) => option.value === mine)) zone.value = mine;
  // Where the clock is tells more than which English somebody reads.
  const country = zone.selectedOptions[0]?.dataset.country || new Intl.Locale(navigator.language).region;
  const countries = founding.elements.country;
  if (!countries.value && [...countries.options].some((option) => option.value === country)) countries.value = country;
  // Another country has another zone: its own where it has one only, else a choice.
  countries.addEventListener("change", () => {
    const of = (option) => option.dataset.country === countries.value;
    if (zone.value && of(zone.selectedOptions[0])) return;
    const own = [...zone.options].filter(of);
    zone.value = own.length === 1 ? own[0].value : (own.find((option) => option.value === mine)?.value ?? "");
  });
}

/* A form is sent once, however often its button is pressed. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") form.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
