// The local AWS besides: what other callers do, what goes wrong, and the pace of time.

import { html, useEffect, useState } from "./base.js";
import { post } from "./api.js";
import { useNow } from "./clock.js";
import { duration, millis, moment, shortId } from "./format.js";
import { Icon } from "./icons.js";
import { Problem } from "./parts.js";
import { tone } from "./words.js";

const SHOWN = 12;

const CAMPAIGN_ACTS = {
  Initialized: ["StartCampaign"],
  Running: ["PauseCampaign", "StopCampaign", "FailCampaign"],
  Paused: ["ResumeCampaign", "StopCampaign"],
};
const VERBS = {
  StartCampaign: "Start",
  PauseCampaign: "Pause",
  StopCampaign: "Stop",
  FailCampaign: "Fail",
  ResumeCampaign: "Resume",
  CancelExportTask: "Cancel",
  CreateSnapshot: "Create",
  DeleteSnapshot: "Delete",
};

export function LocalPanel({ local, problem, onClose }) {
  const [said, setSaid] = useState(null);
  const [error, setError] = useState(null);
  const send = async (control, body, words) => {
    setError(null);
    try {
      await post(`local/${control}`, body);
      setSaid(words);
    } catch (failure) {
      setError(failure.message);
    }
  };
  return html`
    <aside class="local" aria-labelledby="local-title">
      <header class="local-head">
        <h2 id="local-title" tabindex="-1">Local AWS</h2>
        <button type="button" class="square" aria-label="Close the panel" onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      <p class="quiet">What other callers do, and what goes wrong. A real account has no such panel.</p>
      ${(problem || error) && html`<${Problem} title="" text=${error ?? problem} />`}
      <p class="hidden" role="status">${said}</p>
      ${
        local &&
        html`
        <${Time} local=${local} send=${send} />
        <${Campaigns} campaigns=${local.campaigns} send=${send} />
        <${Exports} exports=${local.exports} send=${send} />
        <${Snapshots} snapshots=${local.snapshots} send=${send} />
        <${Faults} local=${local} send=${send} />`
      }
    </aside>`;
}

const SPEEDS = [1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600, 10_000, 100_000];
const stepOf = (speed) =>
  Math.max(
    0,
    SPEEDS.findLastIndex((one) => one <= (speed ?? 1)),
  );

function Time({ local, send }) {
  const now = useNow();
  const [step, setStep] = useState(stepOf(local.speed));
  useEffect(() => setStep(stepOf(local.speed)), [local.speed]);
  const ahead = millis(local.next_jump) - now;
  return html`
    <section class="local-part" aria-labelledby="time-title">
      <h3 id="time-title">Time</h3>
      ${
        local.speed === null
          ? html`<p>Time jumps as soon as nothing runs.</p>`
          : html`
          <label class="slider">Speed: <output>${SPEEDS[step].toLocaleString("en")}×</output>
            <input type="range" min="0" max=${SPEEDS.length - 1} step="1" value=${step} aria-valuetext=${`${SPEEDS[step]} times as fast as real time`}
              onInput=${(event) => setStep(Number(event.target.value))}
              onChange=${(event) => send("speed", { speed: SPEEDS[event.target.value] }, "The speed was changed")} /></label>
          <button type="button" disabled=${!local.next_jump} onClick=${() => send("jump", {}, "Time has jumped")}><${Icon} name="next" />Jump to the next moment</button>
          <p class="quiet">${local.next_jump ? html`Something is due at <time datetime=${local.next_jump}>${moment(local.next_jump, now)}</time>${ahead > 1000 ? `, in ${duration(ahead)}` : ""}.` : "Nothing is due."}</p>`
      }
    </section>`;
}

/** A list that shows its first entries, and finds the others. */
function Things({ title, things, name, empty, children }) {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const found = things.filter((one) => !wanted || name(one).toLowerCase().includes(wanted));
  const id = `local-${title.toLowerCase()}`;
  return html`
    <section class="local-part" aria-labelledby=${id}>
      <div class="local-part-head"><h3 id=${id}>${title} <span class="quiet">${things.length}</span></h3>
        ${things.length > SHOWN && html`<label><span class="hidden">Find ${title.toLowerCase()}</span><input type="search" placeholder="Find" value=${text} onInput=${(event) => setText(event.target.value)} /></label>`}</div>
      ${things.length === 0 && html`<p class="quiet">${empty}</p>`}
      <ul class="things">${found.slice(0, SHOWN).map(children)}</ul>
      ${found.length > SHOWN && html`<p class="quiet">and ${found.length - SHOWN} more</p>`}
    </section>`;
}

const Thing = ({ name, state, percent, acts, onAct }) => html`
  <li class="thing">
    <span class="thing-name" title=${name}><bdi>${name}</bdi></span>
    <span class=${`state tone-${tone(state, "PENDING")}`}><bdi>${state}</bdi>${percent > 0 && percent < 100 ? ` ${percent} %` : ""}</span>
    <span class="thing-acts">${acts.map(
      (operation) => html`
      <button key=${operation} type="button" aria-label=${`${VERBS[operation]} ${name}`} title=${operation} onClick=${() => onAct(operation)}>${VERBS[operation]}</button>`,
    )}</span>
  </li>`;

const Campaigns = ({ campaigns, send }) => html`
  <${Things} title="Campaigns" things=${campaigns} name=${(one) => one.name} empty="This world has none.">
    ${(
      one,
    ) => html`<${Thing} key=${`${one.api_version} ${one.id}`} name=${one.name} state=${one.state} acts=${CAMPAIGN_ACTS[one.state] ?? []}
      onAct=${(operation) => send("act", { operation, campaign_id: one.id }, `${operation} of ${one.name}`)} />`}
  <//>`;

const RUNNING_EXPORTS = ["STARTING", "IN_PROGRESS"];

const Exports = ({ exports, send }) => html`
  <${Things} title="Exports" things=${[...exports].sort((a, b) => RUNNING_EXPORTS.includes(b.state) - RUNNING_EXPORTS.includes(a.state))} name=${(one) => one.source_arn} empty="None has been started.">
    ${(
      one,
    ) => html`<${Thing} key=${one.id} name=${shortId(one.source_arn)} state=${one.state} percent=${one.percent}
      acts=${RUNNING_EXPORTS.includes(one.state) ? ["CancelExportTask"] : []}
      onAct=${(operation) => send("act", { operation, source_arn: one.source_arn }, `${operation} of ${one.source_arn}`)} />`}
  <//>`;

const SNAPSHOT = /^(.*:(?:cluster-)?snapshot:)/;

function Snapshots({ snapshots, send }) {
  const [name, setName] = useState("made-by-hand");
  const prefix = snapshots.map(({ arn }) => arn.match(SNAPSHOT)?.[1]).find(Boolean);
  const create = (event) => {
    event.preventDefault();
    send("act", { operation: "CreateSnapshot", arn: prefix + name }, `CreateSnapshot of ${name}`);
  };
  return html`
    <${Things} title="Snapshots" things=${snapshots} name=${(one) => one.arn} empty="This world has none.">
      ${(
        one,
      ) => html`<${Thing} key=${one.arn} name=${shortId(one.arn)} state=${one.state} percent=${one.percent}
        acts=${one.state === "available" ? ["DeleteSnapshot"] : []}
        onAct=${(operation) => send("act", { operation, arn: one.arn }, `${operation} of ${one.arn}`)} />`}
    <//>
    ${
      prefix &&
      html`<form class="inline" onSubmit=${create}><label><span class="hidden">Identifier of a new snapshot</span>
      <input value=${name} required pattern="[A-Za-z](-?[A-Za-z0-9])*" onInput=${(event) => setName(event.target.value)} /></label>
      <button type="submit">Create snapshot</button></form>`
    }`;
}

const THROTTLES = /Campaign|GetResources|ListTagsForResource/;

function Faults({ local, send }) {
  const [operation, setOperation] = useState("GetCampaignStateBatch");
  const [share, setShare] = useState(30);
  const error = THROTTLES.test(operation) ? "ThrottlingException" : "Throttling";
  const throttle = (event) => {
    event.preventDefault();
    send("faults", { add: { operation, error, rate: share / 100 } }, `${operation} is throttled`);
  };
  return html`
    <section class="local-part" aria-labelledby="faults-title">
      <h3 id="faults-title">Faults</h3>
      <form class="inline" onSubmit=${throttle}>
        <label><span class="hidden">Operation</span><select value=${operation} onChange=${(event) => setOperation(event.target.value)}>
          ${local.faulty_operations.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label>
        <label><span class="hidden">Share of calls</span><select value=${share} onChange=${(event) => setShare(Number(event.target.value))}>
          ${[10, 30, 50, 100].map((one) => html`<option key=${one} value=${one}>${one} %</option>`)}</select></label>
        <button type="submit">Throttle</button>
      </form>
      <button type="button" onClick=${() => send("faults", { add: { event: "*", drop: 1 } }, "Events are dropped")}>Drop all events</button>
      <ul class="things">${local.faults.map(
        (fault) => html`
        <li key=${fault.number} class="thing">
          <span class="thing-name">${faultWords(fault)}</span><span></span>
          <span class="thing-acts"><button type="button" aria-label=${`End: ${faultWords(fault)}`} onClick=${() => send("faults", { remove: fault.number }, "The fault has ended")}>End</button></span>
        </li>`,
      )}</ul>
    </section>`;
}

const faultWords = ({ operation, error, rate, times, event, drop, delay_s, duplicates }) =>
  operation
    ? `${operation}: ${error}${rate !== undefined ? `, ${Math.round(rate * 100)} % of calls` : times ? `, ${times} times` : ""}`
    : `events ${event === "*" ? "" : event}: ${[drop && `${Math.round(drop * 100)} % dropped`, delay_s && `${delay_s} s late`, duplicates && `${duplicates} copies`].filter(Boolean).join(", ")}`;
