// What runs and what ended.

import { classes, html, memo, useEffect, useRef } from "./base.js";
import { useNow } from "./clock.js";
import { duration, millis, moment, plural } from "./format.js";
import { Icon } from "./icons.js";
import { Empty, Problem } from "./parts.js";
import { isRunning, status, title } from "./words.js";

const FILTERS = [
  ["", "All"],
  ["RUNNING", "Running"],
  ["SUCCEEDED", "Succeeded"],
  ["FAILED", "Failed"],
  ["ABORTED", "Aborted"],
  ["TIMED_OUT", "Timed out"],
];

export function RequestList({ list, problem, filter, selected, isMore, onFilter, onMore }) {
  const search = useRef(null);
  const items = useRef(null);
  const now = useNow();

  useEffect(() => {
    const focusSearch = (event) => {
      if (event.key !== "/" || event.target.closest("input, textarea, select, dialog, .cm-host")) return;
      event.preventDefault();
      search.current.focus();
    };
    document.addEventListener("keydown", focusSearch);
    return () => document.removeEventListener("keydown", focusSearch);
  }, []);

  const move = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...items.current.querySelectorAll("a")];
    const index = links.indexOf(document.activeElement);
    const next = index < 0 ? links[0] : (links[index + step] ?? (step < 0 ? search.current : null));
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  return html`
    <nav class="requests" aria-label="Requests" onKeyDown=${move}>
      <h2 class="pane-title">Requests</h2>
      <div class="filters" role="search">
        <label class="search">
          <${Icon} name="search" /><span class="hidden">Search requests</span>
          <input ref=${search} type="search" placeholder="Search  (press /)" value=${filter.text}
            onInput=${(event) => onFilter({ ...filter, text: event.target.value })} />
        </label>
        <label><span class="hidden">Status</span>
          <select value=${filter.status} onChange=${(event) => onFilter({ ...filter, status: event.target.value })}>
            ${FILTERS.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
          </select>
        </label>
      </div>
      ${problem && html`<${Problem} title="The requests cannot be read." text=${problem} />`}
      ${
        list === null
          ? !problem && html`<p class="quiet loading">Reading the requests…</p>`
          : list.requests.length === 0
            ? html`<${NoRequests} filter=${filter} />`
            : html`<ul class="request-list" ref=${items}>
              ${list.requests.map(
                (one) => html`
                <${Item} key=${one.execution_arn} summary=${one} now=${isRunning(one.status) ? now : Math.floor(now / 86_400_000) * 86_400_000}
                  isSelected=${one.execution_arn === selected} />`,
              )}
            </ul>`
      }
      ${
        list?.next &&
        html`
        <button class="more" type="button" onClick=${onMore} disabled=${isMore}>
          ${isMore ? "Reading more…" : "More requests"}</button>`
      }
      ${
        list &&
        list.requests.length > 0 &&
        html`
        <p class="quiet count">${plural(list.requests.length, "request")}${list.next ? ", and more" : ""}</p>`
      }
    </nav>`;
}

const NoRequests = ({ filter }) =>
  filter.text || filter.status
    ? html`<${Empty} title="No request matches."><p>Change the search or the status above.</p><//>`
    : html`<${Empty} title="No request has been sent yet."><p><a href="#/start">Start one</a>, or send one in any other way.</p><//>`;

const Item = memo(({ summary, now, isSelected }) => {
  const { text, icon, tone } = status(summary.status);
  const name = title(summary);
  const length = duration((millis(summary.ended_at) ?? now) - millis(summary.started_at));
  return html`
    <li>
      <a href=${`#/request/${encodeURIComponent(summary.execution_arn)}`} aria-current=${isSelected ? "page" : null}
        class=${classes("item", `tone-${tone}`)}>
        <span class="item-icon" title=${text}><${Icon} name=${icon} /></span>
        <span class="item-name"><bdi>${name}</bdi></span>
        <span class="item-time"><time datetime=${summary.started_at}>${moment(summary.started_at, now)}</time></span>
        <span class="item-line">
          <span class="item-status">${text}</span>
          ${summary.dry_run && html`<span class="tag">dry run</span>`}
          ${summary.cleans_up && html`<span class="tag">clean-up</span>`}
          <bdi>${line(summary)}</bdi>
        </span>
        <span class="item-length">${length}</span>
      </a>
    </li>`;
});

const line = (summary) => (summary.summary ?? summary.description ?? "").slice(0, 120);
