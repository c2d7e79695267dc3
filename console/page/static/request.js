// One request: its header, why it is as it is, its stages, and a tab for each way to see it.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./base.js";
import { get } from "./api.js";
import { useNow } from "./clock.js";
import { duration, millis, moment } from "./format.js";
import { Graph } from "./graph.js";
import { History } from "./history.js";
import { Icon } from "./icons.js";
import { Empty, Json, PhasePill, Problem, StatusPill, Tabs, Text, Words } from "./parts.js";
import { Resources } from "./resources.js";
import { Timeline } from "./timeline.js";
import { FLEET, isRunning, phase, title } from "./words.js";

/** The ways to see a request; the first is the usual one. */
export const TABS = [
  ["resources", "Resources"],
  ["graph", "Graph"],
  ["outcome", "Outcome"],
  ["history", "History"],
];

/** As many as are shown of why it is so, before anyone asks for more. */
const LINES = 3;

export function RequestView({ request, problem, tab, onTab, onCancel, onAgain }) {
  if (problem) return html`<${Problem} title="This request cannot be shown." text=${problem} />`;
  if (!request) return html`<p class="quiet loading">Reading the request…</p>`;
  return html`
    <article class="request" aria-labelledby="request-title">
      <${Header} request=${request} onCancel=${onCancel} onAgain=${onAgain} />
      <${Why} request=${request} />
      ${
        request.incomplete.length > 0 &&
        html`
        <${Problem} title="Not everything could be read:" text=${request.incomplete.join("; ")} />`
      }
      ${tab === "resources" && html`<${Stages} request=${request} />`}
      <${Tabs} label="Ways to see the request" tabs=${TABS} selected=${tab} onSelect=${onTab} />
      <section id="panel" class="panel" role="tabpanel" aria-labelledby=${`tab-${tab}`} tabindex="0">
        ${panel(tab, request)}
      </section>
    </article>`;
}

function panel(tab, request) {
  if (tab === "graph")
    return html`<${Graph} graph=${request.graph} steps=${request.steps} runs=${request.children} kinds=${kinds(request)} />`;
  if (tab === "outcome") return html`<${Outcome} request=${request} />`;
  if (tab === "history") return html`<${History} request=${request} key=${request.summary.execution_arn} />`;
  if (request.resources.length === 0) {
    return html`<${Empty} title="No resources yet.">
      <p>${
        isRunning(request.summary.status)
          ? "They appear as soon as the request has been accepted."
          : "The request ended before it was about any."
      }</p><//>`;
  }
  const timeline = html`<${Timeline} resources=${request.resources} summary=${request.summary} />`;
  const table = html`<${Resources} resources=${request.resources} key=${request.summary.execution_arn} />`;
  return request.resources.length > FLEET ? [table, timeline] : [timeline, table];
}

const kinds = ({ stages }) =>
  [...new Set(stages.flatMap((stage) => stage.jobs.map((job) => job.kind)))].join(" ");

function Header({ request, onCancel, onAgain }) {
  const { summary } = request;
  const running = isRunning(summary.status);
  const now = useNow(running);
  const heading = useRef(null);
  useLayoutEffect(() => {
    if (document.activeElement === document.querySelector("main")) heading.current.focus();
  }, []);
  const length = (millis(summary.ended_at) ?? now) - millis(summary.started_at);
  return html`
    <header class="request-header">
      <div class="request-name">
        <h1 id="request-title" tabindex="-1" ref=${heading}><${Text} text=${title(summary)} /></h1>
        <${StatusPill} word=${summary.status} />
        ${summary.dry_run && html`<span class="tag">dry run</span>`}
        ${summary.reason && html`<span class="tag">${summary.reason}</span>`}
        ${summary.description && html`<p class="description"><${Text} text=${summary.description} /></p>`}
      </div>
      <div class="request-actions">
        ${running && html`<button type="button" class="danger-quiet" onClick=${onCancel}><${Icon} name="stopped" />Cancel…</button>`}
        <button type="button" onClick=${onAgain}><${Icon} name="again" />${summary.dry_run ? "Start it for real…" : "Send again…"}</button>
      </div>
      <dl class="facts">
        <div><dt>Started</dt><dd><time datetime=${summary.started_at}>${moment(summary.started_at, now)}</time></dd></div>
        <div><dt>${running ? "Running for" : "Took"}</dt><dd>${duration(length)}</dd></div>
        <div><dt>Execution</dt><dd class="mono"><bdi>${summary.name}</bdi></dd></div>
        ${summary.cleans_up && html`<div><dt>Cleans up after</dt><dd><a href=${link(summary.cleans_up)}><bdi>${summary.cleans_up.split(":").pop()}</bdi></a></dd></div>`}
        ${request.clean_up && html`<div><dt>Clean-up</dt><dd><a href=${link(request.clean_up.execution_arn)}><bdi>${request.clean_up.name}</bdi></a> <${StatusPill} word=${request.clean_up.status} small /></dd></div>`}
      </dl>
    </header>`;
}

const link = (arn) => `#/request/${encodeURIComponent(arn)}`;

/** Why it failed or what it waits for, in words. */
function Why({ request }) {
  const { summary, waits_for } = request;
  const [why, setWhy] = useState(null);
  const asks = summary.status !== "SUCCEEDED";
  useEffect(() => {
    if (!asks) return undefined;
    const ending = new AbortController();
    get("why", { ref: summary.execution_arn }, ending.signal).then(
      setWhy,
      () => ending.signal.aborted || setWhy(null),
    );
    return () => ending.abort();
  }, [summary.execution_arn, summary.status, waits_for, request.clean_up?.status]);
  if (isRunning(summary.status)) {
    const lines = why?.lines ?? [];
    return html`<${Note} icon="waiting" tone="queue" headline=${lines.length ? "It waits" : waits_for} lines=${lines} hint=${why?.hint} />`;
  }
  if (!asks) return html`<${Note} icon="done" tone="done" headline=${summary.summary} lines=${[]} />`;
  return html`<${Note} icon="warning" tone="fail" headline=${why?.headline ?? summary.summary} lines=${why?.lines ?? []} hint=${why?.hint} />`;
}

function Note({ icon, tone, headline, lines, hint }) {
  const [isWhole, setWhole] = useState(false);
  if (!headline) return null;
  const shown = isWhole ? lines : lines.slice(0, LINES);
  return html`
    <section class=${`why tone-${tone}`} aria-label="Why">
      <${Icon} name=${icon} />
      <div>
        <p class="why-headline"><${Words} text=${headline} /></p>
        ${shown.length > 0 && html`<ul>${shown.map((line, index) => html`<li key=${index}><${Words} text=${line} /></li>`)}</ul>`}
        ${lines.length > LINES && html`<button type="button" class="fold" aria-expanded=${isWhole} onClick=${() => setWhole(!isWhole)}>${isWhole ? "Show less" : `and ${lines.length - LINES} more`}</button>`}
        ${hint && html`<p class="hint"><strong>What to do:</strong> <${Words} text=${hint} /></p>`}
      </div>
    </section>`;
}

function Stages({ request }) {
  if (request.stages.length === 0) return null;
  return html`
    <ol class="stages" aria-label="Stages">
      ${request.stages.map((stage) => html`<${Stage} key=${stage.number} stage=${stage} resources=${request.resources} />`)}
    </ol>`;
}

function Stage({ stage, resources }) {
  const { tone } = phase(stage.phase);
  return html`
    <li class=${`stage tone-${tone}`}>
      <p class="stage-head">
        <span class="stage-number">Stage ${stage.number + 1}</span>
        ${stage.run === "always" && html`<span class="tag" title="Runs even if an earlier stage failed">always</span>`}
        <${PhasePill} word=${stage.phase} small />
      </p>
      <ul class="jobs">${alike(stage.jobs).map((jobs) => html`<${Jobs} key=${jobs[0].label} jobs=${jobs} resources=${resources} />`)}</ul>
    </li>`;
}

/** Jobs without an id that have one kind and one target, as one. */
function alike(jobs) {
  const groups = new Map();
  for (const job of jobs) {
    const key = job.id === null ? `${job.kind} ${job.target}` : job.label;
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()];
}

function Jobs({ jobs, resources }) {
  const [{ id, kind, target }] = jobs;
  const labels = new Set(jobs.map((job) => job.label));
  const own = resources.filter((one) => labels.has(one.job));
  const done = own.filter((one) => ["COMPLETE", "PLANNED"].includes(one.phase)).length;
  const failed = own.filter((one) => one.phase === "FAILED").length;
  const share = own.length ? (100 * done) / own.length : 0;
  return html`
    <li>
      <span class="job-name">${jobs.length > 1 && `${jobs.length} × `}<bdi>${id ?? kind}</bdi> <span aria-hidden="true">→</span> <span class="job-target">${target}</span></span>
      ${
        own.length > 0 &&
        html`
        <span class="job-count">${done} of ${own.length}${failed ? `, ${failed} failed` : ""}</span>
        <span class="track"><span class="fill" style=${{ width: `${share}%` }}></span>
          <span class="fill fill-failed" style=${{ width: `${(100 * failed) / own.length}%` }}></span></span>`
      }
    </li>`;
}

function Outcome({ request }) {
  const { outcome, summary, input } = request;
  return html`
    ${
      outcome
        ? html`<h2>Outcome</h2>
        ${summary.summary && html`<p><${Text} text=${summary.summary} /></p>`}
        <${Json} value=${outcome} label="Outcome as JSON" />`
        : html`<${Empty} title="No outcome yet."><p>${
            isRunning(summary.status)
              ? "It is published when the request ends."
              : "Its clean-up publishes it."
          }</p><//>`
    }
    <h2>Request</h2>
    <${Json} value=${input} label="Request as JSON" />`;
}
