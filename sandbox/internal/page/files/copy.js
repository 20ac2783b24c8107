// What can be copied from an event, and sending it again.
import { html, useState } from './vendor/preact.js';
import { request } from './api.js';
import { store } from './store.js';

/** A shell word. What is between single quotes is taken as it is.
 * @param {string} text */
function quote(text) { return `'${text.replaceAll("'", "'\\''")}'`; }

/** @param {any} whole */
export function curl({ call, sent }) {
  const words = ['curl', '-X', call.method, quote(location.origin + call.target)];
  for (const { name, value } of sent.headers) if (name !== 'User-Agent') words.push('-H', quote(`${name}: ${value}`));
  if (sent.body) words.push('--data-raw', quote(sent.body));
  return words.join(' ');
}

/** Text in the block style of YAML, which needs no quotes.
 * @param {string} text @param {string} indent */
function block(text, indent) {
  return text.split('\n').map((line) => indent + line).join('\n');
}

/** @param {string} body */
function pretty(body) {
  try { return JSON.stringify(JSON.parse(body), null, 2); } catch { return body; }
}

/** A test of a config: from the source event to what was sent. Without the event, the input is to be filled in.
 * @param {any} whole */
export function unitTest({ call, sent, sources }) {
  const inputs = sources?.length ? sources : ['{"event": "put the source event here"}'];
  return `tests:
  - name: ${JSON.stringify(`${call.types.join(', ') || call.endpoint} as event ${call.id}`)}
    target_processors: /pipeline/processors
    input_batch:
${inputs.map((/** @type {string} */ text) => `      - content: |\n${block(text, '          ')}`).join('\n')}
    output_batches:
      - - json_equals: |
${block(pretty(sent.body), '            ')}
`;
}

/** @param {any} whole */
export function bloblang({ sent }) {
  return `root = ${pretty(sent.body)}\n`;
}

/** What the sandbox must have received, for benthos-liveperson sandbox verify.
 * @param {any} whole */
export function expectation({ call }) {
  const lines = ['expect:', `  - name: ${JSON.stringify(`${call.types.join(', ') || call.endpoint} of ${call.consumer || 'nobody'}`)}`, `    endpoint: ${call.endpoint}`];
  if (call.status !== 200 && call.status !== 201) lines.push('    verdict: bad');
  if (call.types.length) lines.push(`    types: ${JSON.stringify(call.types)}`);
  if (call.consumer) lines.push(`    consumer: ${JSON.stringify(call.consumer)}`);
  lines.push('    min: 1', '');
  return lines.join('\n');
}

/** Copies a text. Browsers allow it on this machine and by HTTPS only; elsewhere the text is shown to be copied by hand.
 * @param {string} text @returns {Promise<boolean>} */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { return false; }
}

/** @param {{whole: any, announce: (text: string) => void}} props */
export function Copies({ whole, announce }) {
  const [byHand, setByHand] = useState('');
  const receipt = whole.call.endpoint === 'receipt';
  /** @type {[string, string, () => string][]} */
  const kinds = receipt ? [['receipt', 'Receipt', () => whole.sent.body]] : [
    ['curl', 'curl', () => curl(whole)],
    ['test', 'Config unit test', () => unitTest(whole)],
    ['bloblang', 'Bloblang sample', () => bloblang(whole)],
    ['verify', 'Expectation', () => expectation(whole)],
    ['body', 'Body', () => whole.sent.body],
  ];
  kinds.push(['link', 'Link', () => location.href]);
  const click = async (/** @type {string} */ label, /** @type {() => string} */ make) => {
    const text = make();
    if (await copy(text)) { setByHand(''); announce(`Copied: ${label}.`); } else setByHand(text);
  };
  return html`<section class="copies" aria-label="Copy"><h3>Copy as</h3>
    ${kinds.map(([key, label, make]) => html`<button data-copy=${key} onClick=${() => click(label, make)}>${label}</button>`)}
    ${byHand && html`<label>Copy this text<textarea readonly rows="6" value=${byHand} onFocus=${(/** @type {any} */ e) => e.target.select()}></textarea></label>`}
  </section>`;
}

/** Sends a call to the sandbox again, from the page.
 * @param {{whole: any, announce: (text: string) => void}} props */
export function Replay({ whole, announce }) {
  const [state, setState] = useState('');
  if (store.state?.kind !== 'sandbox') return null;
  const { call, sent } = whole;
  if (['app_token', 'consumer_token', 'conversation', 'send'].includes(call.endpoint)) {
    return html`<p class="muted">This call can’t be sent again from here: its token is not kept.</p>`;
  }
  const send = async () => {
    setState('Sending…');
    /** @type {Record<string, string>} */
    const headers = {};
    for (const { name, value } of sent.headers) if (name !== 'User-Agent' && name !== 'Content-Type') headers[name] = value;
    try {
      const answer = await request(call.target, { method: call.method, headers, body: sent.body || undefined, type: 'application/json' });
      setState(`Sent again: ${answer.status}.`);
    } catch (error) {
      setState(`Sent again: no answer. ${/** @type {Error} */ (error).message}`);
    }
    announce('Sent again.');
  };
  return html`<p class="replay"><button id="replay" onClick=${send}>Send again</button> <span>${state}</span></p>`;
}
