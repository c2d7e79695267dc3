// Small parts that several views show.

import { classes, Component, html, memo, useEffect, useRef, useState } from "./base.js";
import { Icon } from "./icons.js";
import { phase, status } from "./words.js";

const LONG = 320;

/** Text of anyone's: isolated from the direction of what is around it, and folded if it is long. */
export function Text({ text }) {
  const [isOpen, setOpen] = useState(false);
  if (text.length <= LONG) return html`<bdi>${text}</bdi>`;
  return html`
    <bdi class="long">${isOpen ? text : `${text.slice(0, LONG)}…`}</bdi>
    <button class="fold" type="button" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>
      ${isOpen ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`}
    </button>`;
}

/** Text in which names stand between backticks. */
export const Words = ({ text }) =>
  text.length > LONG
    ? html`<${Text} text=${text} />`
    : html`<bdi>${text.split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part))}</bdi>`;

export const Pill = ({ text, icon, tone, small }) => html`
  <span class=${classes("pill", `tone-${tone}`, small && "pill-small")}>
    <${Icon} name=${icon} />${text}
  </span>`;

export const StatusPill = ({ word, small }) => html`<${Pill} ...${status(word)} small=${small} />`;
export const PhasePill = ({ word, small }) => html`<${Pill} ...${phase(word)} small=${small} />`;

export const Problem = ({ title, text, children }) => html`
  <div class="problem" role="alert">
    <${Icon} name="warning" />
    <div><strong>${title}</strong> <${Text} text=${text} />${children}</div>
  </div>`;

/** Shows what is around it even if a view fails; the next thing that is shown gets a new chance. */
export class Guarded extends Component {
  state = { error: null };
  static getDerivedStateFromError(error) {
    return { error };
  }
  componentDidCatch(error) {
    console.error(error);
  }
  componentDidUpdate(before) {
    if (this.state.error && before.of !== this.props.of) this.setState({ error: null });
  }
  render({ children }, { error }) {
    return error
      ? html`<${Problem} title="This view has failed." text=${`${error.name}; the browser's console says more.`} />`
      : children;
  }
}

export const Empty = ({ title, children }) => html`
  <div class="empty"><p class="empty-title">${title}</p>${children}</div>`;

/** A dialog that is open as long as it is there. */
export function Dialog({ label, onClose, children, wide }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      before?.focus?.();
    };
  }, []);
  const dismiss = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`
    <dialog ref=${dialog} class=${classes(wide && "wide")} aria-labelledby="dialog-title"
      onCancel=${dismiss}>
      <h2 id="dialog-title">${label}</h2>
      ${children}
    </dialog>`;
}

/** A question with what will happen, and what went wrong if it did. */
export function Confirm({ label, action, danger, onConfirm, onClose, children }) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} label=${label} onClose=${onClose}>
      <div class="dialog-body">${children}</div>
      ${error && html`<${Problem} title="Nothing was changed, as far as is known." text=${error.message} />`}
      <div class="dialog-actions">
        <button type="button" onClick=${onClose} disabled=${isBusy}>Back</button>
        <button type="button" class=${danger ? "danger" : "primary"} onClick=${confirm}
          disabled=${isBusy} autofocus>${isBusy ? "Working…" : action}</button>
      </div>
    <//>`;
}

/** JSON, indented, as text. */
export const Json = memo(
  ({ value, label }) => html`
  <pre class="json" tabindex="0" role="region" aria-label=${label}>${highlighted(value)}</pre>`,
);

function highlighted(value) {
  const text = JSON.stringify(value, null, 2) ?? "null";
  const parts = [];
  const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    parts.push(text.slice(end, match.index));
    const [token, string, colon] = match;
    const name = string ? (colon ? "json-name" : "json-text") : "json-value";
    parts.push(html`<span class=${name}>${string ?? token}</span>`, colon ?? "");
    end = match.index + token.length;
  }
  parts.push(text.slice(end));
  return parts;
}

/** Tabs as the ARIA authoring practices describe them: arrows move, and what has focus is shown. */
export function Tabs({ label, tabs, selected, onSelect }) {
  const list = useRef(null);
  const move = (event) => {
    const index = tabs.findIndex(([name]) => name === selected);
    const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + tabs.length) % tabs.length;
    onSelect(tabs[next][0]);
    list.current.children[next].focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${tabs.map(
        ([name, text]) => html`
        <button key=${name} type="button" role="tab" id=${`tab-${name}`} aria-selected=${name === selected}
          aria-controls="panel" tabindex=${name === selected ? 0 : -1}
          onClick=${() => onSelect(name)}>${text}</button>`,
      )}
    </div>`;
}
