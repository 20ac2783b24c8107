// The rows that the page knows, and the stream that brings more of them. Nothing here draws.
import { getJSON } from './api.js';

/**
 * One call or receipt, as /sandbox/all?summary=true sends it.
 * @typedef {{id: number, time: string, endpoint: string, source: string, consumer: string, session_id: string, types: string[],
 *   result: string, status: number, internal_code: number, reason?: string, findings?: number, took_ms: number,
 *   attempt?: number, same_as?: number, fault?: string, size: number, at: number, text: string}} Row
 */

/** How many rows the first request asks for. They fill a screen, so that the page shows something at once. */
const FIRST = 300;
/** How many rows each later request asks for. */
const PAGE = 10000;

/** What the page shows of the connection. */
export const store = {
  /** @type {Row[]} oldest first */
  rows: [],
  /** @type {any} the answer of /sandbox/state */
  state: null,
  /** @type {'connecting' | 'live' | 'lost' | 'denied'} */
  connection: 'connecting',
  lastEvent: 0,
  /** The id of the last row that is shown while the list is paused. 0: the list is live. */
  pausedAt: 0,
  missed: 0,
  resetAt: 0,
  loaded: false,
};

/** @type {Set<(change: string) => void>} */
const listeners = new Set();
/** @type {EventSource | null} */
let source = null;
/** @type {Row[]} */
let waiting = [];
let drawing = 0;
let generation = 0;

/** Calls back after each change: 'rows', 'reset' or 'state'.
 * @param {(change: string) => void} callback */
export function subscribe(callback) {
  listeners.add(callback);
  return () => { listeners.delete(callback); };
}

/** @param {string} change */
function tell(change) {
  for (const callback of [...listeners]) callback(change);
}

/** @param {any} line @returns {Row} */
function rowOf(line) {
  line.at = Date.parse(line.time);
  line.text = '';
  return line;
}

/** What a search for a text looks at, in lower case. It is made when it is first needed.
 * @param {Row} row */
export function textOf(row) {
  if (!row.text) {
    row.text = [row.id, row.endpoint, row.types.join(' '), row.consumer, row.session_id, row.source, row.result, row.status, row.reason, row.fault]
      .join('\n').toLowerCase();
  }
  return row.text;
}

function limit() { return store.state ? store.state.limits.calls : 50000; }

/** Puts rows that came by the stream behind the others, once for each frame. A hidden page gets no frames, so a timer does it then. */
function flush() {
  drawing = 0;
  if (!waiting.length) return;
  const last = store.rows.length ? store.rows[store.rows.length - 1].id : 0;
  for (const row of waiting) if (row.id > last) store.rows.push(row);
  waiting = [];
  if (store.rows.length > limit() + 1000) store.rows.splice(0, store.rows.length - limit());
  tell('rows');
}

function schedule() {
  if (drawing) return;
  drawing = 1;
  if (document.hidden) setTimeout(flush, 250); else requestAnimationFrame(flush);
}

/** Loads the newest rows, follows the stream, and then loads the older rows page by page. */
export async function start() {
  const mine = ++generation;
  try {
    await readState();
    const list = await getJSON(`/sandbox/all?summary=true&receipts=true&limit=${FIRST}`);
    if (mine !== generation) return;
    store.rows = list.calls.map(rowOf);
    store.loaded = true;
    follow(list.last);
    tell('rows');
    performance.mark('rows');
    await loadOlder(mine);
  } catch (error) {
    if (mine !== generation) return;
    store.connection = /** @type {any} */ (error).status === 401 ? 'denied' : 'lost';
    tell('state');
    if (store.connection === 'lost') setTimeout(() => { if (mine === generation) start(); }, 2000);
  }
}

/** @param {number} mine */
async function loadOlder(mine) {
  while (store.rows.length && store.rows[0].id > 1) {
    const list = await getJSON(`/sandbox/all?summary=true&receipts=true&limit=${PAGE}&before=${store.rows[0].id}`);
    if (mine !== generation || !list.calls.length) return;
    store.rows = list.calls.map(rowOf).concat(store.rows);
    tell('older');
  }
}

/** @param {string} last */
function follow(last) {
  source?.close();
  const stream = new EventSource(`/sandbox/events?summary=true&receipts=true&since=${encodeURIComponent(last)}`);
  source = stream;
  stream.onopen = () => { store.connection = 'live'; tell('state'); readState().catch(() => {}); };
  stream.onerror = () => {
    store.connection = 'lost';
    tell('state');
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => { if (source === stream) start(); }, 2000);
  };
  stream.addEventListener('call', (event) => {
    store.lastEvent = Date.now();
    waiting.push(rowOf(JSON.parse(event.data)));
    schedule();
  });
  stream.addEventListener('gap', (event) => {
    store.missed += JSON.parse(event.data).gone;
    tell('state');
  });
  stream.addEventListener('reset', () => {
    store.rows = [];
    waiting = [];
    store.pausedAt = 0;
    store.missed = 0;
    store.resetAt = Date.now();
    tell('reset');
    readState().catch(() => {});
  });
}

/** Reads what the top of the page shows. A page of another version loads itself again. */
export async function readState() {
  const before = store.state;
  store.state = await getJSON('/sandbox/state');
  if (before && before.page !== store.state.page) location.reload();
  tell('state');
}

/** Stops or starts showing new rows. Rows go on arriving while the list is paused.
 * @param {boolean} paused */
export function pause(paused) {
  store.pausedAt = paused && store.rows.length ? store.rows[store.rows.length - 1].id : (paused ? -1 : 0);
  tell('rows');
}

/** How many rows came since the list was paused. */
export function heldBack() {
  if (!store.pausedAt) return 0;
  return store.rows.length - firstAfter(store.pausedAt);
}

/** The index of the first row with a higher id.
 * @param {number} id */
export function firstAfter(id) {
  let low = 0, high = store.rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (store.rows[middle].id > id) high = middle; else low = middle + 1;
  }
  return low;
}
