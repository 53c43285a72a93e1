// The board's page: asks for the room every two seconds and draws it. All that people typed is set as
// text. The code, or the host's token, is kept for this tab alone and goes into no address.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const EVERY = 2000;
  const MARKS = [["passed", "passed", "✓"], ["trying", "trying", "…"], ["stuck", "stuck", "!"], ["left", "open", "↷"]];
  let key = "", tag = "", state = null, ahead = 0, failures = 0, timer = 0, heard = 0;
  const shown = [];

  function make(name, text, classes) {
    const one = document.createElement(name);
    if (text !== undefined) one.textContent = text;
    if (classes) one.className = classes;
    return one;
  }
  const count = (number, word) => number + " " + word + (number === 1 ? "" : "s");

  function keep(value) { try { value ? sessionStorage.setItem("board", value) : sessionStorage.removeItem("board"); } catch { /* a private window */ } }
  function kept() { try { return sessionStorage.getItem("board") || ""; } catch { return ""; } }

  function begin() {
    const given = decodeURIComponent(location.hash.slice(1));
    if (given.startsWith("host=")) {
      key = given.slice(5);
      history.replaceState(null, "", location.pathname);  // a projector shows the address
    } else if (given) {
      key = given;
    } else {
      key = kept();
    }
    if (key) { keep(key); look(); } else ask("");
  }

  function ask(why) {
    clearTimeout(timer);
    key = ""; keep("");
    $("board").hidden = true; $("ask").hidden = false;
    $("wrong").hidden = !why; $("wrong").textContent = why;
    $("typed").focus();
  }

  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = $("typed").value.replace(/[\s-]/g, "");
    if (!typed) return;
    // The 12 letters end with the code; the address in them is where we are.
    key = typed.length === 12 ? typed.slice(7) : typed.replace(/^.*#/, "");
    history.replaceState(null, "", "#" + encodeURIComponent(key.toLowerCase()));
    keep(key); tag = ""; look();
  });
  addEventListener("hashchange", () => { tag = ""; begin(); });

  async function look() {
    clearTimeout(timer);
    try {
      const headers = { Authorization: "Bearer " + key };
      if (tag) headers["If-None-Match"] = tag;
      const answer = await fetch("/state", { headers, cache: "no-store", signal: AbortSignal.timeout?.(8000) });
      if (answer.status === 403) {
        ask((await answer.json()).error);
        return;
      }
      if (answer.status !== 304 && !answer.ok) throw new Error(answer.status === 429 ? (await answer.json()).error : "");
      const now = Number(answer.headers.get("X-Board-Now"));
      if (now) ahead = now - Date.now() / 1000;
      if (answer.status !== 304) {
        state = await answer.json();
        tag = answer.headers.get("Etag") || "";
        draw();
      }
      failures = 0; heard = Date.now();
      $("away").hidden = true;
    } catch (error) {
      failures += 1;
      const since = heard ? " What you see is of " + new Date(heard).toLocaleTimeString([], { timeStyle: "short" }) + "." : "";
      if (failures > 1 || !state) {
        $("away").hidden = false;
        $("away").textContent = (error.message && !(error instanceof TypeError) && error.name === "Error" ? error.message : "The board does not answer.") + since + " Trying again.";
      }
    }
    timer = setTimeout(look, Math.min(EVERY * (1 + failures), 15000) * (0.9 + 0.2 * Math.random()));
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && key) look(); });

  async function post(path, body) {
    try {
      const answer = await fetch(path, {
        method: "POST", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", Authorization: "Bearer " + key },
      });
      if (!answer.ok) throw new Error((await answer.json()).error);
    } catch (error) {
      $("away").hidden = false;
      $("away").textContent = "That did not reach the board. " + (error instanceof TypeError ? "" : error.message);
      return;
    }
    look();
  }
  for (const button of document.querySelectorAll("[data-press]")) {
    button.addEventListener("click", () => {
      if (button.dataset.press === "reset" && !confirm("Set the timer back to the start?")) return;
      post("/timer", { press: button.dataset.press, minutes: Number(button.dataset.minutes || 0) });
    });
  }

  $("fill").addEventListener("click", () => {
    const full = $("join").classList.toggle("full");
    $("fill").textContent = full ? "Back to the board" : "Fill the screen";
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && $("join").classList.contains("full")) $("fill").click();
  });

  function set(id, text) { if ($(id).textContent !== text) $(id).textContent = text; }

  function draw() {
    $("ask").hidden = true; $("board").hidden = false;
    const quiet = state.quiet ? " · " + state.quiet + " without a check for 20 minutes" : "";
    set("people", (state.joined ? count(state.joined, "person").replace("persons", "people") : "nobody") + " joined" + quiet);
    set("link", state.link.replace(/^http:\/\//, "")); set("line", state.line);
    if ($("qr").getAttribute("src") !== state.qr) $("qr").src = state.qr;
    $("qr").alt = "QR code of " + state.link;
    $("controls").hidden = !state.host;
    for (const button of document.querySelectorAll("[data-press]")) {
      const wanted = { start: "ready", pause: "running", resume: "paused" }[button.dataset.press];
      button.hidden = wanted ? wanted !== state.clock.state : false;
    }
    const open = new Set(state.clock.stops.map((stop) => stop.exercise));
    rows(open);
    stops(); tick();
  }

  // Only the rows that say something new: a button keeps its focus, a reader its place.
  function rows(open) {
    const body = $("room").tBodies[0];
    state.exercises.forEach((one, place) => {
      const says = JSON.stringify([one, open.has(one.name), state.joined, state.host]);
      if (shown[place] === says) return;
      shown[place] = says;
      const line = row(one, open.has(one.name));
      if (body.rows[place]) body.rows[place].replaceWith(line); else body.append(line);
    });
  }

  function row(one, onPath) {
    const line = make("tr"), head = make("th"), bars = make("td", undefined, "bars"), strip = make("div");
    line.setAttribute("role", "row"); head.setAttribute("role", "rowheader"); head.scope = "row";
    bars.setAttribute("role", "cell"); bars.setAttribute("aria-hidden", "true");
    line.dataset.exercise = one.name;
    head.append(one.number + " ", make("code", one.name));
    if (onPath) {
      const star = make("span", " ★");
      star.setAttribute("role", "img"); star.setAttribute("aria-label", "on today's path");
      head.append(star);
    }
    if (one.stuck_names.length) {
      const names = make("div", "stuck, help is welcome: ", "names small");
      one.stuck_names.forEach((name, place) => {
        const who = make("bdi", name);
        names.append(place ? ", " : "", who);
        if (state.host) {
          const hide = make("button", "hide");
          hide.type = "button"; hide.setAttribute("aria-label", "hide the name " + name);
          hide.addEventListener("click", () => post("/hide", { nickname: name }));
          names.append(" ", hide);
        }
      });
      head.append(names);
    }
    bars.append(strip); line.append(head, bars);
    for (const [field, look, mark] of MARKS) {
      const cell = make("td", String(one[field]), "count" + (one[field] ? "" : " zero") + (field === "stuck" && one.stuck ? " some-stuck" : ""));
      cell.setAttribute("role", "cell"); cell.dataset.mark = mark; cell.dataset.count = field;
      line.append(cell);
      if (one[field]) {
        const part = make("i", undefined, look);
        part.style.width = (100 * one[field]) / Math.max(1, state.joined) + "%";
        strip.append(part);
      }
    }
    return line;
  }

  const label = (stop) => (stop.exercise ? stop.number + " " + stop.exercise : "figures, questions, talk");
  function elapsed() {
    const clock = state.clock;
    return clock.state === "running" ? Math.max(0, Date.now() / 1000 + ahead - clock.zero) : clock.elapsed;
  }
  function stops() {
    $("bar").replaceChildren(...state.clock.stops.map((stop) => {
      const part = make("span");
      part.title = label(stop); part.style.flexGrow = stop.end - stop.start;
      part.append(make("i"));
      return part;
    }));
    $("stops").replaceChildren(...state.clock.stops.map((stop) => {
      const item = make("li");
      item.append(make("span", Math.round(stop.start) + " to " + Math.round(stop.end) + " min: ", "number muted"), label(stop));
      return item;
    }));
  }

  function tick() {
    if (!state) return;
    const list = state.clock.stops, minute = elapsed() / 60, last = list[list.length - 1];
    let here = list.findIndex((stop) => minute < stop.end);
    const over = here < 0;
    if (over) here = list.length - 1;
    const stop = list[here], ready = state.clock.state === "ready";
    const paused = state.clock.state === "paused" ? "Break, then: " : "";
    set("now", ready ? "Not started yet" : over ? "Time is up" : paused + label(stop));
    const seconds = Math.max(0, Math.ceil((ready ? last.end : over ? 0 : stop.end) * 60 - (ready ? 0 : minute * 60)));
    set("left", Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0"));
    set("leftwords", ready ? "in all" : over ? "of " + Math.round(last.end) + " minutes" : "left for it; " + Math.max(0, Math.ceil(last.end - minute)) + " minutes in all");
    set("next", ready ? "First: " + label(list[0]) : here + 1 < list.length ? "Next: " + label(list[here + 1]) : "");
    [...$("bar").children].forEach((part, place) => {
      const one = list[place];
      const share = Math.min(1, Math.max(0, (minute - one.start) / (one.end - one.start)));
      part.firstChild.style.width = 100 * share + "%";
      part.classList.toggle("here", place === here && !ready && !over);
    });
    $("bar").setAttribute("aria-label", "Time path: " + Math.floor(Math.min(minute, last.end)) + " of " + Math.round(last.end) + " minutes gone");
    [...$("stops").children].forEach((item, place) => item.classList.toggle("here", place === here && !ready && !over));
    for (const line of $("room").tBodies[0].rows) {
      line.classList.toggle("here", !ready && !over && line.dataset.exercise === stop.exercise);
    }
  }
  setInterval(tick, 250);
  begin();
})();
