// The live list of events. It draws the rows that are in view, and no others.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from './vendor/preact.js';
import { getJSON } from './api.js';
import { matcher, parse, RESULTS, toggle, wordsOf } from './search.js';
import { firstAfter, heldBack, pause, store } from './store.js';
import { clockTime, count, duration, shownText, shownValue, visible, WORDS } from './values.js';
import { inChord } from './keys.js';
import { setRoute } from './route.js';
import { Welcome } from './welcome.js';

/** @typedef {import('./store.js').Row} Row */

/** The columns: key, words of the header, and what sorting compares.
 * @type {{key: string, label: string, by: (row: Row) => number | string}[]} */
const COLUMNS = [
  { key: 'time', label: 'Time', by: (row) => row.id },
  { key: 'result', label: 'Result', by: (row) => row.result },
  { key: 'what', label: 'What', by: (row) => row.types[0] || row.endpoint },
  { key: 'consumer', label: 'Consumer', by: (row) => row.consumer },
  { key: 'source', label: 'Source', by: (row) => row.source },
  { key: 'status', label: 'Status', by: (row) => row.status },
  { key: 'took', label: 'Took', by: (row) => row.took_ms },
  { key: 'attempt', label: 'Attempt', by: (row) => row.attempt || 1 },
  { key: 'note', label: 'Why', by: (row) => row.reason || '' },
];

/** The rows of the present filter, oldest first, which grow with the store's. */
const view = { key: '', rows: /** @type {Row[]} */ ([]), seen: 0, oldest: 0, version: 0 };

/** @param {string} key @param {(row: Row) => boolean} matches @param {number} pausedAt */
function filtered(key, matches, pausedAt) {
  const rows = store.rows;
  const oldest = rows.length ? rows[0].id : 0;
  const last = rows.length ? rows[rows.length - 1].id : 0;
  const until = pausedAt ? Math.min(pausedAt, last) : last;
  if (view.key !== key || view.seen > until || oldest < view.oldest) {
    view.key = key;
    view.rows = (pausedAt ? rows.slice(0, firstAfter(pausedAt)) : rows).filter(matches);
    view.version++;
  } else if (view.seen < until) {
    for (let i = firstAfter(view.seen); i < rows.length && rows[i].id <= until; i++) if (matches(rows[i])) view.rows.push(rows[i]);
    view.version++;
  }
  if (oldest > view.oldest && view.rows.length && view.rows[0].id < oldest) {
    let gone = 0;
    while (gone < view.rows.length && view.rows[gone].id < oldest) gone++;
    view.rows.splice(0, gone);
    view.version++;
  }
  view.seen = until;
  view.oldest = oldest;
  return view.rows;
}

/** Ids of rows whose content has the words of the search. The server looks for them, as the page does not have the contents.
 * @param {string[]} words @param {number} last the id of the latest row */
function useContent(words, last) {
  const [found, setFound] = useState({ key: '', ids: /** @type {Set<number>} */ (new Set()), busy: false });
  const key = words.join(' ');
  const asked = useRef({ key: '', last: 0 });
  useEffect(() => {
    if (!key) return undefined;
    const since = asked.current.key === key ? asked.current.last : 0;
    if (since >= last && last) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const longest = [...words].sort((a, b) => b.length - a.length);
        /** @type {Set<number> | null} */
        let ids = null;
        for (const word of longest) {
          const list = await getJSON(`/sandbox/all?summary=true&receipts=true&q=${encodeURIComponent(word)}${since ? `&since=${since}` : ''}`);
          if (stop.signal.aborted) return;
          const now = /** @type {Set<number>} */ (new Set(list.calls.map((/** @type {any} */ c) => c.id)));
          ids = ids ? new Set(/** @type {number[]} */ ([...ids]).filter((id) => now.has(id))) : now;
        }
        asked.current = { key, last };
        setFound((old) => ({ key, ids: new Set([...(old.key === key ? old.ids : []), ...(ids || [])]), busy: false }));
      } catch { /* the rows that the page has are searched all the same */ }
    }, asked.current.key === key ? 500 : 150);
    return () => { stop.abort(); clearTimeout(timer); };
  }, [key, last]);
  return found.key === key ? found.ids : NONE;
}

/** @type {Set<number>} */
const NONE = new Set();

/** @param {{route: import('./route.js').Route, change: number, announce: (text: string) => void}} props */
export function Events({ route, change, announce }) {
  const text = route.query.q || '';
  const results = useMemo(() => (route.query.result || '').split(',').filter(Boolean), [route.query.result]);
  const parts = useMemo(() => parse(text), [text]);
  const words = useMemo(() => wordsOf(parts), [parts]);
  const last = store.rows.length ? store.rows[store.rows.length - 1].id : 0;
  const found = useContent(words, last);
  const matches = useMemo(() => matcher(parts, results, found), [parts, results, found]);
  const started = performance.now();
  const rows = filtered(`${text}\n${results}\n${found.size}`, matches, store.pausedAt);
  const order = route.query.sort || '-time';
  const sorted = useMemo(() => sort(rows, order), [rows, order, view.version]);
  performance.measure?.('filter', { start: started });
  const error = parts.find((part) => part.error);
  useEffect(() => { if (text && !rows.length && store.loaded) announce('No events match.'); }, [text, rows.length > 0]);
  return html`
    <section class="events" aria-label="Events">
      <${Filters} text=${text} parts=${parts} results=${results} shown=${rows.length} error=${error} />
      ${rows.length || !store.loaded
        ? html`<${Grid} key=${`${text}\n${results}\n${order}`} rows=${sorted} newestFirst=${order === '-time'} order=${order} selected=${Number(route.id) || 0} change=${change} />`
        : html`<${Empty} text=${text} results=${results} />`}
      <${Foot} shown=${rows.length} />
    </section>`;
}

/** Sorts rows. The ids decide between equal rows. By time they are in order already.
 * @param {Row[]} rows @param {string} order @returns {Row[]} */
function sort(rows, order) {
  if (order === '-time' || order === 'time') return rows;
  const down = order[0] === '-';
  const column = COLUMNS.find((c) => c.key === order.replace('-', '')) || COLUMNS[0];
  const keyed = rows.map((row) => ({ row, by: column.by(row) }));
  keyed.sort((a, b) => (a.by < b.by ? -1 : a.by > b.by ? 1 : a.row.id - b.row.id));
  if (down) keyed.reverse();
  return keyed.map((k) => k.row);
}

function Filters({ text, parts, results, shown, error }) {
  const live = !store.pausedAt;
  const held = heldBack();
  const types = useMemo(known, [Math.floor(store.rows.length / 500), store.rows.length < 500 ? store.rows.length : 0]);
  const set = (/** @type {Record<string, string>} */ query) => setRoute({ query });
  return html`
    <div class="filters" role="search">
      <label class="grow"><span class="hidden">Search ids and content</span>
        <input id="search" type="search" placeholder="Search ids and content, or type: consumer: endpoint: status: since: …" value=${text}
          autocomplete="off" spellcheck=${false} list="known" aria-invalid=${error ? 'true' : 'false'} aria-describedby=${error ? 'search-error' : undefined}
          onInput=${(/** @type {any} */ e) => set({ q: e.target.value })} />
      </label>
      <datalist id="known">${types.map((value) => html`<option value=${value} />`)}</datalist>
      <div class="chips" role="group" aria-label="Results to show">
        ${RESULTS.filter((r) => r !== 'unknown' || results.includes(r)).map((result) => html`
          <button class=${`chip ${result}`} aria-pressed=${results.includes(result)} data-result=${result}
            onClick=${() => set({ result: (results.includes(result) ? results.filter((/** @type {string} */ r) => r !== result) : [...results, result]).join(',') })}>
            ${result === 'noted' ? 'with notes' : WORDS[result]}</button>`)}
      </div>
      <button id="live" class=${live ? 'live' : 'paused'} aria-pressed=${!live} onClick=${() => pause(live)}>
        ${live ? 'Pause' : held ? `Resume (${count(held)} new)` : 'Resume'}</button>
      ${(text || results.length > 0) && html`<button id="clear" onClick=${() => set({ q: '', result: '' })}>Clear filters</button>`}
    </div>
    ${error && html`<p class="error" id="search-error" role="alert">${error.error}</p>`}
    ${parts.some((/** @type {any} */ p) => p.name) && html`
      <ul class="parts" aria-label="Filters in the search">
        ${parts.filter((/** @type {any} */ p) => p.name).map((/** @type {any} */ part) => html`<li><button aria-label=${`Remove the filter ${part.source}`}
          onClick=${() => set({ q: parts.filter((/** @type {any} */ p) => p !== part).map((/** @type {any} */ p) => p.source).join(' ') })}>${visible(part.source)} ✕</button></li>`)}
      </ul>`}
    <span class="hidden" data-shown=${shown}></span>`;
}

/** The filters that a search may begin with: the types, endpoints and consumers that are there. */
function known() {
  const counts = new Map();
  const add = (/** @type {string} */ name, /** @type {string} */ value) => {
    if (!value) return;
    const key = `${name}:${/\s/.test(value) ? `"${value}"` : value}`;
    counts.set(key, (counts.get(key) || 0) + 1);
  };
  for (const row of store.rows.slice(-5000)) {
    for (const type of row.types) add('type', type);
    add('endpoint', row.endpoint);
    if (row.fault) add('fault', row.fault);
    if (row.status) add('status', String(row.status));
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 60).map(([key]) => key);
}

/** @param {{rows: Row[], newestFirst: boolean, order: string, selected: number, change: number}} props */
function Grid({ rows, newestFirst, order, selected }) {
  const grid = useRef(/** @type {HTMLElement | null} */ (null));
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [active, setActive] = useState(selected);
  const rowHeight = useRowHeight();
  const total = rows.length;
  const at = (/** @type {number} */ i) => (newestFirst ? rows[total - 1 - i] : rows[i]);
  const indexOf = (/** @type {number} */ id) => {
    if (!newestFirst && order !== 'time') return rows.findIndex((row) => row.id === id);
    let low = 0, high = total - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (rows[middle].id === id) return newestFirst ? total - 1 - middle : middle;
      if (rows[middle].id < id) low = middle + 1; else high = middle - 1;
    }
    return -1;
  };
  useEffect(() => {
    const el = /** @type {HTMLElement} */ (grid.current);
    const observer = new ResizeObserver(() => setHeight(el.clientHeight));
    observer.observe(el);
    return () => observer.disconnect();
  }, []);
  // New rows above what somebody reads must not move it.
  const newest = total ? rows[total - 1].id : 0;
  const before = useRef(newest);
  useLayoutEffect(() => {
    const el = /** @type {HTMLElement} */ (grid.current);
    if (newestFirst && el.scrollTop > rowHeight && newest > before.current) {
      let added = 0;
      while (added < total && rows[total - 1 - added].id > before.current) added++;
      el.scrollTop += added * rowHeight;
    }
    before.current = newest;
  }, [newest]);
  const first = Math.max(0, Math.floor(top / rowHeight) - 8);
  const end = Math.min(total, Math.ceil((top + height) / rowHeight) + 8);
  const shown = [];
  for (let i = first; i < end; i++) shown.push(i);
  const move = (/** @type {number} */ to) => {
    if (!total) return;
    const index = Math.max(0, Math.min(total - 1, to));
    setActive(at(index).id);
    const el = /** @type {HTMLElement} */ (grid.current);
    const y = index * rowHeight;
    if (y < el.scrollTop) el.scrollTop = y;
    else if (y + 2 * rowHeight > el.scrollTop + el.clientHeight) el.scrollTop = y + 2 * rowHeight - el.clientHeight;
  };
  const onKey = (/** @type {KeyboardEvent} */ e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || inChord() || /** @type {HTMLElement} */ (e.target).closest('button')) return;
    const index = indexOf(active);
    const page = Math.max(1, Math.floor(height / rowHeight) - 2);
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: total - 1 });
    if (e.key in steps) { e.preventDefault(); move(steps[e.key]); return; }
    if ((e.key === 'Enter' || e.key === 'ArrowRight') && index >= 0) { e.preventDefault(); setRoute({ screen: 'events', id: String(active) }); }
    if (e.key === ' ') { e.preventDefault(); pause(!store.pausedAt); }
    if ((e.key === 'n' || e.key === 'p') && total) {
      const step = e.key === 'n' ? 1 : -1;
      for (let i = index + step; i >= 0 && i < total; i += step) if (at(i).result === 'refused') { move(i); return; }
    }
    const row = index >= 0 ? at(index) : null;
    if (row && e.key === 'f' && row.consumer) addFilter('consumer', row.consumer);
    if (row && e.key === 't' && row.types[0]) addFilter('type', row.types[0]);
    if (row && e.key === 's' && row.session_id) addFilter('session', row.session_id);
  };
  useEffect(() => { if (selected) setActive(selected); }, [selected]);
  return html`
    <div class="grid" role="grid" id="list" aria-label="Events, newest first" aria-rowcount=${total + 1} aria-colcount=${COLUMNS.length} tabindex="0"
      aria-activedescendant=${active && shown.some((i) => at(i).id === active) ? `row-${active}` : undefined}
      ref=${grid} onScroll=${(/** @type {any} */ e) => setTop(e.target.scrollTop)} onKeyDown=${onKey}>
      <div role="rowgroup" class="head"><div role="row" class="row" aria-rowindex="1">
        ${COLUMNS.map(({ key, label }) => html`<div role="columnheader" class=${key} aria-sort=${order === key ? 'ascending' : order === `-${key}` ? 'descending' : 'none'}>
          <button onClick=${() => setRoute({ query: { sort: order === `-${key}` ? key : `-${key}` } })}>${label}<span aria-hidden="true">${order === key ? ' ▲' : order === `-${key}` ? ' ▼' : ''}</span></button></div>`)}
      </div></div>
      <div role="rowgroup" class="body" style=${{ height: `${total * rowHeight}px` }}>
        ${shown.map((i) => html`<${Line} key=${at(i).id} row=${at(i)} index=${i} top=${i * rowHeight} active=${at(i).id === active} open=${at(i).id === selected} />`)}
      </div>
    </div>`;
}

/** @param {string} name @param {string} value */
function addFilter(name, value) {
  const { q } = location.hash.includes('?') ? Object.fromEntries(new URLSearchParams(location.hash.split('?')[1])) : { q: '' };
  setRoute({ query: { q: toggle(q || '', name, value) } });
}

/** The height of a row in pixels. The style sheet decides it. */
function useRowHeight() {
  const narrow = useMemo(() => matchMedia('(max-width: 760px)'), []);
  const [height, setHeight] = useState(narrow.matches ? 56 : 32);
  useEffect(() => {
    const change = () => setHeight(narrow.matches ? 56 : 32);
    narrow.addEventListener('change', change);
    return () => narrow.removeEventListener('change', change);
  }, []);
  return height;
}

/** @param {Row} row */
function what(row) {
  const types = row.types.length ? row.types.map(visible).join(', ') : '';
  return row.endpoint === 'report' || row.endpoint === 'receipt' ? types || (row.endpoint === 'report' ? 'no attributes' : 'event') : types ? `${row.endpoint}: ${types}` : row.endpoint;
}

/** @param {{row: Row, index: number, top: number, active: boolean, open: boolean}} props */
function Line({ row, index, top, active, open }) {
  const status = row.status ? `${row.status}${row.internal_code ? `/${row.internal_code}` : ''}` : row.endpoint === 'receipt' ? '' : 'none';
  return html`
    <div role="row" class=${`row ${row.result}`} id=${`row-${row.id}`} data-id=${row.id} aria-rowindex=${index + 2} aria-selected=${active}
      data-open=${open ? 'true' : undefined} style=${{ transform: `translateY(${top}px)` }} onClick=${() => setRoute({ screen: 'events', id: String(row.id) })}>
      <div role="gridcell" class="time">${clockTime(row.at)}</div>
      <div role="gridcell" class="result"><span class=${`mark ${row.result}`}>${row.result === 'noted' ? 'with notes' : WORDS[row.result] || row.result}</span></div>
      <div role="gridcell" class="what">${what(row)}${row.fault ? html` <span class="fault">⚡ ${visible(row.fault)}</span>` : ''}${row.same_as ? html` <span class="same">same as #${row.same_as}</span>` : ''}</div>
      <div role="gridcell" class="consumer">${shownValue(row.consumer)}</div>
      <div role="gridcell" class="source">${visible(row.source)}</div>
      <div role="gridcell" class="status">${status}</div>
      <div role="gridcell" class="took">${duration(row.took_ms)}</div>
      <div role="gridcell" class="attempt">${row.attempt ? `${row.attempt}.` : ''}</div>
      <div role="gridcell" class="note">${shownText(row.reason || '')}</div>
    </div>`;
}

/** @param {{text: string, results: string[]}} props */
function Empty({ text, results }) {
  if (!store.rows.length) return html`<${Welcome} />`;
  return html`
    <div class="empty"><h2>No events match</h2>
      <p>${count(store.rows.length)} events are here. The search ${text ? html`<code>${visible(text)}</code>` : ''} ${results.length ? html`with the results ${results.map((r) => WORDS[r]).join(', ')}` : ''} matches none of them.</p>
      <button onClick=${() => setRoute({ query: { q: '', result: '' } })}>Clear filters</button>
    </div>`;
}

/** @param {{shown: number}} props */
function Foot({ shown }) {
  const s = store.state;
  if (!s) return null;
  return html`<p class="foot"><span>${count(shown)} of ${count(store.rows.length)} events.</span>
    ${s.forgotten > 0 && html`<span>${count(s.forgotten)} older ones are forgotten: ${count(s.limits.calls)} events, ${Math.round(s.limits.seconds / 3600)} h and ${Math.round(s.limits.bytes / 1048576)} MiB are kept.</span>`}
    ${store.missed > 0 && html`<span>${count(store.missed)} events were forgotten before this page could read them.</span>`}</p>`;
}
