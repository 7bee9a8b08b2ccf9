// The page's address is its state: filters, order, page and the open episode stand after the #.

const FILTERS = ["suite", "world", "interaction", "difficulty", "policy", "outcome", "run", "q", "against", "change"];
const BINS = Object.keys(data.bins);
const KEYS = [...FILTERS, ...BINS, "sort", "page", "e", "with"];

const state = Object.fromEntries(KEYS.map((key) => [key, ""]));

function addressOf(changes = {}) {
  const merged = { ...state, ...changes };
  const parameters = new URLSearchParams();
  for (const key of KEYS) if (merged[key] !== "") parameters.set(key, merged[key]);
  const text = parameters.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@");
  return text ? `#${text}` : location.href.split("#")[0];
}

/** Whether the address holds a state; `#tables` is a place on the page and none. */
function addressHoldsState() {
  return location.hash.includes("=");
}

function readAddress() {
  const text = location.hash.slice(1);
  const parameters = new URLSearchParams(addressHoldsState() ? text : "");
  for (const key of KEYS) {
    if (addressHoldsState() || text === "" || key === "e") state[key] = parameters.get(key) ?? "";
  }
}

/** Change the state in place, so that Back leads out of the list and not through every letter typed. */
function replaceAddress(changes) {
  Object.assign(state, changes);
  history.replaceState(history.state, "", addressOf());
}

/** Change the state as a step that Back takes back. */
function pushAddress(changes, mark) {
  Object.assign(state, changes);
  history.pushState(mark, "", addressOf());
}
