// The state machine of a request as it runs, and that of its child executions.

import { classes, html, memo, useMemo, useState } from "./base.js";
import { plural } from "./format.js";
import { Empty } from "./parts.js";
import { Graph as Layered, layout } from "./vendor/dagre.js";

const HEIGHT = 32;
const LONGEST_LABEL = 18;

/** `runs` are the child executions; `kinds` those of the request's jobs, in one text: the states of others are left out unless wanted. */
export const Graph = memo(({ graph, steps, runs, kinds }) => {
  const [isWhole, setWhole] = useState(false);
  const shape = JSON.stringify([
    graph.nodes.map(({ id, child }) => [id, child]),
    graph.edges,
    kinds,
    isWhole,
  ]);
  const drawings = useMemo(() => {
    const left = isWhole ? new Set() : unused(graph, kinds.split(" "));
    return [drawn(graph, false, "TB", left), drawn(graph, true, "LR", left)];
  }, [shape]);
  const taken = useMemo(() => ways(graph, steps, runs), [graph, steps, runs]);
  if (graph.nodes.length === 0) return html`<${Empty} title="The state machine could not be read." />`;
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  return html`
    <div class="section-head">
      <h2>State machine</h2>
      <ul class="legend" aria-label="Legend">
        <li><span class="key key-active"></span>in it now</li><li><span class="key key-visited"></span>visited</li>
        <li><span class="key key-failed"></span>failed</li><li><span class="key"></span>not visited</li>
      </ul>
      <div class="section-tools"><label class="check"><input type="checkbox" checked=${isWhole} onChange=${() => setWhole(!isWhole)} /> States of other kinds</label></div>
    </div>
    <div class="graphs">
      ${drawings.map(
        (drawing, index) => html`
        <figure key=${index} class="graph" style=${{ flexBasis: `${drawing.width + 14}px` }}>
          <figcaption>${index === 0 ? "The request's execution" : "Each child execution of RunJobs"}</figcaption>
          <div class="graph-box" tabindex="0" role="group" aria-label=${index === 0 ? "Graph of the request's execution" : "Graph of the child executions"}>
          <svg viewBox=${`${drawing.left} ${drawing.top} ${drawing.width} ${drawing.height}`} width=${drawing.width} height=${drawing.height} role="img"
            aria-label=${summary(drawing, nodes)}>
            <defs><marker id=${`arrow-${index}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
              <path d="M0 0L8 4L0 8z" class="arrow" /></marker></defs>
            ${drawing.edges.map((edge, number) => html`<${Edge} key=${number} edge=${edge} isTaken=${taken.has(way(edge))} arrow=${`url(#arrow-${index})`} />`)}
            ${drawing.nodes.map((place) => html`<${Node} key=${place.id} place=${place} node=${nodes.get(place.id)} />`)}
          </svg></div>
        </figure>`,
      )}
    </div>
    <${AsTable} nodes=${graph.nodes} />`;
});

/** The states that only jobs of other kinds come to. */
function unused(graph, kinds) {
  const children = new Set(graph.nodes.filter((node) => node.child).map((node) => node.id));
  const first = graph.edges.find((edge) => edge.type === "for_each")?.to;
  const entries = graph.edges.filter((edge) => edge.from === first);
  if (!entries.some((edge) => kinds.includes(edge.label))) return new Set();
  const used = new Set([first]);
  const rest = entries.filter((edge) => kinds.includes(edge.label)).map((edge) => edge.to);
  while (rest.length > 0) {
    const id = rest.pop();
    if (used.has(id)) continue;
    used.add(id);
    rest.push(...graph.edges.filter((edge) => edge.from === id).map((edge) => edge.to));
  }
  return new Set([...children].filter((id) => !used.has(id)));
}

function drawn(graph, child, direction, left) {
  const own = graph.nodes.filter((node) => node.child === child && !left.has(node.id));
  const ids = new Set(own.map((node) => node.id));
  const layered = new Layered({ multigraph: true });
  layered.setGraph({ rankdir: direction, nodesep: 16, ranksep: 26, edgesep: 10, marginx: 8, marginy: 8 });
  layered.setDefaultEdgeLabel(() => ({}));
  for (const node of own) layered.setNode(node.id, { width: node.id.length * 6.9 + 46, height: HEIGHT });
  const edges = graph.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  edges.forEach((edge, index) => {
    const words = worded(edge);
    layered.setEdge(
      edge.from,
      edge.to,
      { width: words.length * 5.6 + 4, height: words ? 13 : 0, labelpos: "c" },
      String(index),
    );
  });
  layout(layered);
  const placed = edges.map((edge, index) => ({
    ...edge,
    words: worded(edge),
    ...layered.edge(edge.from, edge.to, String(index)),
  }));
  const nodes = own.map(({ id }) => ({ id, ...layered.node(id) }));
  return { nodes, edges: placed, ...bounds(nodes, placed) };
}

/** Where the drawing is: dagre's own size leaves out edges that lead around the nodes. */
function bounds(nodes, edges) {
  const points = [
    ...nodes.flatMap(({ x, y, width, height }) => [
      [x - width / 2, y - height / 2],
      [x + width / 2 + 24, y + height / 2],
    ]),
    ...edges.flatMap((edge) => edge.points.map(({ x, y }) => [x, y])),
    ...edges
      .filter((edge) => edge.words)
      .flatMap(({ x, y, width }) => [
        [x - width / 2, y],
        [x + width / 2, y],
      ]),
  ];
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, top] = [Math.min(...xs) - 8, Math.min(...ys) - 12];
  return {
    left,
    top,
    width: Math.ceil(Math.max(...xs) + 8 - left),
    height: Math.ceil(Math.max(...ys) + 8 - top),
  };
}

/** The label, unless it is an expression or a Catch, which have their place in the tooltip. */
const worded = ({ label, type }) =>
  type === "catch" || label.includes("$")
    ? ""
    : label.length <= LONGEST_LABEL
      ? label
      : `${label.slice(0, LONGEST_LABEL - 1)}…`;

/** Which transitions were made: of the request as its steps say, of a child where it visited both ends. */
function ways(graph, steps, runs) {
  const taken = new Set(
    steps
      .slice(1)
      .map((step, index) =>
        way({
          from: steps[index].state_name,
          to: step.state_name,
          type: steps[index].error ? "catch" : "next",
        }),
      ),
  );
  const failed = new Set(graph.nodes.filter((node) => node.failed > 0).map((node) => node.id));
  for (const { from, to, type } of graph.edges) {
    const isMade = ({ visits }) => visits[from] > 0 && visits[to] > 0;
    if ((type !== "catch" || failed.has(from)) && runs.some(isMade)) taken.add(way({ from, to, type }));
  }
  return taken;
}

const way = ({ from, to, type }) => `${type} ${from} ${to}`;

function curve([first, ...rest]) {
  const last = rest.pop();
  let path = `M${first.x} ${first.y}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1] ?? last;
    const isLast = index === rest.length - 1;
    path += `Q${point.x} ${point.y} ${isLast ? last.x : (point.x + next.x) / 2} ${isLast ? last.y : (point.y + next.y) / 2}`;
  });
  return rest.length ? path : `${path}L${last.x} ${last.y}`;
}

const Edge = ({ edge, isTaken, arrow }) => html`
  <g class=${classes("edge", `edge-${edge.type}`, isTaken && "taken")}>
    <title>${[edge.from, "to", edge.to, edge.label && `: ${edge.label}`].filter(Boolean).join(" ")}</title>
    <path d=${curve(edge.points)} marker-end=${arrow} />
    ${edge.words && html`<text x=${edge.x} y=${edge.y + 3.5}>${edge.words}</text>`}
  </g>`;

const GLYPHS = {
  Task: "M-5-5h10v10h-10z",
  Choice: "M0-6.5L6.5 0 0 6.5-6.5 0z",
  Wait: "M0-6a6 6 0 1 0 .1 0M0-3.5V0l2.5 2",
  Map: "M-6-6h8v8h-8zM-2-2h8v8h-8z",
  Succeed: "M-5 0l3.5 4 6.5-8",
  Fail: "M-4-4l8 8M4-4l-8 8",
  Parallel: "M-5-5v10M0-5v10M5-5v10",
  Pass: "M-5 0h10M2-3l3 3-3 3",
};

function Node({ place, node }) {
  const { x, y, width, height } = place;
  const state = node.failed ? "failed" : node.visits ? "visited" : "fresh";
  return html`
    <g class=${classes("node", `node-${state}`, node.active && "node-active", `type-${node.type}`)} transform=${`translate(${x} ${y})`}>
      <title>${nodeWords(node)}</title>
      <rect x=${-width / 2} y=${-height / 2} width=${width} height=${height} rx=${["Succeed", "Fail"].includes(node.type) ? height / 2 : 6} />
      <path class="glyph" transform=${`translate(${16 - width / 2} 0)`} d=${GLYPHS[node.type] ?? GLYPHS.Pass} />
      <text x=${30 - width / 2} y="4">${node.id}</text>
      ${
        (node.active > 0 || node.visits > 1) &&
        html`
        <g class="badge" transform=${`translate(${width / 2 - 4} ${-height / 2 + 2})`}>
          <rect x=${-badge(node).length * 3.6 - 5} y="-8" width=${badge(node).length * 7.2 + 10} height="16" rx="8" /><text y="4">${badge(node)}</text></g>`
      }
    </g>`;
}

const badge = ({ active, visits }) => (active ? `${active} now` : `${visits}×`);

const nodeWords = ({ id, type, visits, active, failed }) =>
  [
    `${id} (${type})`,
    `entered ${plural(visits, "time")}`,
    active && `${plural(active, "execution")} in it now`,
    failed && `failed ${plural(failed, "time")}`,
  ]
    .filter(Boolean)
    .join(", ");

const summary = (drawing, nodes) => {
  const active = drawing.nodes.map(({ id }) => nodes.get(id)).filter((node) => node.active);
  return active.length
    ? `Now in ${active.map((node) => node.id).join(", ")}. The table below has every state.`
    : "In no state now. The table below has every state.";
};

const AsTable = ({ nodes }) => html`
  <details class="as-table">
    <summary>The states as a table</summary>
    <table class="cards">
      <thead><tr><th scope="col">State</th><th scope="col">Type</th><th scope="col">Of</th><th scope="col" class="number">Entered</th><th scope="col" class="number">In it now</th><th scope="col" class="number">Failed</th></tr></thead>
      <tbody>${nodes.map(
        (node) => html`
        <tr key=${node.id}><th scope="row">${node.id}</th><td data-label="Type">${node.type}</td><td data-label="Of">${node.child ? "child executions" : "the request"}</td>
          <td data-label="Entered" class="number">${node.visits}</td><td data-label="In it now" class="number">${node.active}</td><td data-label="Failed" class="number">${node.failed}</td></tr>`,
      )}</tbody>
    </table>
  </details>`;
