// The search line: free text, and parts such as type:purchase or -consumer:jane.
import { textOf } from './store.js';

/** The parts that have a name, and what they compare.
 * @type {Record<string, (row: import('./store.js').Row, value: string) => boolean>} */
const PARTS = {
  type: (row, value) => row.types.some((type) => type.toLowerCase() === value),
  consumer: (row, value) => row.consumer.toLowerCase() === value,
  endpoint: (row, value) => row.endpoint === value,
  session: (row, value) => row.session_id.toLowerCase() === value,
  source: (row, value) => row.source.toLowerCase().includes(value),
  status: (row, value) => String(row.status) === value || (/^\dxx$/.test(value) && Math.floor(row.status / 100) === Number(value[0])),
  code: (row, value) => String(row.internal_code) === value,
  fault: (row, value) => (row.fault || '').toLowerCase() === value,
  result: (row, value) => row.result === value,
  since: () => true,
  until: () => true,
};

export const RESULTS = ['accepted', 'noted', 'refused', 'dropped', 'withheld', 'duplicate', 'unknown'];

/** @typedef {{name: string, value: string, not: boolean, at?: number, error?: string, source: string}} Part */

/** @param {string} text @returns {Part[]} */
export function parse(text) {
  const parts = [];
  for (const [source, minus, name, quoted, plain] of text.matchAll(/(-?)(?:([a-z_]+):)?(?:"([^"]*)"?|(\S+))/gi)) {
    /** @type {Part} */
    const part = { name: (name || '').toLowerCase(), value: (quoted ?? plain ?? '').toLowerCase(), not: minus === '-', source };
    if (part.name && !(part.name in PARTS)) {
      if (/^https?$/.test(part.name)) { part.value = `${part.name}:${part.value}`; part.name = ''; }
      else part.error = `“${part.name}:” is no filter. There are ${Object.keys(PARTS).join(', ')}.`;
    } else if (part.name === 'since' || part.name === 'until') {
      part.at = timeOf(quoted ?? plain ?? '');
      if (Number.isNaN(part.at)) part.error = `${part.name}: write a time such as 14:05, 2026-03-02T09:00:00Z, or 10m for ten minutes ago.`;
    } else if (part.name === 'result' && !RESULTS.includes(part.value)) {
      part.error = `result: write one of ${RESULTS.join(', ')}.`;
    }
    parts.push(part);
  }
  return parts;
}

/** @param {string} text */
function timeOf(text) {
  const ago = /^(\d+)([smhd])$/.exec(text);
  if (ago) return Date.now() - Number(ago[1]) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[/** @type {'s'} */ (ago[2])];
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (clock) return new Date().setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] || 0), 0);
  return Date.parse(text);
}

/** The words that a search for content must ask the server for.
 * @param {Part[]} parts */
export function wordsOf(parts) {
  return parts.filter((part) => !part.name && !part.not && !part.error && part.value.length > 1).map((part) => part.value);
}

/**
 * Returns a function that says whether a row matches. found has the ids of rows whose content has all words.
 * @param {Part[]} parts @param {string[]} results @param {Set<number>} found
 */
export function matcher(parts, results, found) {
  const good = parts.filter((part) => !part.error);
  const words = good.filter((part) => !part.name);
  const named = good.filter((part) => part.name);
  const plain = words.filter((part) => !part.not);
  const without = words.filter((part) => part.not);
  return (/** @type {import('./store.js').Row} */ row) => {
    if (results.length && !results.includes(row.result)) return false;
    for (const part of named) {
      if (part.name === 'since') { if ((row.at < /** @type {number} */ (part.at)) !== part.not) return false; continue; }
      if (part.name === 'until') { if ((row.at > /** @type {number} */ (part.at)) !== part.not) return false; continue; }
      if (PARTS[part.name](row, part.value) === part.not) return false;
    }
    if (!words.length) return true;
    const text = textOf(row);
    for (const part of without) if (text.includes(part.value)) return false;
    if (found.has(row.id)) return true;
    for (const part of plain) if (!text.includes(part.value)) return false;
    return true;
  };
}

/** Adds a part to a search, or takes it away if it is there.
 * @param {string} text @param {string} name @param {string} value */
export function toggle(text, name, value) {
  const part = `${name}:${/\s/.test(value) ? `"${value}"` : value}`;
  const parts = parse(text).map((p) => p.source);
  return (parts.includes(part) ? parts.filter((p) => p !== part) : [...parts, part]).join(' ');
}
