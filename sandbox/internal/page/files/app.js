// The frame of the page: the top, the screens, the keys, and what a screen reader is told.
import { html, render, useCallback, useEffect, useLayoutEffect, useRef, useState } from './vendor/preact.js';
import { Consumers } from './consumers.js';
import { Conversations } from './conversations.js';
import { Detail } from './detail.js';
import { Events } from './events.js';
import { chord, inChord } from './keys.js';
import { Numbers } from './numbers.js';
import { readRoute, setRoute } from './route.js';
import { Setup } from './setup.js';
import { pause, readState, start, store, subscribe } from './store.js';
import { count, personalShown, showPersonal, WORDS } from './values.js';

/** The screens: address, name, the key after g, and whether only a sandbox has it.
 * @type {[string, string, string, boolean][]} */
const SCREENS = [
  ['events', 'Events', 'e', false],
  ['consumers', 'Consumers', 'c', true],
  ['conversations', 'Conversations', 'm', true],
  ['numbers', 'Numbers', 'n', false],
  ['setup', 'Setup', 's', true],
];

/** @type {[string, string][]} */
const KEYS = [
  ['↑ ↓ or k j', 'Go to the row above or below'], ['Page Up, Page Down, Home, End', 'Go further in the list'], ['Enter or →', 'Open the event'],
  ['Esc or ←', 'Close the event and go back to its row'], ['n, p', 'Next or previous refused event'], ['f, t, s', 'Filter by the row’s consumer, type or session'],
  ['Space', 'Pause or resume, in the list'], ['/', 'Search'], ['g then e, c, m, n, s', 'Go to events, consumers, conversations, numbers, setup'], ['?', 'These keys'],
];

/** How often a screen reader is told of new events, at most. */
const QUIET = 8000;

function App() {
  const [route, setNow] = useState(readRoute());
  const [change, setChange] = useState(0);
  const [status, setStatus] = useState('');
  const [, setMasked] = useState(true);
  const [help, setHelp] = useState(false);
  const announce = useCallback((/** @type {string} */ text) => setStatus(text), []);
  useEffect(() => {
    const changed = () => setNow(readRoute());
    addEventListener('hashchange', changed);
    const stop = subscribe(() => setChange((n) => n + 1));
    start();
    const timer = setInterval(() => readState().catch(() => {}), 5000);
    return () => { removeEventListener('hashchange', changed); stop(); clearInterval(timer); };
  }, []);
  useAnnouncements(announce, change);
  useKeys(() => setHelp(true));
  const s = store.state;
  const sandbox = !s || s.kind === 'sandbox';
  const screens = SCREENS.filter(([, , , own]) => !own || sandbox);
  const refused = store.rows.reduce((n, row) => n + (row.result === 'refused' ? 1 : 0), 0);
  useEffect(() => { document.title = `${refused ? `${refused} refused – ` : ''}${route.screen} – ${sandbox ? 'sandbox' : 'debugger'}`; }, [refused, route.screen, sandbox]);
  return html`
    <a class="skip" href="#content" onClick=${(/** @type {Event} */ e) => { e.preventDefault(); (document.getElementById('list') || document.getElementById('content'))?.focus(); }}>Skip to the content</a>
    <header class="top">
      <h1>${sandbox ? 'LivePerson sandbox' : 'LivePerson events'}</h1>
      <nav aria-label="Screens">${screens.map(([key, name]) => html`<a href=${`#/${key}`} aria-current=${route.screen === key ? 'page' : undefined}>${name}</a>`)}</nav>
      <${Connection} />
      <span class="totals">${count(store.rows.length)} events, ${count(refused)} refused</span>
      ${s && s.rules > 0 && html`<a class="warn" href="#/setup">⚡ ${count(s.rules)} chaos rules, ${count(s.struck)} struck</a>`}
      ${s && s.clock_offset !== '0s' && html`<a class="warn" href="#/setup">Clock ${s.clock_offset[0] === '-' ? '' : '+'}${s.clock_offset}</a>`}
      <span class="tools">
        <button id="personal" aria-pressed=${personalShown()} onClick=${() => { showPersonal(!personalShown()); setMasked(!personalShown()); }}>${personalShown() ? 'Hide personal values' : 'Show personal values'}</button>
        <${Theme} />
        <button id="help" aria-label="Keys" onClick=${() => setHelp(true)}>?</button>
      </span>
    </header>
    <main id="content" tabindex="-1" class=${`screen ${route.screen === 'events' && route.id ? 'with-detail' : ''}`} data-screen=${route.screen}>
      ${route.screen === 'events' && html`<${Events} route=${route} change=${change} announce=${announce} />${route.id && html`<${Detail} id=${route.id} announce=${announce} />`}`}
      ${route.screen === 'consumers' && html`<${Consumers} id=${route.id} change=${change} announce=${announce} />`}
      ${route.screen === 'conversations' && html`<${Conversations} id=${route.id} change=${change} announce=${announce} />`}
      ${route.screen === 'numbers' && html`<${Numbers} route=${route} change=${change} />`}
      ${route.screen === 'setup' && html`<${Setup} announce=${announce} />`}
    </main>
    <div class="hidden" role="status" aria-atomic="true" id="status">${status}</div>
    ${help && html`<${Help} close=${() => setHelp(false)} />`}`;
}

function Connection() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const ago = store.lastEvent ? Math.round((Date.now() - store.lastEvent) / 1000) : -1;
  const words = {
    connecting: 'Connecting…',
    live: store.pausedAt ? 'Paused' : ago < 0 ? 'Live' : `Live, last event ${ago < 60 ? `${ago} s` : `${Math.floor(ago / 60)} min`} ago`,
    lost: 'Connection lost: trying again',
    denied: 'The password is wanted: load the page again',
  }[store.connection];
  return html`<span class=${`connection ${store.connection}`} id="connection"><span aria-hidden="true">●</span> ${words}</span>`;
}

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem('theme') || 'auto');
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
    localStorage.setItem('theme', theme);
  }, [theme]);
  const next = /** @type {Record<string, string>} */ ({ auto: 'light', light: 'dark', dark: 'auto' })[theme] || 'auto';
  return html`<button id="theme" onClick=${() => setTheme(next)} aria-label=${`Colours: ${theme}. Change to ${next}`}>${{ auto: '◐', light: '☀', dark: '☾' }[theme]}</button>`;
}

/** @param {{close: () => void}} props */
function Help({ close }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => { dialog.current?.showModal(); }, []); // before the first frame, or Esc in between would not close it
  return html`<dialog ref=${dialog} onClose=${close} aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2>
    <dl>${KEYS.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
    <button onClick=${() => dialog.current?.close()}>Close</button></dialog>`;
}

/** Tells a screen reader of new events, in one sentence and seldom.
 * @param {(text: string) => void} announce @param {number} change */
function useAnnouncements(announce, change) {
  const told = useRef({ id: -1, at: 0, connection: '' });
  useEffect(() => {
    if (store.connection !== told.current.connection) {
      if (store.connection === 'lost') announce('The connection is lost. The page tries again.');
      else if (told.current.connection === 'lost') announce('The connection is back.');
      told.current.connection = store.connection;
    }
    const last = store.rows.length ? store.rows[store.rows.length - 1].id : 0;
    if (told.current.id < 0 || last < told.current.id) { told.current.id = last; return; }
    if (store.pausedAt || last === told.current.id || Date.now() - told.current.at < QUIET) return;
    let fresh = 0, refused = 0;
    for (let i = store.rows.length - 1; i >= 0 && store.rows[i].id > told.current.id; i--) { fresh++; if (store.rows[i].result === 'refused') refused++; }
    told.current = { ...told.current, id: last, at: Date.now() };
    announce(`${count(fresh)} new events${refused ? `, ${count(refused)} ${WORDS.refused}` : ''}.`);
  }, [change]);
}

/** The keys of the whole page. They do nothing while somebody types.
 * @param {() => void} help */
function useKeys(help) {
  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ e) => {
      const target = /** @type {HTMLElement} */ (e.target);
      if (e.ctrlKey || e.metaKey || e.altKey || target.closest('input, textarea, select, dialog')) return;
      if (e.key === '/') { e.preventDefault(); document.getElementById('search')?.focus(); }
      if (e.key === '?') help();
      const screen = SCREENS.find(([, , key]) => key === e.key);
      if (screen && inChord()) { e.preventDefault(); setRoute({ screen: screen[0] }); }
      chord.at = e.key === 'g' ? Date.now() : 0;
      if (e.key === '.' && store.pausedAt) pause(false);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById('app')));
