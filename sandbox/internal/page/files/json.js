// JSON as lines. It is read from the text that was sent, because JSON.parse rounds large numbers and loses repeated members.

/** @typedef {{depth: number, path: string, name: string | null, kind: string, value: string, close: string}} Line */

/** How many levels are indented. Deeper ones stay at this depth. */
const MAX_DEPTH = 40;

/**
 * Reads a text as lines, one for each value. It returns null if the text is not JSON. It does not recurse, so that no
 * depth is too deep.
 * @param {string} text @returns {Line[] | null}
 */
export function linesOf(text) {
  /** @type {Line[]} */
  const lines = [];
  /** @type {{path: string, list: boolean, index: number, kind: string}[]} */
  const open = [];
  const token = /\s*(?:("[^"\\]*(?:\\.[^"\\]*)*")|(-?\d[\d.eE+-]*)|(true|false|null)|([{}[\],:]))/gy;
  let name = /** @type {string | null} */ (null);
  let expectName = false;
  let at = 0;
  for (let match; (match = token.exec(text)); at = token.lastIndex) {
    const [, string, number, word, sign] = match;
    const parent = open[open.length - 1];
    if (sign === ',') {
      if (!parent || !lines.length) return null;
      lines[lines.length - 1].close += ',';
      parent.index++;
      name = null;
      expectName = !parent.list;
    } else if (sign === ':') {
      expectName = false;
    } else if (sign === '}' || sign === ']') {
      const closed = open.pop();
      if (!closed) return null;
      const last = lines[lines.length - 1];
      if (last.kind === 'open' && last.path === closed.path) { last.close = sign; last.kind = 'empty'; }
      else lines.push({ depth: Math.min(open.length, MAX_DEPTH), path: '', name: null, kind: 'close', value: sign, close: '' });
      name = null;
    } else if (string && expectName) {
      name = unquote(string);
    } else {
      const path = pathOf(parent, name);
      const kind = sign ? 'open' : string ? 'string' : number ? 'number' : 'word';
      lines.push({ depth: Math.min(open.length, MAX_DEPTH), path, name, kind, value: sign || (string ? unquote(string) : number || word), close: '' });
      name = null;
      if (sign) {
        open.push({ path, list: sign === '[', index: 0, kind: sign });
        expectName = sign === '{';
      }
    }
  }
  return open.length || !lines.length || text.slice(at).trim() ? null : lines;
}

/** @param {string} quoted */
function unquote(quoted) {
  try { return JSON.parse(quoted); } catch { return quoted.slice(1, -1); }
}

/** @param {{path: string, list: boolean, index: number} | undefined} parent @param {string | null} name */
function pathOf(parent, name) {
  if (!parent) return '';
  if (parent.list) return `${parent.path}[${parent.index}]`;
  return parent.path ? `${parent.path}.${name}` : String(name);
}

/** The line that a path speaks of: that of the value, or of the nearest value around it.
 * @param {Line[]} lines @param {string} path */
export function lineFor(lines, path) {
  for (let wanted = path; ; wanted = wanted.replace(/(\.[^.[\]]*|\[\d+\])$/, '')) {
    const at = lines.findIndex((line) => line.path === wanted && line.kind !== 'close');
    if (at >= 0) return at;
    if (!/[.[]/.test(wanted)) return 0;
  }
}
