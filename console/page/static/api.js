// Calls of the page's own server.

/** A call failed; the text is for people. */
export class ApiError extends Error {
  constructor(message, code, more = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(`api/${path}`, { credentials: "same-origin", ...options });
  } catch {
    throw new ApiError(
      "The page's server does not answer; the command that printed its address may have ended.",
      "Unreachable",
    );
  }
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  const { message, code, ...more } = body?.error ?? {};
  throw new ApiError(message ?? `The page's server answered ${response.status}.`, code, more);
}

export const query = (values) => {
  const given = Object.entries(values).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return new URLSearchParams(given).toString();
};

export const get = (path, values = {}, signal = undefined) => {
  const search = query(values);
  return call(search ? `${path}?${search}` : path, { signal });
};

export const post = (path, body) =>
  call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
