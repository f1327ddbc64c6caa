// The chat page of demo mode: asks the desk through the REST API and shows what comes back.
// Everything that came from outside is put in with textContent, so a payload shows as text.

const LONGEST = 160; // characters of one question
const NEAR = 130; // from here on the counter shows
const PATIENCE = 20000; // ms until a request counts as lost
const POLL = 5000, POLL_SLOWEST = 30000; // ms between looks for notices
const HOTLINES = new Set(["110", "119", "120", "12345", "12333", "12348", "12393", "12315"]);

const find = (id) => document.getElementById(id);
const root = document.documentElement;
const [phone, talk, log, words, send, hint, spoken, newest, offline] = [
  "phone", "talk", "log", "words", "send", "hint", "spoken", "newest", "offline",
].map(find);

// --- small helpers ----------------------------------------------------------------------------------------------

/** Make an element; children are nodes or text, never markup. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null && child !== ""));
  return node;
}

/** Browser storage that may be switched off (private windows, some in-app browsers). */
function recall(store, key) {
  try {
    return window[store].getItem(key);
  } catch {
    return null;
  }
}

function remember(store, key, value) {
  try {
    window[store].setItem(key, value);
  } catch {
    // Nothing is lost but the memory of it.
  }
}

/** crypto.randomUUID is missing on plain http, as when a phone opens the desk in the local network. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const length = (text) => [...text].length;

function stamp(at = new Date()) {
  const time = at.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  const today = at.toDateString() === new Date().toDateString();
  const shown = today ? time : `${at.getMonth() + 1}月${at.getDate()}日 ${time}`;
  return make("time", { datetime: at.toISOString() }, shown);
}

// --- the desk's API ---------------------------------------------------------------------------------------------

/** Why a request failed; status 0 = nothing came back at all. */
class Trouble extends Error {
  constructor(message, status = 0, wait = 0) {
    super(message);
    this.status = status;
    this.wait = wait;
  }

  get mayPass() {
    return this.status === 0 || this.status >= 500 || [401, 408, 409, 425, 429].includes(this.status);
  }
}

async function request(path, { method = "GET", headers = {}, data } = {}) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE);
  try {
    const response = await fetch(path, {
      method,
      headers: data ? { "Content-Type": "application/json", ...headers } : headers,
      body: data && JSON.stringify(data),
      signal: abort.signal,
      credentials: "omit",
      cache: "no-store",
    });
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    const wait = Number(response.headers.get("Retry-After")) || 0;
    throw new Trouble((body && body.error && body.error.message) || "系统出了点问题。", response.status || 500, wait);
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble("没有连上,请看看网络。");
  } finally {
    clearTimeout(timer);
  }
}

let token = "";
let entering = null;

function personCode() {
  const known = recall("localStorage", "qiantai.code");
  if (/^demo-[a-z0-9-]{8,40}$/.test(known || "")) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const code = `demo-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  remember("localStorage", "qiantai.code", code);
  return code;
}
const code = personCode();

function logIn() {
  if (!entering) {
    entering = request("/api/v1/session", { method: "POST", data: { code } })
      .then((session) => { token = session.token; })
      .finally(() => { entering = null; });
  }
  return entering;
}

/** Ask the API as this person; an expired session is renewed once. */
async function call(path, options = {}) {
  if (!token) await logIn();
  const used = token;
  const attempt = () => request(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } });
  try {
    return await attempt();
  } catch (trouble) {
    if (trouble.status !== 401) throw trouble;
    if (token === used) token = "";
    if (!token) await logIn();
    return attempt();
  }
}

// --- where the reader is ----------------------------------------------------------------------------------------

const calm = matchMedia("(prefers-reduced-motion: reduce)");
let reading = false; // scrolled up to older words since the last question
let lastTop = 0;
let ownScroll = 0; // until when scrolling is ours and says nothing about the reader
let unseen = null;

const below = () => talk.scrollHeight - talk.clientHeight - talk.scrollTop;

function scrollTo(top) {
  ownScroll = Date.now() + 700;
  talk.scrollTo({ top, behavior: calm.matches ? "auto" : "smooth" });
}

talk.addEventListener("scroll", () => {
  if (below() < 48) {
    reading = false;
    newest.hidden = true;
  } else if (talk.scrollTop < lastTop - 2 && Date.now() > ownScroll) {
    reading = true;
  }
  lastTop = talk.scrollTop;
}, { passive: true });

for (const gesture of ["wheel", "touchmove", "keydown"]) {
  talk.addEventListener(gesture, () => { ownScroll = 0; }, { passive: true });
}

/** Bring words into view from their beginning, unless somebody is reading older ones. */
function reveal(first, { mayMove = !reading } = {}) {
  if (!mayMove) {
    unseen = first;
    newest.hidden = false;
    return;
  }
  const top = first.offsetTop - 12;
  const isTall = talk.scrollHeight - top > talk.clientHeight;
  scrollTo(isTall ? top : talk.scrollHeight);
}

newest.addEventListener("click", () => {
  reading = false;
  newest.hidden = true;
  if (unseen) scrollTo(unseen.offsetTop - 12);
  talk.focus({ preventScroll: true });
});

// The keyboard of a phone, a turned screen or a growing question must not push the newest words out of view.
let wasBelow = Infinity;
talk.addEventListener("scroll", () => { wasBelow = below(); }, { passive: true });
if ("ResizeObserver" in window) {
  new ResizeObserver(() => {
    if (wasBelow < 48 && !reading) talk.scrollTop = talk.scrollHeight;
  }).observe(talk);
}
if (window.visualViewport) {
  // iOS keeps the page's height when its keyboard opens.
  visualViewport.addEventListener("resize", () => {
    if (visualViewport.scale > 1.01) return; // pinched: that is not the keyboard
    root.style.setProperty("--room", `${Math.round(visualViewport.height)}px`);
  });
}

// --- reading aloud ----------------------------------------------------------------------------------------------

let voice = null;
let speaking = null;

function findVoice() {
  const voices = speechSynthesis.getVoices();
  const chinese = voices.filter((one) => /^(zh|cmn)/i.test(one.lang));
  voice = chinese.find((one) => /^zh[-_]CN/i.test(one.lang)) || chinese[0] || null;
  root.toggleAttribute("data-voice", Boolean(voice));
}

if ("speechSynthesis" in window && "SpeechSynthesisUtterance" in window) {
  findVoice();
  if (speechSynthesis.addEventListener) speechSynthesis.addEventListener("voiceschanged", findVoice);
}

function hush() {
  if (!speaking) return;
  speechSynthesis.cancel();
  speaking.setAttribute("aria-pressed", "false");
  speaking.textContent = "朗读";
  speaking = null;
}

function readAloud(button, text) {
  const again = speaking === button;
  hush();
  if (again) return;
  const utterance = new SpeechSynthesisUtterance(text);
  utterance.lang = "zh-CN";
  utterance.voice = voice;
  utterance.rate = 0.9;
  utterance.onend = utterance.onerror = () => { if (speaking === button) hush(); };
  speaking = button;
  button.setAttribute("aria-pressed", "true");
  button.textContent = "停止";
  speechSynthesis.speak(utterance);
}

function foot(text) {
  const button = make("button", { type: "button", class: "read", "aria-pressed": "false" }, "朗读");
  button.addEventListener("click", () => readAloud(button, text));
  return make("div", { class: "foot" }, button, stamp());
}

// --- the guide card ---------------------------------------------------------------------------------------------

// Ticks outlive a reload, not the tab: the computer may be the village's.
const ticks = new Set((recall("sessionStorage", "qiantai.ticks") || "").split("\n"));

function papers(card) {
  if (!card.materials.length) return make("section", {}, make("h3", {}, "带什么"), make("p", {}, "不用带材料"));
  const count = make("span", { class: "ready" });
  const boxes = card.materials.map((material) => {
    const key = `${card.code}:${card.version}:${material}`;
    const box = make("input", { type: "checkbox", "data-tick": key });
    box.checked = ticks.has(key);
    return box;
  });
  const tell = () => {
    const packed = boxes.filter((box) => box.checked).length;
    count.textContent = packed === 0 ? "备好的打勾" : packed < boxes.length ? `备好了 ${packed}/${boxes.length}` : "都备好了";
  };
  const list = make("ul", { class: "papers" }, ...boxes.map((box, index) => {
    const [, name, form] = /^(.+)\(([^()]*)\)$/.exec(card.materials[index]) || [null, card.materials[index], ""];
    const text = make("span", {}, make("span", { class: "name" }, name), form && make("span", { class: "form" }, form));
    return make("li", {}, make("label", {}, box, text));
  }));
  list.addEventListener("change", tell);
  tell();
  return make("section", {}, make("h3", {}, "带什么", count), list);
}

log.addEventListener("change", ({ target }) => {
  const key = target.dataset.tick;
  if (!key) return;
  if (target.checked) ticks.add(key);
  else ticks.delete(key);
  remember("sessionStorage", "qiantai.ticks", [...ticks].slice(-300).join("\n"));
  for (const twin of log.querySelectorAll("[data-tick]")) {
    if (twin === target || twin.dataset.tick !== key || twin.checked === target.checked) continue;
    twin.checked = target.checked;
    twin.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

function places(card) {
  if (!card.places.length) return make("p", {}, "选了乡镇,就告诉您去哪里。");
  return make("ul", { class: "places" }, ...card.places.map((place) => make(
    "li", {},
    make("strong", {}, place.name),
    place.hours && make("span", { class: "hours" }, place.hours),
    place.note && make("span", {}, place.note),
  )));
}

function facts(card) {
  const rows = [
    ["要几天", card.days], ["收费", card.fee], ["能代办吗", card.proxy], ["办成后", card.result], ["谁能办", card.audience],
  ];
  return make("dl", { class: "facts" }, ...rows.filter(([, value]) => value).map(
    ([label, value]) => make("div", {}, make("dt", {}, label), make("dd", {}, value)),
  ));
}

function cardNode(card) {
  return make(
    "article", { class: "card", "aria-label": `办事指南:${card.name}` },
    make("header", {}, make("h2", {}, card.name)),
    papers(card),
    make("section", {}, make("h3", {}, "去哪里"), places(card)),
    make("section", {}, facts(card)),
    card.conditions.length ? make(
      "details", {},
      make("summary", {}, `要符合什么条件(${card.conditions.length}条)`),
      make("ul", { class: "conditions" }, ...card.conditions.map((line) => make("li", {}, line))),
    ) : null,
    card.notice && make("p", { class: "notice-line" }, card.notice),
    make("p", { class: "print-line" },
      `${card.code} · 第${card.version}版 · ${card.checked_on ? `${card.checked_on}核对` : "还没有核对"}`),
  );
}

// --- the talk ---------------------------------------------------------------------------------------------------

/** Text with the public hotlines as numbers to tap. */
function paragraph(text) {
  const parts = text.split(/(\d+)/);
  return make("p", {}, ...parts.map((part, index) => {
    const isCounted = /^(元|个|天|日|字|年|岁|%|分|份|户)/.test(parts[index + 1] || "");
    return HOTLINES.has(part) && !isCounted ? make("a", { href: `tel:${part}` }, part) : part;
  }));
}

function bubble(text) {
  return make("div", { class: "bubble" }, paragraph(text));
}

/** In danger nobody should have to hit a small number. */
function callsNode(texts) {
  const numbers = texts.flatMap((text) => text.match(/\d+/g) || []).filter((number) => HOTLINES.has(number));
  return make("ul", { class: "choices calls", "aria-label": "打电话" }, ...numbers.map(
    (number) => make("li", {}, make("a", { class: "choice call", href: `tel:${number}` }, `拨打 ${number}`)),
  ));
}

function choicesNode(choices) {
  const isLong = choices.some((choice) => length(choice.label) > 7);
  return make("ul", { class: isLong ? "choices long" : "choices", "aria-label": "可以点" }, ...choices.map(
    (choice, index) => make("li", {}, make(
      "button", { type: "button", class: "choice", "data-say": choice.say, "data-label": choice.label },
      choices.length > 1 ? make("span", { class: "number", "aria-hidden": "true" }, `${index + 1}`) : null,
      make("span", {}, choice.label),
    )),
  ));
}

/** The question that the choices answer stands next to them, below the card. */
function splitTexts(reply) {
  const asksBelow = reply.card && !reply.card.places.length && reply.choices.length && reply.texts.length;
  return asksBelow ? [reply.texts.slice(0, -1), reply.texts.slice(-1)] : [reply.texts, []];
}

function replyNode(reply) {
  const [above, under] = splitTexts(reply);
  const aloud = [...above, ...(reply.card ? [reply.card.spoken] : []), ...under].join("\n");
  const node = make(
    "li", { class: `turn desk${reply.guard === "DANGER" ? " alarm" : ""}` },
    make("span", { class: "who" }, "前台"),
    reply.guard === "DANGER" ? callsNode(reply.texts) : null,
    ...above.map(bubble),
    reply.card && cardNode(reply.card),
    ...under.map(bubble),
    reply.choices.length ? choicesNode(reply.choices) : null,
    foot(aloud),
  );
  spoken.textContent = aloud;
  return node;
}

/** Show an answer, with the question above it as far as that leaves room. */
function addReply(reply, after) {
  const node = replyNode(reply);
  if (reply.card) {
    log.querySelectorAll(".last-card").forEach((old) => old.classList.remove("last-card"));
    node.classList.add("last-card");
    log.classList.add("has-card");
  }
  log.append(node);
  const isShort = after.offsetHeight < talk.clientHeight / 3;
  reveal(isShort ? after : node);
}

function addMine(text) {
  const node = make("li", { class: "turn mine" },
    make("span", { class: "unseen" }, "您说:"),
    make("div", { class: "bubble" }, text),
    make("div", { class: "foot" }, stamp()));
  log.append(node);
  return node;
}

function addTyping() {
  const text = make("span", {}, "正在查");
  const dots = make("span", { class: "dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
  const node = make("li", { class: "turn desk typing" }, make("div", { class: "bubble" }, text, dots));
  const timer = setTimeout(() => {
    text.textContent = "信号有点慢,还在查";
    spoken.textContent = text.textContent;
  }, 5000);
  spoken.textContent = "正在查";
  log.append(node);
  return () => {
    clearTimeout(timer);
    node.remove();
  };
}

// --- asking -----------------------------------------------------------------------------------------------------

let busy = false;
const failed = new Map(); // what was said → its attempt that failed and may pass later

function setBusy(value) {
  busy = value;
  send.setAttribute("aria-disabled", String(value));
  root.toggleAttribute("data-busy", value);
}

function ask(say, { label = say, typed = false } = {}) {
  if (busy) {
    tellHint("正在查,请等一下。");
    return;
  }
  // The same words again are the same question: it keeps its key, so the desk counts it once.
  const before = failed.get(say);
  if (before) retry(before);
  else deliver({ say, typed, key: uuid(), node: addMine(label), notBefore: 0 });
}

function retry(attempt) {
  if (busy) tellHint("正在查,请等一下。");
  else if (Date.now() < attempt.notBefore) tellHint("问得太快了,请等一下再发。");
  else deliver(attempt);
}

async function deliver(attempt) {
  setBusy(true);
  hush();
  tellHint("");
  forget(attempt);
  if (attempt.node !== log.lastElementChild) log.append(attempt.node);
  const stopTyping = addTyping();
  reading = false;
  newest.hidden = true;
  scrollTo(talk.scrollHeight);
  try {
    const reply = await call("/api/v1/chat", {
      method: "POST", headers: { "Idempotency-Key": attempt.key }, data: { text: attempt.say },
    });
    stopTyping();
    if (attempt.typed && words.value.trim() === attempt.say) setWords("");
    addReply(reply, attempt.node);
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) console.error(trouble);
    stopTyping();
    fail(attempt, trouble instanceof Trouble ? trouble : new Trouble("这一页出了点问题。"));
  } finally {
    setBusy(false);
  }
}

function forget(attempt) {
  failed.delete(attempt.say);
  attempt.node.classList.remove("failed");
  const box = attempt.node.querySelector(".trouble");
  if (!box) return;
  if (box.contains(document.activeElement)) words.focus({ preventScroll: true }); // the focused button goes away
  box.remove();
}

function fail(attempt, trouble) {
  attempt.node.classList.add("failed");
  const box = make("div", { class: "trouble" }, make("span", {}, `没有发出去。${trouble.message}`));
  if (trouble.mayPass) {
    attempt.notBefore = Date.now() + Math.min(trouble.wait, 3600) * 1000;
    failed.set(attempt.say, attempt);
    box.append(retryButton(attempt));
  }
  attempt.node.append(box);
  spoken.textContent = box.firstChild.textContent;
  if (attempt.typed && !words.value) setWords(attempt.say);
  reveal(attempt.node);
}

function retryButton(attempt) {
  const button = make("button", { type: "button", class: "retry" });
  const count = () => {
    const left = Math.ceil((attempt.notBefore - Date.now()) / 1000);
    button.setAttribute("aria-disabled", String(left > 0));
    button.textContent = left > 0 ? `${left}秒后可以重发` : "重发";
    if (left > 0) setTimeout(count, 500);
  };
  count();
  button.addEventListener("click", () => retry(attempt));
  return button;
}

phone.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-say]");
  if (button) ask(button.dataset.say, { label: button.dataset.label || button.dataset.say });
});

// --- the composer -----------------------------------------------------------------------------------------------

function tellHint(text) {
  hint.textContent = text;
}

function setWords(text) {
  words.value = text;
  fitWords();
}

function fitWords() {
  words.style.height = "auto";
  words.style.height = `${words.scrollHeight + words.offsetHeight - words.clientHeight}px`;
  const count = length(words.value.trim());
  if (count > LONGEST) tellHint(`多了${count - LONGEST}个字,请分两次问。`);
  else tellHint(count >= NEAR ? `还能写${LONGEST - count}个字` : "");
}

words.addEventListener("input", fitWords);

words.addEventListener("keydown", (event) => {
  // 229: older WebViews report the Enter that picks a word that way, without isComposing.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  sendWords();
});

find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  sendWords();
});

function sendWords() {
  const text = words.value.trim();
  if (busy) return tellHint("正在查,请等一下。");
  if (!text) {
    words.focus();
    return tellHint("先写一句话,再点“发送”。");
  }
  if (length(text) > LONGEST) return words.focus();
  setWords("");
  if (matchMedia("(pointer: coarse)").matches) words.blur(); // the keyboard would cover the answer
  return ask(text, { typed: true });
}

// --- large print, network, notices, paper -------------------------------------------------------------------------

const large = find("large");

function setLarge(value) {
  const isAtTop = talk.scrollTop < 8;
  const top = !isAtTop && [...log.children].find((node) => node.offsetTop + node.offsetHeight > talk.scrollTop + 8);
  const depth = top ? (talk.scrollTop - top.offsetTop) / top.offsetHeight : 0;
  root.toggleAttribute("data-large", value);
  large.setAttribute("aria-checked", String(value));
  fitWords();
  if (top) talk.scrollTop = top.offsetTop + Math.max(depth, 0) * top.offsetHeight - (depth <= 0 ? 12 : 0);
  lastTop = talk.scrollTop;
}

large.addEventListener("click", () => {
  const value = !root.hasAttribute("data-large");
  setLarge(value);
  remember("localStorage", "qiantai.large", value ? "1" : "");
});

function tellNetwork() {
  offline.hidden = navigator.onLine !== false;
  offline.textContent = offline.hidden ? "" : "网络断了。您写的字还在,连上以后再发。";
}

window.addEventListener("offline", tellNetwork);
window.addEventListener("online", () => {
  tellNetwork();
  lookForNotices();
});

let lastNotice = 0;
let pause = POLL;
let nextLook = 0;
let looking = false;

function moment(at) {
  const when = new Date(typeof at === "number" && at < 1e11 ? at * 1000 : at);
  return Number.isNaN(when.getTime()) ? new Date() : when;
}

function addNotice(notice) {
  const isAtEnd = below() < 48 && !reading;
  const node = make("li", { class: "turn push" }, make(
    "div", { class: "bubble" },
    make("p", { class: "title" }, make("span", {}, "微信通知"), stamp(moment(notice.at))),
    paragraph(notice.text),
  ));
  const typing = log.querySelector(".typing");
  log.insertBefore(node, typing);
  spoken.textContent = `微信通知:${notice.text}`;
  reveal(node, { mayMove: isAtEnd });
}

async function lookForNotices() {
  clearTimeout(nextLook);
  if (looking || document.hidden) return;
  looking = true;
  try {
    const { pushes } = await call(`/api/v1/demo/pushes?after=${lastNotice}`);
    for (const notice of pushes) {
      if (notice.number <= lastNotice) continue;
      lastNotice = notice.number;
      addNotice(notice);
    }
    pause = POLL;
  } catch (trouble) {
    pause = Math.min(pause * 2, POLL_SLOWEST);
  } finally {
    looking = false;
  }
  if (!document.hidden) nextLook = setTimeout(lookForNotices, pause);
}

document.addEventListener("visibilitychange", lookForNotices);

let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...log.querySelectorAll(".last-card details:not([open])")];
  opened.forEach((details) => { details.open = true; });
});
window.addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));

find("welcome").append(foot([...find("welcome").querySelectorAll(".bubble p")].map((p) => p.textContent).join("")));
setLarge(recall("localStorage", "qiantai.large") === "1");
tellNetwork();
lookForNotices();
