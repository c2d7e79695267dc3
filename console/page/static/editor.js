// The editor of a request. Its styles live in a shadow root: the page allows no inline styles.

import { html, useEffect, useRef } from "./base.js";
import {
  bracketMatching,
  defaultKeymap,
  EditorState,
  EditorView,
  ensureSyntaxTree,
  highlightActiveLine,
  HighlightStyle,
  history,
  historyKeymap,
  indentOnInput,
  json,
  keymap,
  lineNumbers,
  setDiagnostics,
  syntaxHighlighting,
  tags,
} from "./vendor/codemirror.js";

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--field)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-gutters": { color: "var(--ink-soft)", backgroundColor: "var(--surface-2)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line-active)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--surface)", border: "1px solid var(--line)" },
  ".cm-diagnostic": { padding: "4px 8px", maxWidth: "40em" },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--json-name)" },
  { tag: tags.string, color: "var(--json-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--json-value)" },
]);

/** `onReady` receives what reads, replaces, marks and jumps in the text. */
export function Editor({ text, onChange, onReady, label }) {
  const host = useRef(null);
  const change = useRef(onChange);
  change.current = onChange;
  useEffect(() => {
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          history(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          json(),
          theme,
          syntaxHighlighting(colours),
          EditorView.lineWrapping,
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
          EditorView.updateListener.of(
            (update) => update.docChanged && change.current(update.state.doc.toString()),
          ),
        ],
      }),
    });
    onReady(controls(view));
    return () => view.destroy();
  }, []);
  return html`<div class="cm-host" ref=${host}></div>`;
}

const controls = (view) => ({
  replace: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
  mark(faults) {
    const diagnostics = faults.map(({ field, rule }) => ({
      ...place(view.state, field),
      severity: "error",
      message: `${field} ${rule}`,
    }));
    view.dispatch(setDiagnostics(view.state, diagnostics));
  },
  jump(field) {
    const { from, to } = place(view.state, field);
    view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    view.focus();
  },
  /** The line of the first place that is no JSON, null if there is none. */
  brokenLine() {
    let found = null;
    tree(view.state).iterate({
      enter: (node) => {
        if (node.type.isError) found ??= node.from;
      },
    });
    return found === null ? null : view.state.doc.lineAt(found).number;
  },
});

const tree = (state) => ensureSyntaxTree(state, state.doc.length, 500) ?? { iterate() {}, topNode: null };

/** Where a field such as `stages[0].jobs[1].target` is written; the nearest part that is there. */
function place(state, field) {
  const steps = [...field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  const read = (node) => state.sliceDoc(node.from, node.to);
  const values = (node) =>
    node.getChildren("Property").map((property) => [JSON.parse(read(property.firstChild)), property]);
  const items = (node) => {
    const found = [];
    for (let child = node.firstChild; child; child = child.nextSibling)
      if (!/^[[\],]$|⚠/.test(child.name)) found.push(child);
    return found;
  };
  let node = tree(state).topNode?.firstChild;
  let mark = node;
  for (const step of steps) {
    if (!node) break;
    let next = null;
    if (typeof step === "number") next = node.name === "Array" ? items(node)[step] : null;
    else if (node.name === "Object") next = values(node).find(([name]) => name === step)?.[1];
    if (!next) continue; // A request of one stage, or of one job, leaves the outer fields out.
    mark = next;
    node = next.name === "Property" ? next.lastChild : next;
  }
  return mark
    ? { from: mark.from, to: Math.min(mark.to, state.doc.lineAt(mark.from).to) }
    : { from: 0, to: 0 };
}
