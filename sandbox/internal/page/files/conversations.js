// Conversations as a chat, in which one can answer as the agent.
import { html, useState } from './vendor/preact.js';
import { getJSON } from './api.js';
import { linesOf } from './json.js';
import { useData } from './load.js';
import { setRoute } from './route.js';
import { store } from './store.js';
import { clockTime, count, shownText, shownValue, visible } from './values.js';

/** @param {{id: string, change: number, announce: (text: string) => void}} props */
export function Conversations({ id, announce }) {
  const [opening, setOpening] = useState(false);
  const { data, error, reload } = useData('/sandbox/conversations', store.rows.length);
  const all = data ? [...data.conversations].reverse() : [];
  return html`
    <section class="side" aria-label="Conversations">
      <button id="open-conversation" aria-expanded=${opening} onClick=${() => setOpening(!opening)}>Start a conversation</button>
      ${opening && html`<${Opening} done=${(/** @type {string} */ opened) => { setOpening(false); reload(); setRoute({ screen: 'conversations', id: opened }); }} />`}
      ${error && html`<p class="error">${error}</p>`}
      <ul class="people">${all.slice(0, 300).map((/** @type {any} */ c) => html`
        <li><a href=${`#/conversations/${c.conversation_id}`} aria-current=${c.conversation_id === id ? 'true' : undefined}>
          <span class="who">${shownValue(c.consumer)}</span> <span class="muted">${c.state === 'OPEN' ? 'open' : 'closed'}, ${count(c.events)} events, ${clockTime(Date.parse(c.updated)).slice(0, 8)}</span></a></li>`)}</ul>
      ${data && !all.length && html`<p class="muted">No conversation yet. A pipeline opens one with liveperson_message.</p>`}
    </section>
    ${id ? html`<${Chat} id=${id} announce=${announce} key=${id} />` : html`<div class="empty"><p>Choose a conversation.</p></div>`}`;
}

/** @param {{done: (id: string) => void}} props */
function Opening({ done }) {
  const [error, setError] = useState('');
  const submit = async (/** @type {any} */ e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    try {
      const opened = await getJSON('/sandbox/conversations', { method: 'POST', body: JSON.stringify({ consumer: form.get('consumer'), text: form.get('text') }) });
      done(opened.conversation_id);
    } catch (problem) { setError(/** @type {Error} */ (problem).message); }
  };
  return html`<form class="stack" onSubmit=${submit}><label>Consumer<input name="consumer" required /></label><label>First message<input name="text" required /></label>
    <button>Start</button>${error && html`<p class="error" role="alert">${error}</p>`}</form>`;
}

/** @param {{id: string, announce: (text: string) => void}} props */
function Chat({ id, announce }) {
  const [tick, setTick] = useState(0);
  const { data, error, reload } = useData(`/sandbox/conversations/${encodeURIComponent(id)}`, store.rows.length + tick);
  if (error) return html`<div class="empty"><p class="error">${error}</p></div>`;
  if (!data) return html`<div class="empty"><p>Loading…</p></div>`;
  return html`
    <article class="chat" aria-labelledby="chat-title">
      <h2 id="chat-title">${shownValue(data.consumer)} <small>${data.state === 'OPEN' ? 'open' : `closed ${visible(data.close_reason)}`}</small></h2>
      <p><a href=${`#/consumers/${encodeURIComponent(data.consumer)}`}>The consumer</a></p>
      ${data.profile && html`<details><summary>Profile</summary><pre tabindex="0">${shownText(JSON.stringify(data.profile, null, 2))}</pre></details>`}
      ${data.dialogs.map((/** @type {any} */ d) => html`
        ${d.type !== 'MAIN' && html`<h3>Survey</h3>`}
        ${d.forgotten > 0 && html`<p class="muted">${count(d.forgotten)} older events are forgotten.</p>`}
        <div role="log" aria-label=${d.type === 'MAIN' ? 'Conversation' : 'Survey'}><ol class="talk">${d.events.map((/** @type {any} */ e) => html`<${Said} event=${e} />`)}</ol></div>`)}
      ${data.csat && html`<p>The consumer rated: ${visible(JSON.stringify(data.csat))}</p>`}
      ${data.state === 'OPEN' ? html`<${Answer} id=${id} announce=${announce} done=${() => { reload(); setTick((n) => n + 1); }} />` : html`<p class="muted">The conversation is closed.</p>`}
    </article>`;
}

/** @param {{event: any}} props */
function Said({ event: change }) {
  const { event } = change;
  const role = change.originatorMetadata?.role;
  const who = role === 'CONSUMER' ? 'consumer' : change.messageAudience === 'AGENTS_AND_MANAGERS' ? 'note' : 'agent';
  const names = { consumer: 'Consumer', agent: 'Agent', note: 'Note for agents' };
  if (event.type === 'ChatStateEvent') return null;
  if (event.type === 'AcceptStatusEvent') return html`<li class="small muted">${names[who]} has ${event.status === 'READ' ? 'read' : 'received'} ${event.sequenceList?.join(', ')}</li>`;
  return html`<li class=${who}><div class="bubble"><span class="by">${names[who]} <time>${clockTime(change.serverTimestamp).slice(0, 8)}</time> <span class="muted">#${change.sequence}</span></span>
    ${event.message !== undefined && html`<p>${typeof event.message === 'string' ? shownText(event.message) : html`<${Rich} value=${event.message} />`}</p>`}
    ${event.content !== undefined && html`<${Rich} value=${event.content} />`}
    ${event.quickReplies !== undefined && html`<${Rich} value=${event.quickReplies} />`}</div></li>`;
}

/** Structured content: its texts, and the whole behind them. Nothing of it is loaded or can be clicked.
 * @param {{value: any}} props */
function Rich({ value }) {
  /** @type {string[]} */
  const texts = [];
  const waiting = [value];
  for (let n = 0; waiting.length && n < 1000; n++) {
    const next = waiting.shift();
    if (next && typeof next === 'object') {
      for (const name of ['text', 'title', 'caption', 'url']) if (typeof next[name] === 'string') texts.push(next[name]);
      waiting.push(...Object.values(next).filter((v) => v && typeof v === 'object'));
    }
  }
  const text = JSON.stringify(value);
  return html`<div class="rich">${[...new Set(texts)].map((t) => html`<p>${shownText(t)}</p>`)}
    <details><summary>Structured content</summary><pre tabindex="0">${shownText((linesOf(text) || []).length ? JSON.stringify(value, null, 2) : text)}</pre></details></div>`;
}

/** What the agent can send besides text.
 * @type {Record<string, any>} */
const CARD = {
  type: 'vertical',
  elements: [
    { type: 'text', text: 'Your order is on its way', style: { bold: true } },
    { type: 'button', title: 'Track it', click: { actions: [{ type: 'publishText', text: 'Where is my order?' }] } },
  ],
};

/** @param {{id: string, announce: (text: string) => void, done: () => void}} props */
function Answer({ id, announce, done }) {
  const [kind, setKind] = useState('answer');
  const [error, setError] = useState('');
  const act = async (/** @type {any} */ doing) => {
    setError('');
    try {
      await getJSON(`/sandbox/conversations/${encodeURIComponent(id)}`, { method: 'POST', body: JSON.stringify(doing) });
      announce(doing.close ? 'Closed.' : 'Sent.');
      done();
      return true;
    } catch (problem) {
      setError(/** @type {Error} */ (problem).message);
      return false;
    }
  };
  const survey = async () => {
    try {
      await getJSON('/sandbox/agent', { method: 'PUT', body: JSON.stringify({ echo: true, survey: 'How satisfied are you, from 1 to 5?' }) });
      await act({ close: true });
    } catch (problem) { setError(/** @type {Error} */ (problem).message); }
  };
  const submit = async (/** @type {any} */ e) => {
    e.preventDefault();
    const form = e.target;
    const text = String(new FormData(form).get('text') || '');
    /** @type {any} */
    let doing;
    if (kind === 'quick_replies') {
      const [question, ...replies] = text.split('\n').map((line) => line.trim()).filter(Boolean);
      doing = { answer: question || '', quick_replies: { type: 'quickReplies', itemsPerRow: 8, replies: replies.map((reply) => (
        { type: 'button', title: reply, tooltip: reply, click: { actions: [{ type: 'publishText', text: reply }] } })) } };
    } else if (kind === 'card') {
      try { doing = { rich: JSON.parse(text) }; } catch { setError('The card is not JSON.'); return; }
    } else if (kind === 'file') {
      doing = { file: { caption: text, type: (text.split('.').at(-1) || 'PNG').toUpperCase() } };
    } else doing = { [kind]: text };
    if (await act(doing)) form.reset();
  };
  const hints = /** @type {Record<string, string>} */ ({ quick_replies: 'A question, and each reply on a line of its own', card: 'JSON of structured content', file: 'The name of the file', note: 'Only agents see it' });
  return html`
    <form class="answer" onSubmit=${submit}>
      <label>Send <select value=${kind} onChange=${(/** @type {any} */ e) => setKind(e.target.value)}>
        <option value="answer">a text</option><option value="quick_replies">quick replies</option><option value="card">a card</option><option value="file">a file</option><option value="note">a note for agents</option></select></label>
      <label class="grow">As the agent ${hints[kind] ? html`<small>${hints[kind]}</small>` : ''}
        ${kind === 'answer' || kind === 'file' || kind === 'note'
          ? html`<input id="answer" name="text" required autocomplete="off" key=${kind} />`
          : html`<textarea id="answer" name="text" rows="6" required key=${kind}>${kind === 'card' ? JSON.stringify(CARD, null, 2) : 'Do you want to track it?\nYes\nNo'}</textarea>`}</label>
      <button id="send">Send</button> <button type="button" id="close-conversation" onClick=${() => act({ close: true })}>Close</button>
      <button type="button" id="close-survey" title="The agent’s script is then: repeat each text, and ask at the end." onClick=${survey}>Close with a survey</button>
      ${error && html`<p class="error" role="alert">${error}</p>`}
    </form>`;
}
