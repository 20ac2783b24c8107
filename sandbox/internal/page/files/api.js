// Requests to the server that the page came from.

/** An answer that is an error. */
export class APIError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {{method?: string, body?: string, type?: string, headers?: Record<string, string>}} [options]
 * @returns {Promise<Response>}
 */
export async function request(path, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { ...options.headers };
  if (options.body !== undefined) headers['Content-Type'] = options.type || 'application/yaml';
  let answer;
  try {
    answer = await fetch(path, { method: options.method || 'GET', body: options.body, headers, credentials: 'same-origin' });
  } catch {
    throw new APIError(0, 'The server does not answer.');
  }
  return answer;
}

/** The text of an answer. An error has the server's own words.
 * @param {string} path @param {Parameters<typeof request>[1]} [options] */
export async function getText(path, options) {
  const answer = await request(path, options);
  const text = await answer.text();
  if (answer.ok) return text;
  let message = text || answer.statusText;
  try { message = JSON.parse(text).error || message; } catch { /* the answer is a text */ }
  throw new APIError(answer.status, message);
}

/** @param {string} path @param {Parameters<typeof request>[1]} [options] @returns {Promise<any>} */
export async function getJSON(path, options) {
  return JSON.parse(await getText(path, options));
}
