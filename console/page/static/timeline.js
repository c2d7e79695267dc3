// What happened to each resource, on one axis of time.

import { html, memo, useEffect, useMemo, useRef, useState } from "./base.js";
import { useNow } from "./clock.js";
import { clockTime, day, duration, millis, plural, shortId } from "./format.js";
import { Icon } from "./icons.js";
import { Text } from "./parts.js";
import { FLEET, isRunning, MARKS, phase, tone } from "./words.js";

const NARROW = 620;
const SHORTEST = 2_000;
const NICE = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 1_209_600, 2_592_000,
].map((seconds) => seconds * 1000);
const CHARACTER = 6.3;
/** What is left out where there are many rows: the states show it. */
const ROUTINE = ["poll", "mutation", "wake"];

/** How rows are drawn: with room, or on a narrow screen. */
const LAYOUTS = {
  wide: { row: 36, bar: 15, top: 5, lane: 27, label: 248, name: 16, because: 30 },
  narrow: { row: 52, bar: 15, top: 20, lane: 42, label: 0, name: 14, because: 14 },
};

/** Rows that together are about as high as a screen, whatever their number. */
const dense = (count) => {
  const row = Math.min(8, Math.max(2, Math.floor(440 / count)));
  return { row, bar: row > 3 ? row - 2 : row - 0.5, top: 0, lane: row / 2, label: 0, isMany: true };
};

export const Timeline = memo(({ resources, summary }) => {
  const running = isRunning(summary.status);
  const now = useNow(running);
  const [width, setWidth] = useState(0);
  const [zoom, setZoom] = useState(null);
  const [tip, setTip] = useState(null);
  const box = useRef(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => setZoom(null), [summary.execution_arn]);

  const isMany = resources.length > FLEET;
  const layout = useMemo(
    () => (isMany ? dense(resources.length) : LAYOUTS[width < NARROW ? "narrow" : "wide"]),
    [isMany, resources.length, width < NARROW],
  );
  const whole = range(resources, summary, now);
  const view = zoom ?? whole;
  const left = layout.label;
  const x = (at) => left + ((at - view.from) / (view.to - view.from)) * (width - left - 12);
  const at = (position) => view.from + ((position - left) / (width - left - 12)) * (view.to - view.from);

  const zoomBy = (factor, around = (view.from + view.to) / 2) => {
    const span = Math.max(SHORTEST, (view.to - view.from) * factor);
    if (span >= whole.to - whole.from) return setZoom(null);
    const share = (around - view.from) / (view.to - view.from);
    return move(around - share * span, span);
  };
  const move = (from, span) => {
    const first = Math.min(Math.max(from, whole.from), whole.to - span);
    setZoom({ from: first, to: first + span });
  };
  const pan = (share) => move(view.from + share * (view.to - view.from), view.to - view.from);
  const onKey = (event) => {
    const act = {
      "+": () => zoomBy(0.5),
      "=": () => zoomBy(0.5),
      "-": () => zoomBy(2),
      0: () => setZoom(null),
      ArrowLeft: () => pan(-0.2),
      ArrowRight: () => pan(0.2),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  };
  const onWheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomBy(event.deltaY > 0 ? 1.25 : 0.8, at(event.offsetX));
  };
  const drag = useDrag((pixels) => zoom && pan(-pixels / (width - left - 12)));

  const rows = useMemo(() => withHeads(resources, isMany), [resources, isMany]);
  let y = 0;
  const placed = rows.map((row) => {
    const top = y;
    y += row.head ? 22 : layout.row;
    return { ...row, top };
  });
  const height = y + 4;
  const show = (event) =>
    setTip(nearest(placed, layout, event.offsetX, event.offsetY, x, at, event.offsetX > width / 2));

  return html`
    <section class="timeline" aria-labelledby="timeline-title">
      <div class="section-head">
        <h2 id="timeline-title">Timeline</h2>
        <${Legend} resources=${resources} isMany=${isMany} />
        <div class="section-tools" role="group" aria-label="Zoom">
          <button type="button" class="square" title="Zoom in (+)" aria-label="Zoom in" onClick=${() => zoomBy(0.5)}><${Icon} name="plusSmall" /></button>
          <button type="button" class="square" title="Zoom out (-)" aria-label="Zoom out" onClick=${() => zoomBy(2)} disabled=${!zoom}><${Icon} name="minus" /></button>
          <button type="button" class="square" title="Show all (0)" aria-label="Show all" onClick=${() => setZoom(null)} disabled=${!zoom}><${Icon} name="fit" /></button>
        </div>
      </div>
      <div class="timeline-box" ref=${box} tabindex="0" role="group" onKeyDown=${onKey}
        aria-label="Timeline. Plus and minus zoom, arrows move, 0 shows all. The table below says the same.">
        ${
          width > 0 &&
          html`
          <svg class="axis" width=${width} height="22" aria-hidden="true"><${Axis} view=${view} x=${x} height=${22} labels /></svg>
          <div class="timeline-rows">
            <svg width=${width} height=${height} role="img" class=${zoom && "zoomed"}
              aria-label=${`${plural(resources.length, "resource")} from ${clockTime(summary.started_at)}, ${duration(view.to - view.from)}`}
              onPointerMove=${show} onPointerLeave=${() => setTip(null)} onWheel=${onWheel} ...${drag}>
              <${Axis} view=${view} x=${x} height=${height} />
              ${placed.map((row) =>
                row.head
                  ? html`<text key=${`head ${row.head}`} class="row-head" x="2" y=${row.top + 15}>${row.head}</text>`
                  : html`<${Row} key=${`${row.resource.job} ${row.resource.id}`} resource=${row.resource} top=${row.top} layout=${layout}
                    width=${width} from=${view.from} to=${view.to} now=${running ? now : null} end=${millis(summary.ended_at)} />`,
              )}
              ${running && x(now) <= width && x(now) >= left && html`<line class="now" x1=${x(now)} x2=${x(now)} y1="0" y2=${height} />`}
            </svg>
            ${
              tip &&
              html`<div class="tip" role="presentation" style=${{ top: `${tip.y}px`, ...(tip.isRight ? { right: `${width - tip.x}px` } : { left: `${tip.x}px` }) }}>
              <strong><bdi>${tip.name}</bdi></strong>${tip.lines.map((line, index) => html`<span key=${index}>${line}</span>`)}</div>`
            }
          </div>`
        }
      </div>
      <${AsTable} resources=${resources} />
    </section>`;
});

/** The whole time of a request, and a little more: up to the next poll, if that is soon. */
function range(resources, summary, now) {
  const from = millis(summary.started_at);
  const end = millis(summary.ended_at) ?? Math.max(now, from);
  const length = Math.max(end - from, SHORTEST);
  const untils = resources
    .map((one) => (summary.ended_at ? null : millis(one.wait?.until)))
    .filter((until) => until && until - end < length / 4);
  return { from: from - length * 0.01, to: Math.max(end + length * 0.02, ...untils) };
}

/** Rows; if there are many, those of each job below a head, in the order in which they ended. */
function withHeads(resources, isMany) {
  if (!isMany) return resources.map((resource) => ({ resource }));
  const ended = (resource) => millis(resource.ended_at) ?? Infinity;
  return [...new Set(resources.map((one) => one.job))].flatMap((job) => {
    const own = resources.filter((one) => one.job === job);
    const [{ kind, target }] = own;
    const ordered = own.toSorted((a, b) => (ended(a) < ended(b) ? -1 : Number(ended(a) > ended(b))));
    return [
      { head: `${job}: ${own.length} ${kind} → ${target}` },
      ...ordered.map((resource) => ({ resource })),
    ];
  });
}

function useDrag(onMove) {
  const last = useRef(null);
  return {
    onPointerDown: (event) => {
      last.current = event.clientX;
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerUp: () => {
      last.current = null;
    },
    onPointerMoveCapture: (event) => {
      if (last.current === null) return;
      onMove(event.clientX - last.current);
      last.current = event.clientX;
    },
  };
}

function Axis({ view, x, height, labels }) {
  const room = x(view.to) - x(view.from);
  const step = NICE.find((one) => (one / (view.to - view.from)) * room >= 88) ?? NICE.at(-1);
  const ticks = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) ticks.push(at);
  return ticks.map((at) => {
    const iso = new Date(at).toISOString();
    const words = step >= 86_400_000 ? day(iso) : clockTime(iso, step < 60_000);
    return html`<g key=${at}>
      <line class="tick" x1=${x(at)} x2=${x(at)} y1=${labels ? 16 : 0} y2=${height} />
      ${labels && x(at) < x(view.to) - 24 && html`<text class="tick-label" x=${x(at)} y="11">${words}</text>`}
    </g>`;
  });
}

const fits = (words, room) => {
  const most = Math.floor(room / CHARACTER);
  return words.length <= most ? words : most > 3 ? `${words.slice(0, most - 1)}…` : "";
};

const Row = memo(({ resource, top, layout, width, from, to, now, end }) => {
  const left = layout.label;
  const x = (at) => left + ((at - from) / (to - from)) * (width - left - 12);
  const within = (position) => Math.min(Math.max(position, left), width);
  const { row, bar, lane } = layout;
  const { isMany } = layout;
  const spans = resource.spans.map((span) => {
    const start = within(x(millis(span.from)));
    const stop = within(x(millis(span.to) ?? millis(resource.ended_at) ?? end ?? now));
    return { ...span, words: stateWords(span), start, length: Math.max(stop - start, 2) };
  });
  const wait = resource.wait &&
    now !== null && { start: within(x(now)), stop: within(x(millis(resource.wait.until) ?? now)) };
  return html`
    <g class=${`row row-${resource.phase}`} transform=${`translate(0 ${top})`}>
      ${
        !isMany &&
        html`
        <rect class="row-back" x="0" y="0" width=${width} height=${row - 1} />
        <text class="row-name" x="2" y=${layout.name}>${fits(resource.name ?? shortId(resource.id), (left || width * 0.55) - 10)}</text>
        <text class="row-because" x=${left ? 2 : width - 2} y=${layout.because} text-anchor=${left ? "start" : "end"}>${fits(because(resource), (left || width * 0.45) - 4)}</text>`
      }
      ${spans.map(
        ({ state, phase: word, words, start, length }, index) => html`
        <g key=${index} class=${`span tone-${tone(state, word)}`}>
          <rect x=${start} y=${layout.top} width=${length} height=${bar} rx=${isMany ? 1 : 3} />
          ${!isMany && length > words.length * CHARACTER + 10 && html`<text x=${start + 6} y=${layout.top + 11}>${words}</text>`}
        </g>`,
      )}
      ${wait && wait.stop > wait.start && html`<line class="ahead" x1=${wait.start} x2=${wait.stop} y1=${layout.top + bar / 2} y2=${layout.top + bar / 2} />`}
      <${Marks} marks=${resource.marks} x=${x} left=${left} right=${width} y=${lane} isMany=${isMany} />
    </g>`;
});

/** AWS's word for the state; the phase before there is one. */
const stateWords = ({ state, phase: word }) => state ?? phase(word).text;

const because = ({ wait, reason, message }) => wait?.reason ?? reason ?? message ?? "";

function Marks({ marks, x, left, right, y, isMany }) {
  let lastPoll = -Infinity;
  const shown = [];
  const polls = marks.filter((mark) => mark.type === "poll");
  for (const mark of [...polls, ...marks.filter((one) => one.type !== "poll")]) {
    const position = x(millis(mark.at));
    if (position < left || position > right) continue;
    if (isMany && ROUTINE.includes(mark.type)) continue;
    if (mark.type === "poll") {
      if (position - lastPoll < 3) continue;
      lastPoll = position;
    }
    shown.push(
      html`<${Mark} key=${`${mark.type} ${mark.at} ${shown.length}`} type=${mark.type} x=${position} y=${y} size=${isMany ? 0.6 : 1} />`,
    );
  }
  return shown;
}

const SHAPES = {
  poll: "M0-2.2a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0-4.4",
  throttle: "M0-4.5L4.5 3.5H-4.5z",
  mutation: "M0-5L5 0 0 5-5 0z",
  retry: "M0-3.6a3.6 3.6 0 1 0 3.6 3.6M3.6-3.6v3.6h-3.6",
  error: "M-3.5-3.5L3.5 3.5M3.5-3.5L-3.5 3.5",
  wake: "M1.5-6.5L-4 1H-.5L-1.5 6.5L4-1H.5z",
  handover: "M-3.5-3.5h7v7h-7z",
};

const Mark = ({ type, x, y, size }) => html`
  <path class=${`mark mark-${type}`} d=${SHAPES[type]} transform=${`translate(${x.toFixed(1)} ${y}) scale(${size})`} />`;

function Legend({ resources, isMany }) {
  const types = Object.keys(MARKS).filter(
    (type) =>
      !(isMany && ROUTINE.includes(type)) &&
      resources.some((one) => one.marks.some((mark) => mark.type === type)),
  );
  return html`<ul class="legend" aria-label="Marks">
    ${types.map(
      (type) => html`<li key=${type}>
      <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true"><${Mark} type=${type} x=${0} y=${0} size=${1} /></svg>${MARKS[type]}</li>`,
    )}</ul>`;
}

/** What is under the pointer: a mark, a state, or the row. */
function nearest(placed, layout, px, py, x, at, isRight) {
  const row = placed.find(({ head, top }) => !head && py >= top && py < top + layout.row);
  if (!row) return null;
  const { resource } = row;
  const time = at(px);
  const span = resource.spans.find((one) => millis(one.from) <= time && time < (millis(one.to) ?? Infinity));
  const marks = resource.marks.filter((mark) => Math.abs(x(millis(mark.at)) - px) < 6).slice(0, 4);
  const lines = [
    ...marks.map((mark) => `${clockTime(mark.at)}  ${MARKS[mark.type]}: ${mark.text.slice(0, 160)}`),
    span &&
      `${stateWords(span)} since ${clockTime(span.from)}${span.to ? ` until ${clockTime(span.to)}` : ""}`,
    because(resource).slice(0, 240),
  ].filter(Boolean);
  return {
    x: px + (isRight ? -12 : 12),
    y: row.top + layout.row,
    isRight,
    name: (resource.name ?? shortId(resource.id)).slice(0, 120),
    lines,
  };
}

/** The same in words, for those who do not see pictures. */
function AsTable({ resources }) {
  const [isOpen, setOpen] = useState(false);
  return html`
    <details class="as-table" onToggle=${(event) => setOpen(event.currentTarget.open)}>
      <summary>The timeline as a table</summary>
      ${
        isOpen &&
        html`
        <table class="cards">
          <thead><tr><th scope="col">Resource</th><th scope="col">States</th><th scope="col">What happened</th></tr></thead>
          <tbody>${resources.map(
            (one) => html`
            <tr key=${`${one.job} ${one.id}`}>
              <th scope="row"><${Text} text=${one.name ?? shortId(one.id)} /></th>
              <td data-label="States"><ol class="plain">${one.spans.map(
                (span, index) => html`
                <li key=${index}>${clockTime(span.from)} <bdi>${stateWords(span)}</bdi> (${phase(span.phase).text.toLowerCase()})</li>`,
              )}</ol></td>
              <td data-label="Happened"><ol class="plain">${one.marks.map(
                (mark, index) => html`
                <li key=${index}>${clockTime(mark.at)} ${MARKS[mark.type]}: <${Text} text=${mark.text} /></li>`,
              )}</ol></td>
            </tr>`,
          )}</tbody>
        </table>`
      }
    </details>`;
}
