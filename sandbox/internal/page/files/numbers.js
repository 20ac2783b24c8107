// Small plots of what came in, and counters since the reset.
import { html, useEffect, useMemo, useRef, useState } from './vendor/preact.js';
import { useData } from './load.js';
import { firstAfter, store } from './store.js';
import { setRoute } from './route.js';
import { count, duration, visible, WORDS } from './values.js';

/** The ranges: name, seconds, and seconds in one slice.
 * @type {[string, number, number][]} */
const RANGES = [['2 minutes', 120, 2], ['10 minutes', 600, 10], ['1 hour', 3600, 60], ['1 day', 86400, 1800]];

/** @param {{route: import('./route.js').Route, change: number}} props */
export function Numbers({ route }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => { if (!store.pausedAt) setNow(Date.now()); }, 1000);
    return () => clearInterval(timer);
  }, []);
  const range = RANGES.find(([name]) => name === route.query.range) || RANGES[0];
  const offset = store.state ? offsetOf(store.state.clock_offset) : 0;
  const slices = useMemo(() => sliced(range, now + offset), [range, now, offset]);
  const { data } = useData('/sandbox/counts?receipts=true', Math.floor(now / 2000));
  const [asTable, setAsTable] = useState(false);
  const rate = slices.total[slices.total.length - 2] / range[2] || 0;
  return html`
    <article class="numbers" aria-label="Numbers">
      <p class="bar"><label>Range <select value=${range[0]} onChange=${(/** @type {any} */ e) => setRoute({ query: { range: e.target.value } })}>${RANGES.map(([name]) => html`<option value=${name}>${name}</option>`)}</select></label>
        <button aria-pressed=${asTable} onClick=${() => setAsTable(!asTable)}>As table</button></p>
      <dl class="figures">
        <div><dt>Events a second</dt><dd>${rate.toFixed(1)}</dd></div>
        <div><dt>Events kept</dt><dd>${count(store.rows.length)}</dd></div>
        ${Object.entries(data?.results || {}).map(([result, n]) => html`<div><dt>${WORDS[result] || visible(result)}</dt><dd><a href=${`#/events?result=${result}`}>${count(/** @type {number} */ (n))}</a></dd></div>`)}
        <div><dt>Latency, half below</dt><dd>${duration(percentile(slices.took, 0.5)) || '–'}</dd></div>
        <div><dt>Latency, 95 % below</dt><dd>${duration(percentile(slices.took, 0.95)) || '–'}</dd></div>
      </dl>
      ${asTable ? html`<${SlicesTable} slices=${slices} />` : html`
        <div class="plots">
          <${Plot} title="Events a second" at=${slices.at} lines=${[{ label: 'accepted', values: slices.good, colour: '--accepted' }, { label: 'refused', values: slices.bad, colour: '--refused', dash: [4, 3] }, { label: 'not sent', values: slices.unsent, colour: '--withheld', dash: [1, 3] }]} />
          <${Plot} title="Latency in ms" at=${slices.at} lines=${[{ label: 'half below', values: slices.median, colour: '--accent' }, { label: '95 % below', values: slices.high, colour: '--noted', dash: [4, 3] }]} />
          <${Plot} title="Attributes a second" at=${slices.at} lines=${slices.types.map(([label, values], i) => ({ label, values, colour: COLOURS[i], dash: [[], [4, 3], [1, 3], [8, 3], [8, 3, 1, 3]][i] }))} />
        </div>`}
      <div class="tables">
        <${Counts} title="By type" counts=${data?.types} filter="type" /><${Counts} title="By endpoint" counts=${data?.endpoints} filter="endpoint" />
        <${Counts} title="By status" counts=${data?.statuses} filter="status" /><${Counts} title="By consumer" counts=${data?.consumers} filter="consumer" />
      </div>
      <p><a href="/sandbox/metrics">The same for Prometheus</a></p>
    </article>`;
}

const COLOURS = ['--accent', '--accepted', '--refused', '--noted', '--withheld'];

/** @param {string} offset such as 6h0m0s */
function offsetOf(offset) {
  let ms = 0;
  for (const [, n, unit] of offset.matchAll(/([\d.]+)(h|ms|m|s|µs|ns)/g)) ms += Number(n) * ({ h: 36e5, m: 6e4, s: 1e3, ms: 1 }[unit] || 0);
  return offset[0] === '-' ? -ms : ms;
}

/** @param {number[]} values @param {number} share */
function percentile(values, share) {
  if (!values.length) return 0;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** What came in, in slices of time.
 * @param {[string, number, number]} range @param {number} now */
function sliced([, seconds, width], now) {
  const end = Math.ceil(now / 1000 / width) * width;
  const n = Math.round(seconds / width);
  const start = end - seconds;
  const zeros = () => new Array(n).fill(0);
  const out = { at: zeros().map((_, i) => start + i * width), total: zeros(), good: zeros(), bad: zeros(), unsent: zeros(), median: zeros(), high: zeros(),
    took: /** @type {number[]} */ ([]), types: /** @type {[string, number[]][]} */ ([]) };
  /** @type {number[][]} */
  const latencies = zeros().map(() => []);
  /** @type {Map<string, number[]>} */
  const types = new Map();
  for (let i = store.rows.length - 1; i >= 0; i--) {
    const row = store.rows[i];
    const slice = Math.floor((row.at / 1000 - start) / width);
    if (slice < 0) { if (row.endpoint === 'receipt') continue; break; }
    if (slice >= n) continue;
    out.total[slice]++;
    if (row.result === 'accepted' || row.result === 'noted') out.good[slice]++;
    else if (row.result === 'refused') out.bad[slice]++;
    else out.unsent[slice]++;
    if (row.took_ms) { latencies[slice].push(row.took_ms); out.took.push(row.took_ms); }
    if (row.endpoint !== 'receipt') for (const type of row.types) {
      let values = types.get(type);
      if (!values) { if (types.size >= 200) continue; values = zeros(); types.set(type, values); }
      values[slice] += 1 / width;
    }
  }
  for (const values of [out.good, out.bad, out.unsent]) for (let i = 0; i < n; i++) values[i] /= width;
  for (let i = 0; i < n; i++) { out.median[i] = latencies[i].length ? percentile(latencies[i], 0.5) : null; out.high[i] = latencies[i].length ? percentile(latencies[i], 0.95) : null; }
  const sum = (/** @type {number[]} */ v) => v.reduce((a, b) => a + b, 0);
  out.types = [...types].sort((a, b) => sum(b[1]) - sum(a[1])).slice(0, 5);
  return out;
}

/** @param {{title: string, at: number[], lines: {label: string, values: number[], colour: string, dash?: number[]}[]}} props */
function Plot({ title, at, lines }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const plot = useRef(/** @type {any} */ (null));
  const key = lines.map((l) => l.label).join('\n');
  useEffect(() => {
    const el = /** @type {HTMLElement} */ (box.current);
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour('--muted'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line') } };
    plot.current = new uPlot({
      width: el.clientWidth || 300, height: 160, cursor: { show: false }, legend: { show: false },
      axes: [axis, { ...axis, size: 44 }], scales: { y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ high) => [0, Math.max(high || 0, 1) * 1.1] } },
      series: [{}, ...lines.map((l) => ({ label: l.label, stroke: colour(l.colour), width: 1.5, dash: l.dash, points: { size: 4 }, spanGaps: true }))],
    }, [at, ...lines.map((l) => l.values)], el);
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: el.clientWidth, height: 160 }));
    observer.observe(el);
    return () => { observer.disconnect(); plot.current.destroy(); plot.current = null; };
  }, [key]);
  useEffect(() => { plot.current?.setData([at, ...lines.map((l) => l.values)]); }, [at, lines]);
  return html`<figure><figcaption>${title}: ${lines.length ? lines.map((l, i) => html`${i ? ', ' : ''}<span class="key" style=${{ borderBottomColor: `var(${l.colour})`, borderBottomStyle: l.dash?.length ? 'dashed' : 'solid' }}>${visible(l.label)}</span>`) : 'none yet'}</figcaption><div ref=${box} role="img" aria-label=${`${title}. The button As table shows the numbers.`}></div></figure>`;
}

function SlicesTable({ slices }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Slices of time"><table><thead><tr><th scope="col">From</th><th scope="col">Accepted a second</th><th scope="col">Refused a second</th><th scope="col">Not sent a second</th><th scope="col">Latency, half below</th></tr></thead>
    <tbody>${slices.at.map((/** @type {number} */ at, /** @type {number} */ i) => slices.total[i] > 0 && html`<tr><td>${new Date(at * 1000).toLocaleTimeString()}</td><td>${slices.good[i].toFixed(1)}</td><td>${slices.bad[i].toFixed(1)}</td><td>${slices.unsent[i].toFixed(1)}</td><td>${duration(slices.median[i])}</td></tr>`)}</tbody></table></div>`;
}

/** @param {{title: string, counts: Record<string, number> | undefined, filter: string}} props */
function Counts({ title, counts, filter }) {
  const rows = Object.entries(counts || {}).sort((a, b) => b[1] - a[1]).slice(0, 20);
  if (!rows.length) return null;
  return html`<table><caption>${title}</caption><thead class="hidden"><tr><th scope="col">${title}</th><th scope="col">Events</th></tr></thead><tbody>${rows.map(([name, n]) => html`
    <tr><td><a href=${`#/events?q=${encodeURIComponent(`${filter}:${filter === 'status' ? name.split('/')[0] : /\s/.test(name) ? `"${name}"` : name}`)}`}>${visible(name) || '(none)'}</a></td><td class="n">${count(n)}</td></tr>`)}</tbody></table>`;
}
