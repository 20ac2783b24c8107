// What the list shows while there is nothing.
import { html } from './vendor/preact.js';
import { store } from './store.js';
import { clockTime } from './values.js';

export function Welcome() {
  const s = store.state;
  if (!s) return html`<div class="empty"><h2>Connecting…</h2></div>`;
  if (s.kind === 'debugger') {
    return html`<div class="empty"><h2>Waiting for receipts</h2><p>Send them here from a pipeline, with an output for receipts:</p>
      <pre tabindex="0">${`http_client:\n  url: ${location.origin}/sandbox/receipts\n  verb: POST`}</pre></div>`;
  }
  return html`
    <div class="empty"><h2>${store.resetAt ? `Reset at ${clockTime(store.resetAt).slice(0, 8)}. Waiting for events.` : 'Waiting for events'}</h2>
      <p>Set these variables where a pipeline runs, and its events come here:</p>
      <pre tabindex="0">${`export LIVEPERSON_ACCOUNT_ID=${s.account}\nexport LIVEPERSON_APP_INSTALLATION_ID=${s.app_installation_id}\nexport LIVEPERSON_DOMAIN_API=${location.origin}`}</pre>
      <p>Or send one by hand:</p>
      <pre tabindex="0">${`curl -X POST '${location.origin}/api/account/${s.account}/app/${s.app_installation_id}/report?v=1.0' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"consumerId":"consumer-1","engagementAttributes":[{"type":"cart","total":12.5,"currency":"EUR"}]}'`}</pre>
    </div>`;
}
