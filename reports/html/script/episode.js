// One episode: what was asked, what came of it, and another policy's attempt beside it.

const dialog = document.getElementById("episode");
const NOBODY = "-";
let openedUrls = [];

const MEASURES = [
  ["manhattan_m", "Manhattan distance", "m", 1],
  ["straight_m", "straight line", "m", 1],
  ["path_m", "on foot", "m", 1],
  ["view_angle_deg", "between the views", "°", 0],
  ["covisibility", "start view’s surface in the goal view", "%", 0],
  ["goal_camera_height_m", "goal camera above the target", "m", 1],
  ["goal_camera_pitch_deg", "goal camera looks down", "°", 0],
  ["goal_camera_distance_m", "goal camera to the target", "m", 1],
  ["goal_target_pixels", "target in the goal view", "px", 0],
  ["start_target_pixels", "target in the start view", "px", 0],
];

function openEpisode(each) {
  pushAddress({ e: nameOf[each] }, { opened: true });
  whenWhole(showEpisode);
}

function closeEpisode() {
  if (history.state && history.state.opened) history.back();
  else {
    replaceAddress({ e: "" });
    showEpisode();
  }
}

/** The dialog is what the address says: open on an episode, or closed. */
function showEpisode() {
  const each = names.get(state.e);
  const unknown = document.getElementById("unknown-episode");
  unknown.hidden = state.e === "" || each !== undefined;
  unknown.textContent = unknown.hidden ? "" : `This page has no episode called ${state.e}.`;
  if (each === undefined) {
    if (dialog.open) {
      const last = Number(dialog.dataset.episode);
      forgetUrls();
      dialog.close();
      document.getElementById("episode-body").replaceChildren();
      focusEpisode(last);
    }
    return;
  }
  drawEpisode(each);
  if (!dialog.open) {
    dialog.showModal();
    document.getElementById("close-episode").focus();
  }
}

function forgetUrls() {
  for (const url of openedUrls) URL.revokeObjectURL(url);
  openedUrls = [];
}

function drawEpisode(each) {
  forgetUrls();
  dialog.dataset.episode = each;
  const scenario = episodes.scenario[each];
  const suite = data.suites[scenarios.suite[scenario]];
  document.getElementById("episode-title").textContent = scenarios.id[scenario];
  const facts = [
    readable(data.interactions[scenarios.interaction[scenario]]),
    data.difficulties[scenarios.difficulty[scenario]],
    data.worlds[scenarios.world[scenario]],
    `seed ${episodes.seed[each]}`,
  ];
  document.getElementById("episode-facts").replaceChildren(
    ...(suite.rehearsal ? [element("strong", { class: "rehearsal-mark" }, "REHEARSAL"), " "] : []),
    facts.join(" · "),
  );
  const place = list.rows.indexOf(each);
  document.getElementById("episode-place").textContent = place < 0 ? "not in the list below" : `${(place + 1).toLocaleString("en")} of ${list.rows.length.toLocaleString("en")}`;
  document.getElementById("previous-episode").disabled = place <= 0;
  document.getElementById("next-episode").disabled = place < 0 || place === list.rows.length - 1;
  const other = beside(each);
  const cards = element("div", { class: other === undefined ? "cards" : "cards two" }, card(each), other === undefined ? null : card(other));
  const parts = [views(scenario), measures(scenario), aboutTheRow(scenario), besideControl(each, other), cards].filter((part) => part !== null);
  document.getElementById("episode-body").replaceChildren(...parts);
  dialog.scrollTop = 0;
}

/** Which episode stands beside it: the one asked for, or another policy's on the same scenario and seed. */
function beside(each) {
  if (state.with === NOBODY) return undefined;
  const asked = data.policies.indexOf(state.with);
  if (asked >= 0 && asked !== episodes.policy[each]) return partner(each, asked);
  return siblings(each).find((other) => other !== each && episodes.seed[other] === episodes.seed[each]);
}

function besideControl(each, other) {
  const others = siblings(each).filter((one) => one !== each && episodes.seed[one] === episodes.seed[each]);
  if (!others.length) return null;
  const select = element("select", { id: "beside" }, element("option", { value: NOBODY }, "nothing"));
  for (const one of others) select.append(element("option", { value: data.policies[episodes.policy[one]] }, data.policies[episodes.policy[one]]));
  select.value = other === undefined ? NOBODY : data.policies[episodes.policy[other]];
  select.addEventListener("change", () => {
    replaceAddress({ with: select.value });
    drawEpisode(each);
    document.getElementById("beside").focus();
  });
  const row = element("div", { class: "beside" }, element("label", { for: "beside" }, "Beside it: "), select);
  if (other !== undefined && episodes.video[each] && episodes.video[other]) {
    const button = element("button", { type: "button", id: "play-both" }, "Play both from the start");
    button.addEventListener("click", () => {
      for (const video of dialog.querySelectorAll("video")) {
        video.currentTime = 0;
        video.play().catch(() => showLost(video));
      }
    });
    row.append(" ", button);
  }
  return row;
}

function views(scenario) {
  const pictures = scenarios.pictures[scenario];
  if (!pictures) return element("p", { class: "quiet" }, "No views of this scenario are on this page; above the list it says why.");
  const start = element("figure", {}, element("div", { class: "picture" }, picture(pictures.start, "What the agent sees first")), element("figcaption", {}, "Start view"));
  const frame = element("div", { class: "picture" }, picture(pictures.goal, "Goal view"), picture(pictures.mask, "The target's mask", "mask"));
  if (pictures.zoom) frame.append(zoomed(pictures));
  const toggle = element("input", { type: "checkbox", id: "show-mask", checked: !dialog.classList.contains("unmasked") });
  toggle.addEventListener("change", () => dialog.classList.toggle("unmasked", !toggle.checked));
  const goals = scenarios.goals[scenario];
  const which = goals > 1 ? `(goal 1 of ${goals}) ` : "";
  const caption = element("figcaption", {}, `Goal view ${which}`, element("label", {}, toggle, " with the target’s mask"));
  return element("div", { class: "views" }, start, element("figure", {}, frame, caption));
}

function picture(place, text, kind) {
  return element("img", { src: located(place), alt: text, class: kind, decoding: "async" });
}

/** The surroundings of a small target, enlarged in a corner. */
function zoomed(pictures) {
  const [x, y, half, left, top] = pictures.zoom;
  const inset = element("div", { class: "zoom", "aria-hidden": "true" });
  inset.style.left = left > 0 ? "auto" : "0";
  inset.style.right = left > 0 ? "0" : "auto";
  inset.style.top = top > 0 ? "auto" : "0";
  inset.style.bottom = top > 0 ? "0" : "auto";
  for (const [place, kind] of [[pictures.goal, ""], [pictures.mask, "mask"]]) {
    const image = element("img", { src: located(place), alt: "", class: kind });
    image.style.width = `${100 / (2 * half)}%`;
    image.style.left = `${-100 * ((x - half) / (2 * half))}%`;
    image.style.top = `${-100 * ((y - half) / (2 * half))}%`;
    inset.append(image);
  }
  inset.append(element("span", {}, "zoom"));
  return inset;
}

function measures(scenario) {
  const rows = element("dl", { class: "measures" });
  const values = scenarios.view[scenario];
  for (const [name, title, unit, digits] of MEASURES) {
    const value = values[measureOf(name)];
    if (typeof value !== "number") continue;
    const text = name === "start_target_pixels" && value === 0 ? "hidden" : unit === "°" ? `${value.toFixed(digits)}°` : unit === "%" ? `${(100 * value).toFixed(digits)}%` : `${value.toFixed(digits)} ${unit}`;
    rows.append(element("div", {}, element("dt", {}, title), element("dd", {}, text)));
  }
  return rows;
}

function aboutTheRow(scenario) {
  const goals = scenarios.goals[scenario];
  if (!(goals > 1)) return null;
  return element("p", { class: "quiet" }, `${goals} goals, one after the other: interaction, difficulty and measures of the views are those of the first.`);
}

function card(each) {
  const facts = element("dl");
  const add = (title, text) => facts.append(element("div", {}, element("dt", {}, title), element("dd", {}, text)));
  add("steps", String(episodes.steps[each]));
  if (episodes.nearest[each] !== null) add("nearest to the target", `${number(episodes.nearest[each], 1)} m`);
  if (episodes.path[each] !== null) add("way walked", `${number(episodes.path[each], 1)} m`);
  add("target first in view", firstInView(each));
  if (episodes.wrong[each]) add("wrong targets", String(episodes.wrong[each]));
  const reached = goalsReached(each);
  if (reached) add("goals reached", reached);
  if (episodes.attempt[each] > 1) add("attempt", String(episodes.attempt[each]));
  add("took", `${number(episodes.seconds[each], 1)} s`);
  return element(
    "article",
    { class: "card" },
    element("h3", {}, element("span", { class: "policy-name" }, data.policies[episodes.policy[each]]), " ", outcomeBadge(each)),
    element("p", { class: "why" }, data.reasons[episodes.reason[each]]),
    video(each),
    facts,
    command(each),
  );
}

/** Where a world can't tell at every step whether the target is in view, only what it could tell is said. */
function firstInView(each) {
  const [seen, unknown] = [episodes.firstSeen[each], episodes.sightUnknown[each]];
  if (seen !== null) return unknown ? `by step ${seen}` : `step ${seen}`;
  if (unknown === 0) return "never";
  return unknown !== null && unknown <= episodes.steps[each] ? "not where it was measured" : "not measured";
}

/** Of a row of goals; empty where one thing was asked, or nobody knows. */
function goalsReached(each) {
  const [score, goals] = [episodes.score[each], scenarios.goals[episodes.scenario[each]]];
  if (OUTCOMES[episodes.outcome[each]] === "error") return "";
  if (goals > 1) return `${Math.round(goals * score)} of ${goals}`;
  return score > 0 && score < 1 ? `${Math.round(100 * score)}%` : "";
}

function video(each) {
  const place = episodes.video[each];
  if (!place) return element("p", { class: "no-video quiet" }, "No video was kept of this episode.");
  const pictures = scenarios.pictures[episodes.scenario[each]];
  const address = videoAddress(place[0]);
  if (address.startsWith("blob:")) openedUrls.push(address);
  const poster = pictures ? located(pictures.start) : located(place[1]);
  const player = element("video", { controls: true, preload: "none", playsinline: true, poster: poster || null, "aria-label": `Video of ${data.policies[episodes.policy[each]]}` });
  player.dataset.place = place[0].startsWith("#") ? "" : place[0];
  player.addEventListener("error", () => showLost(player));
  player.src = address;
  return player;
}

function showLost(player) {
  if (!player.isConnected) return;
  const where = player.dataset.place ? `${decodeURIComponent(player.dataset.place)}, beside this page` : "this page";
  player.replaceWith(element("p", { class: "no-video" }, `The video can’t be played from ${where}. When a page was sent alone, its videos stayed in the run folder.`));
}

function command(each) {
  const text = replayCommand(each);
  const code = element("code", {}, text);
  const button = element("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  });
  return element("div", { class: "command" }, code, button);
}

function step(by) {
  const place = list.rows.indexOf(Number(dialog.dataset.episode)) + by;
  if (list.rows.indexOf(Number(dialog.dataset.episode)) < 0 || place < 0 || place >= list.rows.length) return;
  replaceAddress({ e: nameOf[list.rows[place]] });
  drawEpisode(list.rows[place]);
}

document.getElementById("close-episode").addEventListener("click", closeEpisode);
document.getElementById("previous-episode").addEventListener("click", () => step(-1));
document.getElementById("next-episode").addEventListener("click", () => step(1));
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  closeEpisode();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) closeEpisode();
});
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("video, select, input")) return;
  if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "ArrowRight") step(1);
  else if (event.key === "m") document.getElementById("show-mask")?.click();
});
