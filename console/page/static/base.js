// What every view is made of.

import { Component, html } from "./vendor/preact.js";

export * from "./vendor/preact.js";

/** Renders its children again only if a property is another value. */
export const memo = (view) =>
  class extends Component {
    shouldComponentUpdate(next) {
      const names = Object.keys(next);
      return (
        names.length !== Object.keys(this.props).length ||
        names.some((name) => next[name] !== this.props[name])
      );
    }
    render(props) {
      return html`<${view} ...${props} />`;
    }
  };

/** Returns `next`, with every part that equals the part of `last` replaced by that. */
export function reuse(last, next) {
  if (Object.is(last, next)) return last;
  if (!last || !next || typeof last !== "object" || typeof next !== "object") return next;
  if (Array.isArray(last) !== Array.isArray(next)) return next;
  const names = Object.keys(next);
  let isSame = names.length === Object.keys(last).length;
  const made = Array.isArray(next) ? new Array(next.length) : {};
  for (const name of names) {
    made[name] = reuse(last[name], next[name]);
    isSame &&= name in last && made[name] === last[name];
  }
  return isSame ? last : made;
}

export const classes = (...names) => names.filter(Boolean).join(" ");

/** A value that changes, and who is called when it does. */
export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(change) {
      const next = { ...value, ...change };
      if (Object.keys(change).every((name) => next[name] === value[name])) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
