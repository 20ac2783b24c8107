// What one can do to the sandbox: reset, faults, the clock, campaigns, expectations, exports.
import { html, useEffect, useState } from './vendor/preact.js';
import { getJSON, getText } from './api.js';
import { useData } from './load.js';
import { readState, store } from './store.js';
import { count, visible } from './values.js';

/** What each preset is for.
 * @type {Record<string, string>} */
const PRESETS = {
  cold_account: 'The account is loading, as after a pause.', expired_tokens: 'Tokens of messaging expire.', flaky: 'Some calls fail, and some are slow.',
  region_down: 'LivePerson’s region does not answer.', throttled: 'LivePerson allows few calls a second.',
};

/** @param {{announce: (text: string) => void}} props */
export function Setup({ announce }) {
  return html`<div class="setup">
    <${Reset} announce=${announce} /><${Chaos} announce=${announce} /><${Clock} announce=${announce} />
    <${Example} announce=${announce} /><${Campaigns} announce=${announce} /><${Verify} /><${Exports} /></div>`;
}

/** Runs something and keeps its error.
 * @param {(text: string) => void} announce @returns {[string, (said: string, run: () => Promise<any>) => Promise<any>]} */
function useDoing(announce) {
  const [error, setError] = useState('');
  return [error, async (said, run) => {
    setError('');
    try {
      const answer = await run();
      announce(said);
      readState().catch(() => {});
      return answer;
    } catch (problem) {
      setError(/** @type {Error} */ (problem).message);
      return undefined;
    }
  }];
}

function Reset({ announce }) {
  const [sure, setSure] = useState(false);
  const [error, run] = useDoing(announce);
  const reset = async () => {
    await run('Reset.', () => getJSON('/sandbox/reset', { method: 'POST' }));
    setSure(false);
  };
  return html`<section aria-labelledby="reset-title"><h2 id="reset-title">Reset</h2>
    <p>Forgets visitors, sessions, conversations, calls and totals. The clock, campaigns and chaos rules stay.</p>
    ${sure ? html`<p>Forget ${count(store.rows.length)} events? <button id="reset-yes" class="danger" onClick=${reset}>Forget them</button> <button onClick=${() => setSure(false)}>Keep them</button></p>`
      : html`<button id="reset" onClick=${() => setSure(true)}>Reset…</button>`}
    ${error && html`<p class="error" role="alert">${error}</p>`}</section>`;
}

function Chaos({ announce }) {
  const { data, reload } = useData('/sandbox/chaos', store.rows.length);
  const [error, run] = useDoing(announce);
  const [yaml, setYaml] = useState('rules:\n  - { name: half fail, endpoint: report, probability: 0.5, status: 503, retry_after: 1s }\n');
  const put = async (/** @type {string} */ said, /** @type {string} */ body) => { await run(said, () => getJSON('/sandbox/chaos', { method: 'PUT', body })); reload(); };
  const rules = data?.rules || [];
  return html`<section aria-labelledby="chaos-title"><h2 id="chaos-title">Chaos</h2>
    <p>Makes calls fail, as LivePerson does on a bad day.</p>
    <div class="cards">${(store.state?.chaos_presets || []).map((/** @type {string} */ name) => html`<div class="card"><h3>${name.replaceAll('_', ' ')}</h3><p>${PRESETS[name] || ''}</p>
      <button data-preset=${name} onClick=${() => put(`In force: ${name}.`, JSON.stringify({ preset: name }))}>Put in force</button></div>`)}</div>
    ${rules.length ? html`<div class="scroll" tabindex="0" role="region" aria-label="Rules in force"><table id="rules"><caption>Rules in force</caption><thead><tr><th scope="col">Rule</th><th scope="col">Endpoint</th><th scope="col">What it does</th><th scope="col">Seen</th><th scope="col">Struck</th></tr></thead>
      <tbody>${rules.map((/** @type {any} */ r, /** @type {number} */ i) => {
        const { name, endpoint, seen, struck, ...what } = r;
        const label = name || `rule ${i + 1}`;
        return html`<tr><td>${visible(label)}</td><td>${visible(endpoint)}</td><td><code>${visible(JSON.stringify(what))}</code></td><td>${count(seen)}</td><td><a href=${`#/events?q=${encodeURIComponent(`fault:${/\s/.test(label) ? `"${label}"` : label}`)}`}>${count(struck)}</a></td></tr>`;
      })}</tbody></table></div>
      <button id="chaos-end" onClick=${async () => { await run('No chaos rules are in force.', () => getJSON('/sandbox/chaos', { method: 'DELETE' })); reload(); }}>End all</button>` : html`<p class="muted">No rules are in force.</p>`}
    <details><summary>Own rules</summary><label>Rules in YAML<textarea rows="5" spellcheck=${false} value=${yaml} onInput=${(/** @type {any} */ e) => setYaml(e.target.value)}></textarea></label>
      <button id="chaos-own" onClick=${() => put('The rules are in force.', yaml)}>Put in force</button></details>
    ${error && html`<p class="error" role="alert">${error}</p>`}</section>`;
}

function Clock({ announce }) {
  const { data, reload } = useData('/sandbox/clock', 0);
  const [error, run] = useDoing(announce);
  const move = async (/** @type {string} */ by) => { await run(`The clock moved by ${by}.`, () => getJSON('/sandbox/clock', { method: 'PUT', body: JSON.stringify({ advance: by }) })); reload(); };
  return html`<section aria-labelledby="clock-title"><h2 id="clock-title">Clock</h2>
    <p>The sandbox’s time is <strong id="clock-now">${data ? new Date(data.now).toLocaleString() : '…'}</strong>${data && data.offset !== '0s' ? `, ${visible(data.offset)} from this machine’s` : ''}. Sessions end after 6 hours.</p>
    ${['30m', '6h', '24h'].map((by) => html`<button data-clock=${by} onClick=${() => move(by)}>${by} later</button> `)}
    <button id="clock-back" onClick=${async () => { await run('The clock shows this machine’s time.', () => getJSON('/sandbox/clock', { method: 'DELETE' })); reload(); }}>Back to now</button>
    ${error && html`<p class="error" role="alert">${error}</p>`}</section>`;
}

/** Reports as the presets make them of an event.
 * @type {Record<string, any>} */
const EXAMPLES = {
  'a product is viewed': [{ type: 'prodView', currency: 'EUR', products: [{ product: { name: 'Rain jacket', sku: 'CL-1102', category: 'Clothing', price: 112 } }] }],
  'a cart is viewed': [{ type: 'cart', total: 112, currency: 'EUR', numItems: 1, products: [{ product: { name: 'Rain jacket', sku: 'CL-1102', price: 112 }, quantity: 1 }] }],
  'an order is completed': [{ type: 'purchase', total: 112, currency: 'EUR', orderId: 'order-1' }],
  'a search': [{ type: 'searchInfo', keywords: ['waterproof jacket'] }],
  'a consumer is identified': [{ type: 'ctmrinfo', info: { customerId: 'customer-1', ctype: 'gold' } }, { type: 'personal', personal: { firstname: 'Alex' } }],
  'a lead': [{ type: 'lead', lead: { topic: 'Bike fitting', value: 40, currency: 'EUR', leadId: 'lead-1' } }],
  'a trial starts': [{ type: 'service', service: { topic: 'Trial started', category: 'Team', serviceId: 'company-1', status: 1 } }],
  'a report with a mistake': [{ type: 'lead', lead: { leadId: 'lead-1', value: '12,50' } }],
};

function Example({ announce }) {
  const [name, setName] = useState(Object.keys(EXAMPLES)[0]);
  const [error, run] = useDoing(announce);
  const { account, app_installation_id: app } = store.state || {};
  const send = () => run(`Sent: ${name}.`, () => getText(`/api/account/${encodeURIComponent(account)}/app/${encodeURIComponent(app)}/report?v=1.0`, {
    method: 'POST', type: 'application/json', body: JSON.stringify({ consumerId: 'consumer-1', engagementAttributes: EXAMPLES[name] }) }));
  return html`<section aria-labelledby="example-title"><h2 id="example-title">Example event</h2>
    <p>Sends a report straight to the API.</p>
    <label>Report <select id="example" value=${name} onChange=${(/** @type {any} */ e) => setName(e.target.value)}>${Object.keys(EXAMPLES).map((key) => html`<option value=${key}>${key}</option>`)}</select></label>
    <button id="example-send" onClick=${send}>Send</button>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    <${Through} announce=${announce} /></section>`;
}

/** Sends an event through a running pipeline. The server sends it: the page may talk to no other server. */
function Through({ announce }) {
  const { data } = useData('/sandbox/examples', 0);
  const [name, setName] = useState('');
  const [to, setTo] = useState('http://127.0.0.1:4195/post');
  const [answer, setAnswer] = useState('');
  const [error, run] = useDoing(announce);
  /** @type {{name: string, preset: string, event: any}[]} */
  const all = data?.examples || [];
  if (!all.length) return null;
  const chosen = all.find((e) => e.name === name) || all[0];
  const send = async () => {
    setAnswer('');
    const sent = await run(`Sent through the pipeline: ${chosen.name}.`, () => getJSON(`/sandbox/examples/${encodeURIComponent(chosen.name)}`, { method: 'POST', type: 'application/json', body: JSON.stringify({ to }) }));
    if (sent) setAnswer(`The pipeline answered ${sent.answered}${sent.text ? `: ${sent.text}` : ''}.`);
  };
  return html`<p>Or sends an event through your pipeline, to the address of its <code>http_server</code> input.</p>
    <label>Event <select id="through" value=${chosen.name} onChange=${(/** @type {any} */ e) => setName(e.target.value)}>
      ${[...new Set(all.map((e) => e.preset))].map((preset) => html`<optgroup label=${preset}>${all.filter((e) => e.preset === preset).map((e) => html`<option value=${e.name}>${e.name.replaceAll('_', ' ')}</option>`)}</optgroup>`)}</select></label>
    <label>Address <input id="through-to" type="url" value=${to} onInput=${(/** @type {any} */ e) => setTo(e.target.value)} /></label>
    <button id="through-send" onClick=${send}>Send through the pipeline</button>
    <details><summary>The event</summary><pre tabindex="0">${JSON.stringify(chosen.event, null, 2)}</pre></details>
    ${answer && html`<p>${visible(answer)}</p>`}
    ${error && html`<p class="error" role="alert">${error}</p>`}`;
}

function Campaigns({ announce }) {
  const [yaml, setYaml] = useState('');
  const [error, run] = useDoing(announce);
  const load = () => getText('/sandbox/campaigns').then(setYaml, () => {});
  useEffect(() => { load(); }, []);
  return html`<section aria-labelledby="campaigns-title"><h2 id="campaigns-title">Campaigns</h2>
    <label>Engagements on offer, in YAML<textarea rows="10" spellcheck=${false} value=${yaml} onInput=${(/** @type {any} */ e) => setYaml(e.target.value)}></textarea></label>
    <button id="campaigns-put" onClick=${() => run('The engagements are on offer.', () => getText('/sandbox/campaigns', { method: 'PUT', body: yaml }))}>Offer these</button>
    <button onClick=${async () => { await run('The engagements of the start are on offer.', () => getText('/sandbox/campaigns', { method: 'DELETE' })); load(); }}>Offer those of the start</button>
    ${error && html`<p class="error" role="alert">${error}</p>`}</section>`;
}

function Verify() {
  const [yaml, setYaml] = useState('expect:\n  - { name: nothing refused, verdict: bad, count: 0 }\n');
  const [result, setResult] = useState(/** @type {any} */ (null));
  const [error, setError] = useState('');
  const check = async () => {
    setError('');
    try {
      setResult(await getJSON('/sandbox/verify', { method: 'POST', body: yaml }));
    } catch (problem) {
      try { setResult(JSON.parse(/** @type {Error} */ (problem).message)); } catch { setResult(null); setError(/** @type {Error} */ (problem).message); }
    }
  };
  return html`<section aria-labelledby="verify-title"><h2 id="verify-title">Expectations</h2>
    <label>Expectations in YAML<textarea rows="5" spellcheck=${false} value=${yaml} onInput=${(/** @type {any} */ e) => setYaml(e.target.value)}></textarea></label>
    <button id="verify" onClick=${check}>Check</button>
    ${result && html`<ul role="status" class="verified">${result.expectations.map((/** @type {any} */ e) => html`<li class=${e.passed ? 'accepted' : 'refused'}>${e.passed ? '✓ met' : '✗ not met'}: ${visible(e.name)} ${visible(e.message || '')}</li>`)}</ul>`}
    ${error && html`<p class="error" role="alert">${error}</p>`}</section>`;
}

function Exports() {
  return html`<section aria-labelledby="export-title"><h2 id="export-title">Export</h2>
    <p>${[['ndjson', 'NDJSON, one call on each line'], ['har', 'HAR, for a browser’s network page']].map(([format, label]) => html`<a href=${`/sandbox/export?format=${format}`} download=${`calls.${format}`}>${label}</a> `)}</p>
    <p class="muted">Exports have the personal values too.</p></section>`;
}
