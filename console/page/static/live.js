// What changes, pushed by the server; connects again by itself.

const FIRST_DELAY = 500;
const LONGEST_DELAY = 8_000;

/**
 * Follows `path`; `on` has a function for each kind of message, `state` is called with `live`,
 * `connecting` or `reconnecting`. Returns what ends it.
 */
export function follow(path, on, state) {
  let source = null;
  let timer = 0;
  let delay = FIRST_DELAY;
  let wasLive = false;

  function open() {
    state(wasLive ? "reconnecting" : "connecting");
    source = new EventSource(path);
    source.onopen = () => {
      delay = FIRST_DELAY;
      wasLive = true;
      state("live");
    };
    source.onerror = () => {
      // The browser's own reconnection ends with the first answer that is no stream.
      source.close();
      state("reconnecting");
      timer = setTimeout(open, delay);
      delay = Math.min(2 * delay, LONGEST_DELAY);
    };
    for (const [name, receive] of Object.entries(on)) {
      source.addEventListener(name, (message) => receive(JSON.parse(message.data)));
    }
  }

  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
