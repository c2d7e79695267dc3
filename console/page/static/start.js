// Starting a request: an editor that validates as one types, a dry run, and a confirmation.

import { html, useEffect, useRef, useState } from "./base.js";
import { get, post } from "./api.js";
import { Editor } from "./editor.js";
import { plural } from "./format.js";
import { Icon } from "./icons.js";
import { Confirm, Problem, Text } from "./parts.js";

const PAUSE = 250;

/** Starts a request under a name of its own, so that a second click starts nothing. */
export const startOnce = (request, name) => post("start", { request, name });
const newName = () => `page-${crypto.randomUUID()}`;

export function StartView({ draft, stack, onDraft, onStarted }) {
  const [examples, setExamples] = useState([]);
  const [check, setCheck] = useState({ state: "waiting" });
  const [error, setError] = useState(null);
  const [isAsking, setAsking] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const editor = useRef(null);
  const text = useRef(draft ?? "");

  useEffect(() => {
    get("examples").then(
      (found) => {
        setExamples(found);
        const first = found.find(({ name }) => name === "pause-export-restore") ?? found[0];
        if (!text.current && first) choose(first.request);
      },
      (problem) => setError(problem.message),
    );
  }, []);

  useChecks(text, check, setCheck, editor);

  const choose = (request) => editor.current?.replace(JSON.stringify(request, null, 2));
  const changed = (value) => {
    text.current = value;
    onDraft(value);
    setCheck({ state: "typing", text: value });
  };
  const send = async (request, name) => onStarted((await startOnce(request, name)).execution_arn);
  const dryRun = async () => {
    setBusy(true);
    setError(null);
    try {
      await send(dry(check.request), newName());
    } catch (problem) {
      setError(problem.message);
    }
    setBusy(false);
  };
  const isValid = check.state === "valid";

  return html`
    <section class="start" aria-labelledby="start-title">
      <header class="view-header">
        <h1 id="start-title" tabindex="-1">Start a request</h1>
        <label class="labelled">Begin with
          <select onChange=${(event) => {
            const example = examples.find(({ name }) => name === event.target.value);
            if (example) choose(example.request);
          }}>
            <option value="">an example…</option>
            ${examples.map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}
          </select></label>
      </header>
      ${error && html`<${Problem} title="That did not work." text=${error} />`}
      <div class="start-columns">
        <div class="start-editor"><${Editor} text=${text.current} label="Request as JSON" onChange=${changed}
          onReady=${(ready) => {
            editor.current = ready;
            if (text.current) changed(text.current);
          }} /></div>
        <div class="start-check">
          <${Checked} check=${check} onJump=${(field) => editor.current.jump(field)} />
          <div class="start-actions">
            <button type="button" disabled=${!isValid || isBusy} onClick=${dryRun}><${Icon} name="planned" />Dry run</button>
            <button type="button" class="primary" disabled=${!isValid || isBusy} onClick=${() => setAsking(newName())}>Start…</button>
          </div>
          <p class="quiet">A dry run reads states and says which operations the request would call; it changes nothing.</p>
        </div>
      </div>
      ${
        isAsking &&
        html`
        <${Confirm} label=${check.request?.dry_run ? "Start this dry run?" : "Start this request?"} action=${check.request?.dry_run ? "Start the dry run" : "Start"}
          onClose=${() => setAsking(null)} onConfirm=${() => send(check.request, isAsking)}>
          <p>${stack ? html`On stack <strong><bdi>${stack.name}</bdi></strong>, account <strong>${stack.account}</strong>, Region <strong>${stack.region}</strong>, it will:` : "It will:"}</p>
          <${Plan} stages=${check.stages} />
          ${check.undone?.length > 0 && html`<p>If it is canceled later:</p><${Lines} lines=${check.undone} />`}
        <//>`
      }
    </section>`;
}

const dry = (request) => (request.kind ? { jobs: [request], dry_run: true } : { ...request, dry_run: true });

/** Checks the text once nobody has typed for a moment. */
function useChecks(text, check, setCheck, editor) {
  useEffect(() => {
    if (check.state !== "typing") return undefined;
    const { text: checked } = check;
    const timer = setTimeout(async () => {
      let request;
      try {
        request = JSON.parse(checked);
      } catch {
        editor.current.mark([]);
        return setCheck({ state: "broken", line: editor.current.brokenLine() });
      }
      try {
        const found = await post("check", { request });
        if (text.current !== checked) return undefined;
        editor.current?.mark(found.faults);
        return setCheck({ ...found, state: found.faults.length ? "invalid" : "valid", request });
      } catch (problem) {
        return setCheck({ state: "unknown", problem: problem.message });
      }
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [check]);
}

function Checked({ check, onJump }) {
  const [title, body] = {
    waiting: ["Choose an example, or write a request.", null],
    typing: ["Checking…", null],
    broken: [`This is not JSON${check.line ? `; see line ${check.line}` : ""}.`, null],
    unknown: ["The request could not be checked.", html`<${Problem} title="" text=${check.problem ?? ""} />`],
    valid: ["The request is valid. It will:", html`<${Plan} stages=${check.stages} />`],
    invalid: [
      `${plural(check.faults?.length ?? 0, "fault")}, and nothing would start:`,
      html`
      <ul class="faults">${check.faults?.map(
        ({ field, rule }, index) => html`
        <li key=${index}><button type="button" onClick=${() => onJump(field)}><code>${field}</code> <${Text} text=${rule} /></button></li>`,
      )}</ul>`,
    ],
  }[check.state];
  const icon =
    { valid: "done", invalid: "failed", broken: "failed", unknown: "warning" }[check.state] ?? "pending";
  const tone = { valid: "done", invalid: "fail", broken: "fail", unknown: "queue" }[check.state] ?? "idle";
  return html`
    <div class=${`checked tone-${tone}`}>
      <p class="checked-title" role="status"><${Icon} name=${icon} />${title}</p>
      ${body}
    </div>`;
}

export const Plan = ({ stages }) => html`
  <ol class="plan">${stages?.map(
    (stage, index) => html`
    <li key=${index}>
      <span class="stage-number">Stage ${index + 1}</span>${stage.run === "always" && html` <span class="tag">always</span>`}
      <ul>${stage.jobs.map((job, number) => html`<li key=${number}><${Text} text=${job} /></li>`)}</ul>
    </li>`,
  )}</ol>`;

export const Lines = ({ lines }) =>
  html`<ul class="lines">${lines.map((line, index) => html`<li key=${index}><${Text} text=${line} /></li>`)}</ul>`;
