// How values of events are shown: as text that can't mislead, and personal values only if somebody asks for them.

const MASK = '••••••';
/** Members whose values say who a person is. */
const PERSONAL = /(^|[.\]])(firstname|lastname|company|gender|email|phone|address|region|country|age|year|month|day|dob|birthdate|userName|imei|socialId|accountName|contacts)(\[|\.|$)/i;
/** The lengths are bounded, so that a search through a long text takes no longer for each character. */
const MAIL = /[^\s@"'<>]{1,64}(@|%40)[^\s@"'<>]{1,190}\.[^\s@"'<>]{2,63}/;
const PHONE = /^\+?[\d\s().\-–]{9,30}$/;
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/g;

let shown = false;

/** Says whether personal values are shown. */
export function personalShown() { return shown; }

/** @param {boolean} show */
export function showPersonal(show) { shown = show; }

/** A text whose invisible characters can be seen, and which can't change the direction of what follows.
 * @param {unknown} value */
export function visible(value) {
  const text = String(value ?? '');
  return text.isWellFormed?.() === false || HIDDEN.test(text)
    ? text.replace(/[\ud800-\udbff][\udc00-\udfff]|[^]/g, (c) => (c.length === 2 ? c : c.replace(HIDDEN, (h) => `\\u${h.charCodeAt(0).toString(16).padStart(4, '0')}`)))
    : text;
}

/** Whether a value at a path of a body is personal.
 * @param {string} path @param {string} value */
export function isPersonal(path, value) {
  return PERSONAL.test(path) || MAIL.test(value) || (PHONE.test(value) && !/^\d+$/.test(value) && !/^\d{4}-\d\d-\d\d/.test(value));
}

/** A value of an event, masked if it is personal and nobody has asked for it.
 * @param {unknown} value @param {string} [path] */
export function shownValue(value, path = '') {
  const text = String(value ?? '');
  return !shown && isPersonal(path, text) ? MASK : visible(text);
}

/** A sentence in which personal values are masked.
 * @param {unknown} value */
export function shownText(value) {
  const text = visible(value);
  return shown ? text : text.replace(new RegExp(MAIL, 'g'), MASK);
}

/** @param {number} at milliseconds since 1970 */
export function clockTime(at) {
  const d = new Date(at);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}.${String(d.getMilliseconds()).padStart(3, '0')}`;
}

/** @param {number} n */
function two(n) { return String(n).padStart(2, '0'); }

/** @param {number} n */
export function count(n) { return n.toLocaleString('en-US'); }

/** @param {number} ms */
export function duration(ms) {
  if (!ms) return '';
  if (ms < 1) return '<1 ms';
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The words for results.
 * @type {Record<string, string>} */
export const WORDS = {
  accepted: 'accepted', noted: 'accepted, with notes', refused: 'refused', dropped: 'dropped', withheld: 'withheld', duplicate: 'duplicate', unknown: 'unknown',
};
