// The raw history of a request, or of one of its child executions.

import { html, useEffect, useState } from "./base.js";
import { get } from "./api.js";
import { clockTime, plural } from "./format.js";
import { Empty, Json, Problem } from "./parts.js";
import { isRunning } from "./words.js";

export function History({ request }) {
  const { summary, children } = request;
  const [arn, setArn] = useState(summary.execution_arn);
  const [events, setEvents] = useState(null);
  const [next, setNext] = useState(null);
  const [problem, setProblem] = useState(null);

  const read = async (page, signal) => {
    try {
      const found = await get("events", { arn, page }, signal);
      setEvents((known) => (page ? [...(known ?? []), ...found.events] : found.events));
      setNext(found.next);
      setProblem(null);
    } catch (error) {
      if (!signal?.aborted) setProblem(error.message);
    }
  };
  useEffect(() => {
    const ending = new AbortController();
    setEvents(null);
    read(null, ending.signal);
    return () => ending.abort();
  }, [arn]);

  return html`
    <div class="section-head">
      <h2>History</h2>
      <label class="labelled">Execution
        <select value=${arn} onChange=${(event) => setArn(event.target.value)}>
          <option value=${summary.execution_arn}>${summary.name} (the request)</option>
          ${children.map(
            (child) => html`<option key=${child.execution_arn} value=${child.execution_arn}>
            stage ${child.stage + 1}, ${child.kind ?? "job"}: ${named(child)}</option>`,
          )}
        </select></label>
      ${isRunning(summary.status) && html`<button type="button" onClick=${() => read(null)}>Read again</button>`}
    </div>
    ${problem && html`<${Problem} title="The history cannot be read." text=${problem} />`}
    ${events === null && !problem && html`<p class="quiet loading">Reading the history…</p>`}
    ${events?.length === 0 && html`<${Empty} title="No event yet." />`}
    ${
      events?.length > 0 &&
      html`
      <table class="cards history">
        <thead><tr><th scope="col" class="number">Id</th><th scope="col">Time</th><th scope="col">Event</th><th scope="col">State</th><th scope="col">Detail</th></tr></thead>
        <tbody>${events.map((event) => html`<${Row} key=${event.id} event=${event} />`)}</tbody>
      </table>`
    }
    ${next && html`<button class="more" type="button" onClick=${() => read(next)}>More events</button>`}`;
}

const named = (child) => {
  const [first, ...rest] = child.resource_ids;
  if (!first) return child.name;
  return `${first.slice(0, 60)}${rest.length ? ` and ${plural(rest.length, "more", "more")}` : ""}`;
};

function Row({ event }) {
  const [isOpen, setOpen] = useState(false);
  const hasDetail = event.detail !== null && Object.keys(event.detail).length > 0;
  return html`
    <tr class=${/Failed|TimedOut|Aborted/.test(event.type) ? "tone-fail event-failed" : null}>
      <td data-label="Id" class="number">${event.id}</td>
      <td data-label="Time"><time datetime=${event.at}>${clockTime(event.at)}</time></td>
      <th scope="row">${event.type}</th>
      <td data-label="State"><bdi>${event.state_name ?? "–"}</bdi></td>
      <td data-label="Detail" class="event-detail">${
        hasDetail &&
        html`
        <button type="button" class="fold" aria-expanded=${isOpen} aria-label=${`Detail of event ${event.id}`} onClick=${() => setOpen(!isOpen)}>${isOpen ? "Hide" : "Show"}</button>
        ${isOpen && html`<${Json} value=${event.detail} label=${`Detail of event ${event.id}`} />`}`
      }</td>
    </tr>`;
}
