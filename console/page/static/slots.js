// The account's export slots as they fill, and the rate limits that all executions share.

import { classes, html } from "./base.js";
import { shortId } from "./format.js";
import { Problem } from "./parts.js";

export function Slots({ slots, rates, problem, isSmall }) {
  if (problem) return html`<${Problem} title="The export slots cannot be read." text=${problem} />`;
  if (!slots) return html`<p class="quiet loading">Reading the export slots…</p>`;
  const bars = Array.from(
    { length: Math.max(slots.limit, slots.exports.length) },
    (_, index) => slots.exports[index],
  );
  const isFull = slots.used >= slots.limit;
  return html`
    <div class=${classes("slots", isSmall && "slots-small")}>
      <p class="slots-count"><strong>${slots.used} of ${slots.limit}</strong> export slots in use${isFull ? "; further exports queue" : ""}</p>
      <ul class="staff">${bars.map((one, index) => html`<${Slot} key=${one?.task_id ?? `free-${index}`} number=${index + 1} running=${one} />`)}</ul>
      ${
        rates?.length > 0 &&
        html`
        <p class="rates-title">Calls of campaigns, reserved ahead</p>
        <ul class="rates">${rates.map((one) => html`<${Rate} key=${one.name} ...${one} />`)}</ul>`
      }
    </div>`;
}

function Slot({ number, running }) {
  if (!running) {
    return html`<li class="slot free"><span class="slot-name">Slot ${number} is free</span><span class="track"></span></li>`;
  }
  const { source_arn, percent, status, task_id } = running;
  const words = percent === null ? status : `${status} ${percent} %`;
  return html`
    <li class=${classes("slot", status === "STARTING" ? "tone-start" : status === "CANCELING" ? "tone-ending" : "tone-run")}>
      <span class="slot-name" title=${`${task_id}, ${source_arn}`}><bdi>${shortId(source_arn)}</bdi></span>
      <span class="slot-words">${words}</span>
      <span class="track"><span class="fill" style=${{ width: `${Math.max(2, percent ?? 2)}%` }}></span></span>
    </li>`;
}

const RATES = {
  "campaign-mutations": "Mutations",
  "campaign-reads": "Reads",
  "campaign-descriptions": "Descriptions",
};

function Rate({ name, per_second, burst, reserved_seconds, slowed }) {
  const words =
    reserved_seconds > 0 ? `reserved for the next ${reserved_seconds.toFixed(1)} s` : "nothing reserved";
  return html`
    <li class=${classes("rate", slowed && "slowed")}>
      <span class="rate-name"><bdi>${RATES[name] ?? name}</bdi></span>
      <span class="rate-words">${per_second.toLocaleString("en", { maximumFractionDigits: 2 })} per second, burst ${burst}; ${words}${slowed ? "; slowed after throttles" : ""}</span>
      <span class="track"><span class="fill" style=${{ width: `${Math.min(100, (reserved_seconds / 15) * 100)}%` }}></span></span>
    </li>`;
}
