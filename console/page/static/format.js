// Times and numbers as people read them. All times are UTC, as in the texts of the reading.

const DAY = 86_400_000;

const two = (number) => String(number).padStart(2, "0");

export const millis = (iso) => (iso ? Date.parse(iso) : null);

export function clockTime(iso, seconds = true) {
  const at = new Date(millis(iso));
  const text = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return seconds ? `${text}:${two(at.getUTCSeconds())}` : text;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function day(iso) {
  const at = new Date(millis(iso));
  return `${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()}`;
}

/** A time, with its day unless that is today. */
export function moment(iso, now) {
  if (!iso) return "–";
  const isToday = Math.floor(millis(iso) / DAY) === Math.floor(now / DAY);
  return isToday ? clockTime(iso) : `${day(iso)}, ${clockTime(iso, false)}`;
}

/** A duration in milliseconds, in its two largest units. */
export function duration(length) {
  const seconds = Math.max(0, Math.round(length / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** The part of an ARN that names the resource; any other id as it is. */
export function shortId(id) {
  const parts = id.split(":");
  return parts[0] === "arn" && parts.length > 6 ? parts.slice(5).join(":") : id;
}
