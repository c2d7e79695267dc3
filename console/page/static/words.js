// What a status, a phase or a state is shown as: a word, a glyph and a tone, never colour alone.

const STATUSES = {
  RUNNING: ["Running", "running", "run"],
  SUCCEEDED: ["Succeeded", "done", "done"],
  FAILED: ["Failed", "failed", "fail"],
  TIMED_OUT: ["Timed out", "failed", "fail"],
  ABORTED: ["Aborted", "stopped", "stop"],
  PENDING_REDRIVE: ["Pending redrive", "waiting", "queue"],
};

const PHASES = {
  PENDING: ["Pending", "pending", "idle"],
  QUEUED: ["Queued", "waiting", "queue"],
  IN_PROGRESS: ["In progress", "running", "run"],
  DELETING: ["Deleting", "running", "ending"],
  COMPLETE: ["Complete", "done", "done"],
  FAILED: ["Failed", "failed", "fail"],
  SKIPPED: ["Skipped", "skipped", "gone"],
  PLANNED: ["Planned", "planned", "plan"],
};

const TONES_OF_STATES = {
  Initialized: "idle",
  Running: "run",
  Paused: "pause",
  Stopped: "stop",
  Completed: "done",
  Failed: "fail",
  NotFound: "gone",
  STARTING: "start",
  IN_PROGRESS: "run",
  COMPLETE: "done",
  CANCELING: "ending",
  CANCELED: "stop",
  FAILED: "fail",
  CREATING: "start",
  CREATED: "done",
  AVAILABLE: "done",
  DELETING: "ending",
  DELETED: "gone",
};

export const status = (word) => shown(STATUSES, word);
export const phase = (word) => shown(PHASES, word);

function shown(table, word) {
  const [text, icon, tone] = table[word] ?? [word ?? "Unknown", "pending", "idle"];
  return { text, icon, tone };
}

/** The tone of AWS's word for a state; of a state that is not known, that of the phase. */
export const tone = (state, phaseWord) =>
  TONES_OF_STATES[state] ?? TONES_OF_STATES[state?.toUpperCase()] ?? phase(phaseWord).tone;

export const MARKS = {
  poll: "Poll",
  throttle: "Throttle",
  mutation: "Mutation",
  retry: "Retry",
  error: "Error",
  wake: "Wake",
  handover: "Hand-over",
};

/** More resources than these are shown as blocks and thin lines. */
export const FLEET = 40;

export const isRunning = (word) => word === "RUNNING" || word === "PENDING_REDRIVE";

/** What a request is called: its correlation id, or the name of its execution. */
export const title = (summary) => summary.correlation_id ?? summary.name;
