// Pictures of 16 by 16, drawn in the colour of the text.

import { html } from "./base.js";

const PATHS = {
  running: "M8 1.5a6.5 6.5 0 1 0 6.5 6.5M8 4.5V8l2.5 1.5",
  done: "M2.5 8.5l3.5 3.5 7.5-8",
  failed: "M4 4l8 8M12 4l-8 8",
  stopped: "M4 4h8v8H4z",
  waiting: "M4 2h8M4 14h8M5 2c0 3.5 6 3.5 6 6s-6 2.5-6 6M11 2c0 3.5-6 3.5-6 6s6 2.5 6 6",
  pending: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2",
  skipped: "M3 4l4 4-4 4M9 4l4 4-4 4",
  planned: "M3 3h10v10H3zM5.5 6.5h5M5.5 9.5h3",
  warning: "M8 2.2L14.6 13.5H1.4zM8 6.5v3M8 11.4v.2",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9M10.3 10.3l3.5 3.5",
  plus: "M8 3v10M3 8h10",
  back: "M10 3L5 8l5 5",
  again: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  cloud: "M4.5 12.5a3 3 0 0 1-.3-6 4 4 0 0 1 7.7 1 2.5 2.5 0 0 1-.4 5z",
  next: "M3 3l6 5-6 5zM12 3v10",
  plusSmall: "M8 4v8M4 8h8",
  minus: "M4 8h8",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  close: "M4 4l8 8M12 4l-8 8",
  link: "M6.5 9.5l3-3M7 4.5l1.3-1.3a2.7 2.7 0 0 1 3.8 3.8L10.8 8.3M5.2 7.7L3.9 9a2.7 2.7 0 0 0 3.8 3.8L9 11.5",
};

export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d=${PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.7"
      stroke-linecap="round" stroke-linejoin="round" />
  </svg>`;

/** The brand: five slots, as the staff of a score. */
export const Brand = () => html`
  <svg class="brand-mark" viewBox="0 0 20 20" width="24" height="24" aria-hidden="true">
    <g stroke-width="2.2" stroke-linecap="round">
      <path class="brand-a" d="M2 2.5h16" /><path class="brand-b" d="M2 6.250h10" />
      <path class="brand-a" d="M2 10h13" /><path class="brand-b" d="M2 13.750h6" />
      <path class="brand-a" d="M2 17.5h9" />
    </g>
  </svg>`;
