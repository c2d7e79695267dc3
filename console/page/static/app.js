// The page: what is shown follows from the address and from what the server pushes.

import {
  classes,
  createStore,
  html,
  render,
  reuse,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "./base.js";
import { AgainDialog, CancelDialog } from "./actions.js";
import { get, query } from "./api.js";
import { now, setClock, useNow } from "./clock.js";
import { clockTime, day, millis } from "./format.js";
import { Brand, Icon } from "./icons.js";
import { RequestList } from "./list.js";
import { follow } from "./live.js";
import { LocalPanel } from "./local.js";
import { Guarded, Problem } from "./parts.js";
import { RequestView, TABS } from "./request.js";
import { Slots } from "./slots.js";
import { StartView } from "./start.js";
import { isRunning, status, title } from "./words.js";

const TYPING = 200;

const store = createStore({
  stack: null,
  list: null,
  older: [],
  next: null,
  request: null,
  slots: null,
  rates: [],
  local: null,
  problems: {},
  live: "connecting",
  filter: { text: "", status: "" },
  route: route(),
  draft: null,
  said: "",
  isMore: false,
  isLocalOpen: false,
  dialog: null,
});

function route() {
  const [view, reference, tab] = location.hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (view === "request" && reference)
    return { view, reference, tab: TABS.some(([name]) => name === tab) ? tab : TABS[0][0] };
  return { view: view === "start" ? "start" : "now" };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // Typed by somebody.
  }
}

const open = (arn, tab) => {
  location.hash = `#/request/${encodeURIComponent(arn)}${tab && tab !== TABS[0][0] ? `/${tab}` : ""}`;
};

window.addEventListener("hashchange", () => {
  const [before, after] = [store.get().route, route()];
  const isOther = before.reference !== after.reference;
  store.set({ route: after, dialog: null, ...(isOther && { request: null, problems: solved("request") }) });
});

// What the server pushes ------------------------------------------------------------------------

const solved = (of) => {
  const { problems } = store.get();
  return problems[of] ? { ...problems, [of]: undefined } : problems;
};

const receive = {
  list: (list) =>
    store.set({
      list: reuse(store.get().list, list),
      problems: solved("list"),
      ...(store.get().older.length === 0 && { next: list.next }),
    }),
  slots: (slots) => store.set({ slots: reuse(store.get().slots, slots), problems: solved("slots") }),
  rates: (rates) => store.set({ rates: reuse(store.get().rates, rates) }),
  local: (local) => {
    setClock(millis(local.read_at), local.speed ?? 1);
    store.set({ local: reuse(store.get().local, local), problems: solved("local") });
  },
  request: (request) => {
    const {
      request: before,
      route: { reference },
    } = store.get();
    const isLate = reference?.startsWith("arn:") && reference !== request.summary.execution_arn;
    if (!reference || isLate) return;
    const after = reuse(before, request);
    store.set({ request: after, problems: solved("request"), ...(before && announcement(before, after)) });
  },
  problem: ({ of, error }) => store.set({ problems: { ...store.get().problems, [of]: error.message } }),
};

/** What a screen reader says of a change. */
function announcement(before, after) {
  const words = [];
  if (before.summary.status !== after.summary.status)
    words.push(`${title(after.summary).slice(0, 80)}: ${status(after.summary.status).text}.`);
  if (!before.clean_up && after.clean_up) words.push("Its clean-up has started.");
  return words.length ? { said: words.join(" ") } : {};
}

function useLive({ filter, reference, hasControls }) {
  const path = `api/live?${[
    query({ text: filter.text, status: filter.status, ref: reference }),
    "watch=list&watch=slots&watch=rates",
    hasControls && "watch=local",
  ]
    .filter(Boolean)
    .join("&")}`;
  useEffect(() => {
    let end = () => {};
    const timer = setTimeout(
      () => {
        end = follow(path, receive, (live) => store.set({ live }));
      },
      store.get().live === "connecting" ? 0 : TYPING,
    );
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [path]);
}

/** Moves the focus to what was navigated to; the heading of a request takes it once it is there. */
function useFocus(place) {
  const last = useRef(place);
  useLayoutEffect(() => {
    if (last.current === place) return;
    last.current = place;
    const main = document.querySelector("main");
    (main.querySelector("h1") ?? main).focus();
  }, [place]);
}

async function readMore() {
  const { next, older, filter } = store.get();
  store.set({ isMore: true });
  try {
    const found = await get("requests", { ...filter, page: next });
    store.set({ older: [...older, ...found.requests], next: found.next });
  } catch (error) {
    receive.problem({ of: "list", error });
  }
  store.set({ isMore: false });
}

/** The newest, as pushed, and the pages that were read after them. */
function requests({ list, older, next }) {
  if (!list) return null;
  const newest = new Set(list.requests.map((one) => one.execution_arn));
  return { requests: [...list.requests, ...older.filter((one) => !newest.has(one.execution_arn))], next };
}

// What is shown ---------------------------------------------------------------------------------

function App() {
  const [state, setState] = useState(store.get());
  useEffect(() => store.subscribe(() => setState(store.get())), []);
  useEffect(() => {
    get("stack").then(
      (stack) => store.set({ stack, problems: solved("stack") }),
      (error) => receive.problem({ of: "stack", error }),
    );
  }, [state.live === "live"]);
  const {
    stack,
    filter,
    route: { view, reference, tab },
    problems,
    request,
    dialog,
  } = state;
  useLive({ filter, reference, hasControls: stack?.has_controls });
  useEffect(() => {
    const name =
      view === "start" ? "Start a request" : request ? title(request.summary).slice(0, 80) : "Requests";
    document.title = `${name} – Orchestrator`;
  }, [view, request && title(request.summary)]);
  useFocus(`${view} ${reference}`);
  const close = () => store.set({ dialog: null });
  const edit = (input) => {
    const { dry_run: _, ...rest } = input;
    store.set({ draft: JSON.stringify(rest, null, 2) });
    location.hash = "#/start";
  };
  return html`
    <div class=${classes("app", `view-${view}`, state.isLocalOpen && "with-local")}>
      <a class="skip" href="#main" onClick=${(event) => {
        event.preventDefault();
        document.querySelector("main").focus();
      }}>Skip to the content</a>
      <${Top} state=${state} />
      <aside class="pane" aria-label="Requests and slots">
        <${RequestList} list=${requests(state)} problem=${problems.list ?? problems.stack} filter=${filter} selected=${request?.summary.execution_arn}
          isMore=${state.isMore} onMore=${readMore} onFilter=${(changed) => store.set({ filter: changed, older: [], next: null })} />
        <section class="pane-slots" aria-label="Export slots"><${Slots} slots=${state.slots} rates=${state.rates} problem=${problems.slots} isSmall /></section>
      </aside>
      <main id="main" tabindex="-1"><${Guarded} of=${`${view} ${reference} ${tab}`}>
        ${
          view === "request" &&
          html`
          <a class="back" href="#/"><${Icon} name="back" />All requests</a>
          <${RequestView} request=${request} problem=${problems.request} tab=${tab} onTab=${(next) => open(reference, next)}
            onCancel=${() => store.set({ dialog: "cancel" })}
            onAgain=${() => (request.summary.dry_run ? edit(request.input) : store.set({ dialog: "again" }))} />`
        }
        ${
          view === "start" &&
          html`
          <a class="back" href="#/"><${Icon} name="back" />All requests</a>
          <${StartView} draft=${state.draft} stack=${stack} onDraft=${(draft) => store.set({ draft })} onStarted=${(arn) => open(arn)} />`
        }
        ${view === "now" && html`<${Now} state=${state} />`}
      <//></main>
      ${state.isLocalOpen && html`<${LocalPanel} local=${state.local} problem=${problems.local} onClose=${() => store.set({ isLocalOpen: false })} />`}
      ${dialog === "cancel" && request && html`<${CancelDialog} request=${request} onClose=${close} onDone=${close} />`}
      ${dialog === "again" && request && html`<${AgainDialog} request=${request} onClose=${close} onDone=${(arn) => open(arn)} onEdit=${() => edit(request.input)} />`}
      <p class="hidden" role="status" aria-live="polite">${state.said}</p>
    </div>`;
}

const LIVE = {
  live: ["Live", "done"],
  connecting: ["Connecting…", "idle"],
  reconnecting: ["Reconnecting…", "queue"],
};

function Top({ state: { stack, live, isLocalOpen, local } }) {
  const [text, tone] = LIVE[live];
  return html`
    <header class="top">
      <a class="brand" href="#/"><${Brand} /><span>Orchestrator</span></a>
      ${stack && html`<p class="where"><strong><bdi>${stack.name}</bdi></strong> <span>${stack.account}</span> <span>${stack.region}</span></p>`}
      <p class=${`live tone-${tone}`} role="status"><span class="live-dot" aria-hidden="true"></span>${text}</p>
      <${Clock} local=${local} />
      <div class="top-actions">
        ${stack?.has_controls && html`<button type="button" class="local-toggle" aria-expanded=${isLocalOpen} onClick=${() => store.set({ isLocalOpen: !isLocalOpen })}><${Icon} name="cloud" /><span>Local AWS</span></button>`}
        <a class="button primary" href="#/start"><${Icon} name="plus" /><span>Start a request</span></a>
      </div>
    </header>`;
}

function Clock({ local }) {
  const time = new Date(useNow()).toISOString();
  return html`<p class="clock" title=${local ? "Simulated time of the local AWS, in UTC" : "All times are UTC"}>
    <time datetime=${time}>${local && `${day(time)}, `}${clockTime(time)}</time> UTC${local && html` <span class="speed">${speedWords(local.speed)}</span>`}</p>`;
}

const speedWords = (speed) =>
  speed ? `${Number(speed.toPrecision(3)).toLocaleString("en")}×` : "as fast as it computes";

function Now({ state }) {
  const { list, slots, rates, problems } = state;
  const running = (list?.requests ?? []).filter((one) => isRunning(one.status)).length;
  const failed = (list?.requests ?? []).filter((one) => ["FAILED", "TIMED_OUT"].includes(one.status)).length;
  return html`
    <section class="now" aria-labelledby="now-title">
      <h1 id="now-title" tabindex="-1">${running === 0 ? "Nothing runs now" : `${running} ${running === 1 ? "request runs" : "requests run"} now`}</h1>
      <p class="quiet">${failed ? `Of the requests listed, ${failed} failed.` : ""} Choose a request to see its resources, its graph and its history.</p>
      ${problems.stack && html`<${Problem} title="AWS cannot be read." text=${problems.stack} />`}
      <div class="card"><h2>Export slots and rates</h2><${Slots} slots=${slots} rates=${rates} problem=${problems.slots} /></div>
    </section>`;
}

render(html`<${App} />`, document.querySelector("#app"));
