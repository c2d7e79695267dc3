// The time of the stack: the real one, or the simulated one of the local AWS.

import { useEffect, useState } from "./base.js";

let known = { at: Date.now(), real: Date.now(), speed: 1 };

/** Says what the time was just now, in epoch milliseconds, and how fast it passes. */
export function setClock(at, speed) {
  known = { at, real: Date.now(), speed };
}

export const now = () => known.at + (Date.now() - known.real) * known.speed;

/** The time, again each second while `isOn`. */
export function useNow(isOn = true) {
  const [time, setTime] = useState(now());
  useEffect(() => {
    setTime(now());
    if (!isOn) return undefined;
    const timer = setInterval(() => setTime(now()), 1000);
    return () => clearInterval(timer);
  }, [isOn]);
  return time;
}
