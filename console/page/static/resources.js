// The resources of a request: a table, or for a fleet the campaigns of each state as one block.

import { classes, html, memo, useMemo, useState } from "./base.js";
import { plural, shortId } from "./format.js";
import { PhasePill, Text } from "./parts.js";
import { FLEET, phase, tone } from "./words.js";

const URGENCY = ["FAILED", "DELETING", "IN_PROGRESS", "QUEUED", "PENDING", "PLANNED", "COMPLETE"];

export const Resources = memo(({ resources }) => {
  const [text, setText] = useState("");
  const [group, setGroup] = useState(null);
  const isFleet = resources.length > FLEET;
  const [isTable, setTable] = useState(!isFleet);
  const groups = useMemo(() => grouped(resources), [resources]);
  const wanted = text.trim().toLowerCase();
  const shown = resources.filter(
    (one) =>
      (!group || keyOf(one) === group) &&
      (!wanted ||
        [one.id, one.name, one.job, one.state, one.reason, one.message].some((word) =>
          word?.toLowerCase().includes(wanted),
        )),
  );
  return html`
    <section class="resources" aria-labelledby="resources-title">
      <div class="section-head">
        <h2 id="resources-title">${plural(resources.length, "resource")}</h2>
        <ul class="groups" aria-label="Resources by phase and state">
          ${groups.map(
            ({ key, phase: word, state, members }) => html`
            <li key=${key}><button type="button" class=${classes("group", `tone-${tone(state, word)}`)} aria-pressed=${group === key}
              onClick=${() => setGroup(group === key ? null : key)}>
              <strong>${members.length}</strong> ${phase(word).text}${state && html`, <bdi>${state}</bdi>`}</button></li>`,
          )}
        </ul>
        <div class="section-tools">
          <label><span class="hidden">Filter resources</span>
            <input type="search" placeholder="Filter" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
          ${isFleet && html`<button type="button" onClick=${() => setTable(!isTable)}>${isTable ? "As blocks" : "As a table"}</button>`}
        </div>
      </div>
      ${
        shown.length === 0
          ? html`<p class="quiet">No resource matches.</p>`
          : isTable
            ? html`<${Table} resources=${shown} />`
            : html`<${Blocks} groups=${grouped(shown)} />`
      }
    </section>`;
});

const keyOf = (resource) => `${resource.phase} ${resource.state ?? ""}`;

function grouped(resources) {
  const groups = new Map();
  for (const one of resources) {
    const key = keyOf(one);
    if (!groups.has(key)) groups.set(key, { key, phase: one.phase, state: one.state, members: [] });
    groups.get(key).members.push(one);
  }
  return [...groups.values()].sort((a, b) => URGENCY.indexOf(a.phase) - URGENCY.indexOf(b.phase));
}

function Table({ resources }) {
  return html`
    <table class="cards">
      <thead><tr>
        <th scope="col">Resource</th><th scope="col">Target</th><th scope="col">State</th><th scope="col">Phase</th>
        <th scope="col">What it waits for, or how it ended</th><th scope="col" class="number">Polls</th><th scope="col" class="number">Throttles</th>
      </tr></thead>
      <tbody>${resources.map((one) => html`<${Row} key=${`${one.job} ${one.id}`} resource=${one} />`)}</tbody>
    </table>`;
}

const Row = memo(({ resource }) => {
  const { id, name, job, kind, target, state, initial_state, percent, polls, throttles } = resource;
  return html`
    <tr>
      <th scope="row" class="resource-id">
        <span class="resource-name" title=${id}><${Text} text=${name ?? shortId(id)} /></span>
        <span class="resource-job">${kind} · job <bdi>${job}</bdi></span>
      </th>
      <td data-label="Target" class="target">${target}</td>
      <td data-label="State">
        ${state ? html`<span class=${`state tone-${tone(state, resource.phase)}`}><bdi>${state}</bdi></span>` : html`<span class="quiet">not polled yet</span>`}
        ${percent !== null && !resource.ended_at && html` <span class="percent">${percent} %</span><span class=${`track tone-${tone(state, resource.phase)}`}><span class="fill" style=${{ width: `${percent}%` }}></span></span>`}
        ${initial_state && initial_state !== state && html`<span class="quiet"> from <bdi>${initial_state}</bdi></span>`}
      </td>
      <td data-label="Phase"><${PhasePill} word=${resource.phase} small /></td>
      <td data-label="Waits, or ended" class="because"><${Because} resource=${resource} /></td>
      <td data-label="Polls" class="number">${polls}</td>
      <td data-label="Throttles" class=${classes("number", throttles > 0 && "has-throttles")}>${throttles}</td>
    </tr>`;
});

function Because({ resource }) {
  const { wait, reason, message, warnings, would } = resource;
  return html`
    ${wait && html`<span class="wait"><${Text} text=${wait.reason} /></span>`}
    ${reason && html`<span class="reason">${reason}</span> `}
    ${message && html`<${Text} text=${message} />`}
    ${would && html`<span class="would">${would.length ? html`would call ${would.map((operation, index) => html`${index ? ", " : ""}<code>${operation}</code>`)}` : "would call nothing"}</span>`}
    ${warnings.map((warning, index) => html`<span key=${index} class="warning"><${Text} text=${warning} /></span>`)}
    ${!wait && !reason && !message && !would && html`<span class="quiet">–</span>`}`;
}

function Blocks({ groups }) {
  return groups.map(
    ({ key, phase: word, state, members }) => html`
    <section key=${key} class=${`block tone-${tone(state, word)}`} aria-label=${`${phase(word).text}${state ? `, ${state}` : ""}: ${members.length}`}>
      <h3><${PhasePill} word=${word} small /> ${state && html`<span class="state"><bdi>${state}</bdi></span>`} <span class="quiet">${members.length}</span></h3>
      <ul>${members.map((one) => html`<${Cell} key=${`${one.job} ${one.id}`} resource=${one} />`)}</ul>
    </section>`,
  );
}

const Cell = memo(({ resource }) => {
  const { id, name, wait, reason, message, throttles } = resource;
  const words = [name ?? id, wait?.reason ?? message ?? reason].filter(Boolean).join(": ");
  return html`<li class=${classes("cell", throttles > 0 && "has-throttles")} title=${words.slice(0, 400)}><bdi>${name ?? shortId(id)}</bdi></li>`;
});
