// The questions before a request is canceled or sent again: what will happen, by name.

import { html, useEffect, useState } from "./base.js";
import { post } from "./api.js";
import { plural, shortId } from "./format.js";
import { Confirm, Text } from "./parts.js";
import { Lines, Plan } from "./start.js";
import { title } from "./words.js";

/** What the contract says about a request: null while it is not known. */
function useCheck(request) {
  const [check, setCheck] = useState(null);
  useEffect(() => {
    post("check", { request }).then(setCheck, () => setCheck({ faults: [], stages: [], undone: [] }));
  }, []);
  return check;
}

export function CancelDialog({ request, onClose, onDone }) {
  const check = useCheck(request.input);
  const { execution_arn, name } = request.summary;
  const running = request.resources.filter(
    (one) => !one.ended_at && !["COMPLETE", "FAILED", "PLANNED"].includes(one.phase),
  );
  const confirm = async () => {
    await post("cancel", { execution_arn });
    onDone();
  };
  return html`
    <${Confirm} label="Cancel this request?" action="Cancel the request" danger onClose=${onClose} onConfirm=${confirm}>
      <p>Execution <strong><bdi>${name}</bdi></strong> of <strong><${Text} text=${title(request.summary)} /></strong> is stopped, and its clean-up follows.</p>
      ${
        check === null
          ? html`<p class="quiet loading">Reading what the clean-up does…</p>`
          : check.undone?.length > 0
            ? html`<p>The clean-up:</p><${Lines} lines=${check.undone} />`
            : html`<p>The request asks for nothing to be undone: what it has changed stays as it is.</p>`
      }
      ${
        running.length > 0 &&
        html`
        <p>${plural(running.length, "resource has", "resources have")} not ended. What is not named above continues as it is:</p>
        <${Lines} lines=${[...running.slice(0, 6).map((one) => `${one.name ?? shortId(one.id)}: ${one.state ?? one.phase}`), ...(running.length > 6 ? [`and ${running.length - 6} more`] : [])]} />`
      }
    <//>`;
}

export function AgainDialog({ request, onClose, onDone, onEdit }) {
  const check = useCheck(request.input);
  const [click] = useState(() => crypto.randomUUID());
  const { execution_arn } = request.summary;
  const confirm = async () => onDone((await post("again", { execution_arn, click })).execution_arn);
  const named = request.input?.correlation_id;
  return html`
    <${Confirm} label="Send this request again?" action="Send again" onClose=${onClose} onConfirm=${confirm}>
      <p>A new execution is started with the same request${named ? html`, and the same correlation id <strong><${Text} text=${named} /></strong>` : ""}. It will:</p>
      ${check === null ? html`<p class="quiet loading">Reading what it does…</p>` : html`<${Plan} stages=${check.stages} />`}
      ${check?.faults.length > 0 && html`<p>It is rejected as it stands: ${plural(check.faults.length, "fault")}.</p>`}
      <p><button type="button" class="fold" onClick=${onEdit}>Change it first</button></p>
    <//>`;
}
