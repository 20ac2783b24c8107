// One event: what is wrong, what was sent with each finding at its line, and what was answered.
import { html, useEffect, useMemo, useRef, useState } from './vendor/preact.js';
import { getJSON } from './api.js';
import { Copies, Replay } from './copy.js';
import { lineFor, linesOf } from './json.js';
import { store } from './store.js';
import { setRoute } from './route.js';
import { clockTime, count, duration, isPersonal, personalShown, shownText, shownValue, size, visible, WORDS } from './values.js';

/** @typedef {{path: string, message: string, fix: string, kind: 'wrong' | 'note'}} Finding */

/** How many lines, characters of a text, and characters of a value are drawn at first, and when somebody asks for more. Browsers stop
 * to answer for seconds with much more. A download has the whole. */
const FIRST = { lines: 1000, text: 65536, value: 2000 };
const MOST = { lines: 20000, text: 500000, value: 100000 };
/** How many lines around a finding are drawn, wherever it is. */
const AROUND = 3;
/** @type {Finding[]} */
const NONE = [];

/** @param {{id: string, announce: (text: string) => void}} props */
export function Detail({ id, announce }) {
  const [whole, setWhole] = useState(/** @type {any} */ (null));
  const [error, setError] = useState('');
  const heading = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    let gone = false;
    setError('');
    getJSON(`/sandbox/calls/${encodeURIComponent(id)}`).then((answer) => { if (!gone) setWhole(answer); }, (e) => { if (!gone) { setWhole(null); setError(e.message); } });
    return () => { gone = true; };
  }, [id]);
  const shown = whole && String(whole.call.id) === id ? whole : null;
  useEffect(() => { if (shown || error) heading.current?.focus(); }, [shown?.call.id, error]);
  const close = () => {
    setRoute({ screen: 'events', id: '' });
    setTimeout(() => document.getElementById('list')?.focus());
  };
  const onKey = (/** @type {KeyboardEvent} */ e) => {
    if (e.key === 'Escape' || (e.key === 'ArrowLeft' && e.target === heading.current)) { e.preventDefault(); close(); }
    if ((e.key === 'ArrowDown' || e.key === 'ArrowUp') && e.target === heading.current) {
      e.preventDefault();
      setRoute({ id: String(Number(id) + (e.key === 'ArrowDown' ? -1 : 1)) });
    }
  };
  return html`
    <aside class="detail" aria-labelledby="detail-title" onKeyDown=${onKey}>
      <header><h2 id="detail-title" tabindex="-1" ref=${heading}>${shown ? title(shown) : error ? `Event ${visible(id)}` : 'Loading…'}</h2>
        <button id="close" onClick=${close} aria-label="Close this event">✕</button></header>
      ${error && html`<p class="error">${error}</p>`}
      ${shown && html`<${Whole} whole=${shown} announce=${announce} />`}
    </aside>`;
}

/** @param {any} whole */
function title({ call, result }) {
  const what = call.types.length ? call.types.map(visible).join(', ') : visible(call.endpoint);
  const status = call.status ? `, ${call.status}${call.internal_code ? ` (internal code ${call.internal_code})` : ''}` : '';
  return `${what}${call.consumer ? ` for ${shownValue(call.consumer)}` : ''}: ${WORDS[result] || result}${status}`;
}

/** What is wrong with the call, and what LivePerson may not take.
 * @param {any} whole @returns {Finding[]} */
function findings({ call }) {
  const wrong = (call.why || []).map((/** @type {any} */ w) => ({ path: w.path, message: w.message, fix: w.fix, kind: 'wrong' }));
  const [, at, said] = /^([\w.[\]]+): (.*)$/s.exec(call.reason) || [];
  if (!wrong.length && said) {
    const [message, ...fix] = said.split('; ');
    wrong.push({ path: at, message, fix: fix.join('; '), kind: 'wrong' });
  }
  const notes = (call.notes || []).map((/** @type {string} */ note) => {
    const [, path, rest] = /^([\w.[\]]+): (.*)$/s.exec(note) || [null, '', note];
    return { path, message: rest, fix: '', kind: 'note' };
  });
  const gone = (call.dropped || []).map((/** @type {any} */ d) => ({ path: d.path, message: `LivePerson does not store this: ${d.reason}`, fix: '', kind: 'note' }));
  return [...wrong, ...notes, ...gone];
}

/** @param {{whole: any, announce: (text: string) => void}} props */
function Whole({ whole, announce }) {
  const { call } = whole;
  const all = useMemo(() => findings(whole), [whole]);
  // The consumer's id is in the title and in the list: masking it in the body alone would hide nothing.
  const personal = useMemo(() => (whole.personal || []).filter((/** @type {string} */ path) => !/^(consumerId$|identities\[)/.test(path)), [whole]);
  const receipt = call.endpoint === 'receipt';
  return html`
    ${call.reason && !all.some((f) => f.kind === 'wrong') && html`<p class="reason ${whole.result}">${shownText(call.reason)}</p>`}
    ${all.length > 0 && html`<section class="findings" aria-label="What is wrong"><h3>${all.some((f) => f.kind === 'wrong') ? 'What is wrong' : 'LivePerson may not take this'}</h3>
      <ol>${all.map((f, i) => html`<li class=${f.kind}><button onClick=${() => goTo(i)}>${f.path ? html`<code>${visible(f.path)}</code> ` : ''}${shownText(f.message)}</button>
        ${f.fix && html`<strong class="fix">${shownText(f.fix)}</strong>`}</li>`)}</ol></section>`}
    ${call.fault && html`<p class="reason fault">⚡ The chaos rule “${visible(call.fault)}” struck this call.</p>`}
    <div class="sides">
      <section aria-label="About it"><h3>${receipt ? 'Event' : 'Call'}</h3><${Facts} whole=${whole} /></section>
      <${Sources} sources=${whole.sources || []} />
      <section aria-label="What was sent"><h3>${receipt ? 'Receipt' : 'Sent'} <small>${size(whole.sent.size)}</small></h3>
        <${Body} text=${whole.sent.body} findings=${all} personal=${personal} empty=${call.endpoint === 'app_token' ? 'It is not kept, because it has the app’s secret.' : 'Nothing, or too long to keep.'} id=${call.id} /></section>
      ${!receipt && html`<section aria-label="The answer"><h3>Answer <small>${call.status || 'none'} ${duration(call.took_ms)}</small></h3>
        <${Body} text=${whole.answer.body} findings=${[]} empty=${call.status ? 'An empty body, or a token, which is not kept.' : 'The connection was broken before an answer.'} id="" /></section>`}
    </div>
    <${Attempts} call=${call} />
    <${Copies} whole=${whole} announce=${announce} />
    ${!receipt && html`<${Replay} whole=${whole} announce=${announce} />`}`;
}

/** The events that the call was made of.
 * @param {{sources: string[]}} props */
function Sources({ sources }) {
  if (!sources.length) return null;
  return html`<section class="sources" aria-label="The source event"><h3>${sources.length > 1 ? `${count(sources.length)} source events, sent as one` : 'Source event'}</h3>
    ${sources.map((text) => html`<${Body} text=${text} findings=${NONE} empty="" id="" />`)}</section>`;
}

/** @param {number} index */
function goTo(index) {
  const line = document.getElementById(`finding-${index}`);
  line?.scrollIntoView({ block: 'center' });
  line?.focus();
}

function Facts({ whole }) {
  const { call, sent } = whole;
  const link = (/** @type {string} */ name, /** @type {string} */ value) => html`<a href=${`#/events?q=${encodeURIComponent(`${name}:${/\s/.test(value) ? `"${value}"` : value}`)}`}>${shownValue(value)}</a>`;
  /** @type {[string, any][]} */
  const facts = [
    ['Time', `${clockTime(Date.parse(call.time))} (${visible(call.time)})`],
    ['Endpoint', call.endpoint === 'receipt' ? '' : `${visible(call.method)} ${visible(call.endpoint)}`],
    ['Address', call.endpoint === 'receipt' ? '' : html`<code>${shownText(call.target)}</code>`],
    ['Component', call.endpoint === 'receipt' ? visible(call.target) : ''],
    ['Consumer', call.consumer && html`${link('consumer', call.consumer)} ${store.state?.kind === 'sandbox' && html`<a href=${`#/consumers/${encodeURIComponent(call.consumer)}`}>as the agent sees them</a>`}`],
    ['Session', call.session_id && link('session', call.session_id)],
    ['Visitor', visible(call.visitor_id)],
    ['Sent session', call.sent_session_id !== call.session_id && call.sent_session_id ? `${visible(call.sent_session_id)} ≠ given` : ''],
    ['Sent visitor', call.sent_visitor_id !== call.visitor_id && call.sent_visitor_id ? `${visible(call.sent_visitor_id)} ≠ given` : ''],
    ['Page id', visible(call.page_id)],
    ['Request id', visible(call.request_id || '')],
    ['Engagement', call.engagement ? `${call.engagement.engagement_id} of campaign ${call.engagement.campaign_id}` : ''],
    ['Attempt', call.attempt ? `${call.attempt}.` : ''],
    ['Same as', call.same_as ? html`<a href=${`#/events/${call.same_as}`}>#${call.same_as}</a>, accepted earlier` : ''],
    ...sent.headers.map((/** @type {any} */ h) => [visible(h.name), html`<code>${shownText(h.value)}</code>`]),
  ];
  return html`<dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A body, line by line. Each finding stands under the line that it speaks of.
 * @param {{text: string, findings: Finding[], empty: string, id: number | string, personal?: string[]}} props */
export function Body({ text, findings: all, empty, id, personal }) {
  const [allShown, setAll] = useState(false);
  useEffect(() => setAll(false), [text]);
  const lines = useMemo(() => linesOf(text), [text]);
  const marked = useMemo(() => new Set(personal), [personal]);
  const at = useMemo(() => {
    /** @type {Map<number, number[]>} */
    const map = new Map();
    if (lines) all.forEach((f, i) => { const line = lineFor(lines, f.path); map.set(line, [...(map.get(line) || []), i]); });
    return map;
  }, [lines, all]);
  if (!text) return html`<p class="muted">${empty}</p>`;
  const most = allShown ? MOST : FIRST;
  const more = (/** @type {boolean} */ cut) => cut && html`<${More} what=${`more of ${lines ? `${count(lines.length)} lines` : `${count(text.length)} characters`}`} show=${allShown ? null : () => setAll(true)} text=${text} />`;
  if (!lines) {
    return html`<pre class="raw" tabindex="0" aria-label="The text as sent">${shownText(text.slice(0, most.text))}</pre>${more(text.length > most.text)}`;
  }
  const drawn = linesToDraw(lines.length, most.lines, [...at.keys()]);
  return html`
    <ol class="json" tabindex="0" aria-label="The JSON as sent">${drawn.map((i) => html`
      <li class=${at.has(i) ? 'found' : ''} style=${{ counterSet: `line ${i + 1}` }}><span class="line" style=${{ paddingLeft: `${lines[i].depth * 1.1}em` }}>
        ${lines[i].name !== null && html`<span class="name">${visible(JSON.stringify(lines[i].name))}</span>: `}${value(lines[i], most.value, marked)}</span>
        ${(at.get(i) || []).map((f) => html`<span class=${`finding ${all[f].kind}`} id=${`finding-${f}`} tabindex="-1">${all[f].kind === 'wrong' ? '✗' : '!'} ${shownText(all[f].message)}${all[f].fix ? html` <strong>${shownText(all[f].fix)}</strong>` : ''}</span>`)}</li>`)}
    </ol>
    ${more(drawn.length < lines.length || lines.some((line) => isLong(line, most.value)))}`;
}

/** The lines to draw: the first ones, and those around a finding.
 * @param {number} total @param {number} most @param {number[]} found @returns {number[]} */
function linesToDraw(total, most, found) {
  const drawn = new Set();
  for (let i = 0; i < Math.min(total, most); i++) drawn.add(i);
  for (const n of found) for (let i = Math.max(0, n - AROUND); i <= Math.min(total - 1, n + AROUND); i++) drawn.add(i);
  return [...drawn].sort((a, b) => a - b);
}

/** Whether a value is cut.
 * @param {import('./json.js').Line} line @param {number} most */
const isLong = (line, most) => line.kind === 'string' && line.value.length > most;

/** @param {import('./json.js').Line} line @param {number} most how many characters @param {Set<string>} marked the paths of personal values */
function value(line, most, marked) {
  if (line.kind === 'open' || line.kind === 'close') return html`<span class="sign">${line.value}${line.close}</span>`;
  if (line.kind === 'empty') return html`<span class="sign">${line.value}${line.close}</span>`;
  if (!personalShown() && (line.kind !== 'word' || marked.has(line.path)) && (isMarked(line.path, marked) || isPersonal(line.path, line.value))) return html`<span class="masked" title="Personal. The button Show personal values shows it.">••••••</span>${line.close}`;
  if (line.kind !== 'string') return html`<span class=${line.kind}>${line.value}</span>${line.close}`;
  const cut = isLong(line, most);
  return html`<span class="string">${visible(JSON.stringify(cut ? line.value.slice(0, most) : line.value))}</span>${cut ? ` (${count(line.value.length - most)} more characters)` : ''}${line.close}`;
}

/** Whether a value, or what it stands in, is marked as personal.
 * @param {string} path @param {Set<string>} marked */
function isMarked(path, marked) {
  if (!marked.size) return false;
  for (let at = path; at; at = at.replace(/(^|\.)[^.[\]]*$|\[\d+\]$/, '')) if (marked.has(at)) return true;
  return false;
}

/** The ways to more of a long text.
 * @param {{what: string, show: (() => void) | null, text: string}} props */
function More({ what, show, text }) {
  const download = () => {
    const a = document.createElement('a');
    a.href = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
    a.download = 'body.json';
    a.click();
    URL.revokeObjectURL(a.href);
  };
  return html`<p class="more">${show && html`<button onClick=${show}>Show ${what}</button> `}<button onClick=${download}>Download the whole</button></p>`;
}

/** The attempts of the same call, as a timeline.
 * @param {{call: any}} props */
function Attempts({ call }) {
  const same = useMemo(() => {
    if (!call.attempt && !call.same_as && !store.rows.some((r) => r.id > call.id && r.attempt && r.consumer === call.consumer)) return [];
    return store.rows.filter((r) => r.consumer === call.consumer && r.endpoint === call.endpoint && r.types.join() === call.types.slice(0, 12).join()
      && Math.abs(r.at - Date.parse(call.time)) < 600000).slice(-20);
  }, [call.id, store.rows.length]);
  if (same.length < 2) return null;
  const start = same[0].at;
  const span = Math.max(1, same[same.length - 1].at - start);
  return html`<section class="attempts" aria-label="Attempts"><h3>Attempts</h3><ol>${same.map((r) => html`
    <li aria-current=${r.id === call.id ? 'true' : undefined}><a href=${`#/events/${r.id}`}>#${r.id}</a> <span class=${`mark ${r.result}`}>${r.result}</span>
      <span>${r.status || 'no answer'}</span> <span>${duration(r.took_ms)}</span> <span class="muted">${r.at === start ? 'first' : `+${duration(r.at - start)}`}</span>
      <span class="track" aria-hidden="true"><span style=${{ marginLeft: `${((r.at - start) / span) * 96}%` }} class=${r.result}></span></span></li>`)}</ol></section>`;
}
