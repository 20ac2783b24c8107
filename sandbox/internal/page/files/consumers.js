// One consumer, as the agent sees them, and the list of consumers.
import { html, useState } from './vendor/preact.js';
import { Body } from './detail.js';
import { useData } from './load.js';
import { store } from './store.js';
import { setRoute } from './route.js';
import { clockTime, count, personalShown, shownText, shownValue, visible } from './values.js';

/** How many consumers the list shows. The search finds the others. */
const MOST = 300;

/** @param {{id: string, change: number, announce: (text: string) => void}} props */
export function Consumers({ id, change, announce }) {
  const [text, setText] = useState('');
  const { data, error } = useData('/sandbox/consumers?limit=5000', store.rows.length);
  const all = data ? data.consumers.filter((/** @type {any} */ c) => c.consumer.toLowerCase().includes(text.toLowerCase())) : [];
  return html`
    <section class="side" aria-label="Consumers">
      <label><span class="hidden">Search consumers</span><input type="search" placeholder="Search consumers" value=${text} onInput=${(/** @type {any} */ e) => setText(e.target.value)} /></label>
      ${error && html`<p class="error">${error}</p>`}
      <ul class="people">${all.slice(0, MOST).map((/** @type {any} */ c) => html`
        <li><a href=${`#/consumers/${encodeURIComponent(c.consumer)}`} aria-current=${c.consumer === id ? 'true' : undefined}>
          <span class="who">${shownValue(c.consumer)}</span> <span class="muted">${count(c.calls)} calls${c.bad ? `, ${count(c.bad)} refused` : ''}, ${clockTime(Date.parse(c.last)).slice(0, 8)}</span></a></li>`)}</ul>
      ${all.length > MOST && html`<p class="muted">${count(all.length - MOST)} more. The search finds them.</p>`}
      ${data && !data.total && html`<p class="muted">No call names a consumer yet.</p>`}
    </section>
    ${id ? html`<${Consumer} id=${id} change=${change} announce=${announce} key=${id} />` : html`<div class="empty"><p>Choose a consumer.</p></div>`}`;
}

/** @param {{id: string, change: number, announce: (text: string) => void}} props */
function Consumer({ id }) {
  const { data, error } = useData(`/sandbox/consumers/${encodeURIComponent(id)}`, store.rows.length);
  const talks = useData(`/sandbox/conversations?consumer=${encodeURIComponent(id)}`, store.rows.length);
  if (error) return html`<div class="empty"><p class="error">${error}</p></div>`;
  if (!data) return html`<div class="empty"><p>Loading…</p></div>`;
  const kinds = [...new Set([...Object.keys(data.chat), ...Object.keys(data.messaging)])].sort();
  return html`
    <article class="consumer-page" aria-labelledby="consumer-title">
      <h2 id="consumer-title">${shownValue(id)}</h2>
      <p><a href=${`#/events?q=${encodeURIComponent(`consumer:${/\s/.test(id) ? `"${id}"` : id}`)}`}>All ${count(data.timeline.length)} calls</a>
        ${data.duplicates.length > 0 && html`, <span class="warn">${count(data.duplicates.length)} repeat an earlier one</span>`}</p>
      <section aria-label="As the agent sees them"><h3>As the agent sees them</h3>
        ${kinds.length === 0 && html`<p class="muted">No engagement attributes.</p>`}
        <div class="cards">${kinds.map((kind) => html`<${Card} kind=${kind} chat=${data.chat[kind]} messaging=${data.messaging[kind]} />`)}</div></section>
      <section aria-label="Sessions"><h3>Sessions</h3>
        <div class="scroll" tabindex="0" role="region" aria-label="Table of sessions"><table><thead><tr><th scope="col">Session</th><th scope="col">Visitor</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Calls</th></tr></thead>
          <tbody>${data.sessions.map((/** @type {any} */ s) => html`<tr><td><a href=${`#/events?q=${encodeURIComponent(`session:${s.session_id}`)}`}>${visible(s.session_id)}</a></td><td>${visible(s.visitor_id)}</td><td>${clockTime(Date.parse(s.first))}</td><td>${clockTime(Date.parse(s.last))}</td><td>${count(s.calls)}</td></tr>`)}</tbody></table></div></section>
      <section aria-label="Identities"><h3>Identities</h3>
        <ul>${data.identities.map((/** @type {any} */ i) => html`<li><code>${i.by}</code> ${shownValue(i.value)}${i.issuer ? ` of ${visible(i.issuer)}` : ''}${i.acr ? `, ${visible(i.acr)}` : ''} <span class="muted">in ${count(i.calls)} calls</span></li>`)}</ul>
        ${data.identities.length === 0 && html`<p class="muted">None was sent: the calls are of one visit.</p>`}
        ${new Set(data.sessions.map((/** @type {any} */ s) => s.visitor_id)).size > 1 && html`<p>Several visitor ids belong to this consumer: their reports name the same id.</p>`}</section>
      <section aria-label="Engagements"><h3>Engagements</h3>
        ${data.engagements.length === 0 && html`<p class="muted">None was offered.</p>`}
        <ul>${data.engagements.map((/** @type {any} */ e) => html`<li>${clockTime(Date.parse(e.time))} offered <a href=${`#/events/${e.id}`}>engagement ${e.engagement_id}</a> of campaign ${e.campaign_id}${outcome(e, data.impressions)}</li>`)}</ul></section>
      ${talks.data?.conversations.length > 0 && html`<section aria-label="Conversations"><h3>Conversations</h3><ul>${talks.data.conversations.map((/** @type {any} */ c) => html`<li><a href=${`#/conversations/${c.conversation_id}`}>${clockTime(Date.parse(c.started)).slice(0, 8)}</a> ${c.state === 'OPEN' ? 'open' : 'closed'}, ${count(c.events)} events</li>`)}</ul></section>`}
      ${data.entry_points.length > 0 && html`<section aria-label="Entry points"><h3>Entry points</h3><ul class="addresses">${data.entry_points.slice(-50).map((/** @type {string} */ p) => html`<li><code>${shownText(p)}</code></li>`)}</ul></section>`}
      <section aria-label="Timeline"><h3>Timeline</h3><${Timeline} calls=${data.timeline} duplicates=${data.duplicates} /></section>
    </article>`;
}

/** What became of an engagement that was offered.
 * @param {any} offered @param {any[]} impressions */
function outcome(offered, impressions) {
  const names = /** @type {Record<string, string>} */ ({ impDisplay: 'shown', impAccept: 'accepted', impExpanded: 'opened', impClose: 'closed', impTimeout: 'timed out' });
  if (offered.conversation_id) return `, as conversation ${offered.conversation_id} is open`;
  const of = impressions.filter((i) => i.engagement_id === offered.engagement_id && i.context_id === offered.context_id);
  return of.length ? `: ${of.map((i) => names[i.type] || visible(i.type)).join(', ')}` : ': no impression came';
}

/** @param {{kind: string, chat: any[] | undefined, messaging: any[] | undefined}} props */
function Card({ kind, chat, messaging }) {
  const same = JSON.stringify(chat) === JSON.stringify(messaging);
  const shown = personalShown();
  const list = (/** @type {any[] | undefined} */ values, /** @type {string} */ where) => (values || []).slice(-3).reverse().map((value, i) => html`
    <details open=${i === 0}><summary>${where}${i ? `, ${i} before the latest` : ''}</summary><${Body} text=${JSON.stringify(value)} findings=${NOTHING} empty="" id="" key=${String(shown)} /></details>`);
  return html`<section class="card" aria-label=${kind}><h4>${visible(kind)}</h4>
    ${same ? list(chat, 'In chat and messaging') : [...list(chat, 'In chat'), ...list(messaging, 'In messaging')]}</section>`;
}

/** @type {never[]} */
const NOTHING = [];

/** @param {{calls: any[], duplicates: any[]}} props */
function Timeline({ calls, duplicates }) {
  const again = new Map(duplicates.map((d) => [d.id, d.same_as]));
  let session = '';
  return html`<ol class="timeline">${calls.slice(-500).map((call) => {
    const fresh = call.session_id && call.session_id !== session;
    if (call.session_id) session = call.session_id;
    const good = call.status === 200 || call.status === 201;
    return html`<li class=${good ? 'accepted' : 'refused'}><a href=${`#/events/${call.id}`} onClick=${(/** @type {Event} */ e) => { e.preventDefault(); setRoute({ screen: 'events', id: String(call.id) }); }}>${clockTime(Date.parse(call.time))}</a>
      <span>${visible(call.types.join(', ') || call.endpoint)}</span> ${!good && html`<span class="mark refused">refused</span>`} ${fresh && html`<span class="muted">new session</span>`}
      ${again.has(call.id) && html`<span class="muted">same as #${again.get(call.id)}</span>`} <span class="muted">${shownText(call.reason || '')}</span></li>`;
  })}</ol>`;
}
