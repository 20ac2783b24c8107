// The address of the page: #/screen/id?filters. It is after the #, so no server and no log gets it.

/** @typedef {{screen: string, id: string, query: Record<string, string>}} Route */

/** @returns {Route} */
export function readRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [screen, ...rest] = path.split('/');
  let id = rest.join('/');
  try { id = decodeURIComponent(id); } catch { /* shown as it is */ }
  return { screen: screen || 'events', id, query: Object.fromEntries(new URLSearchParams(query || '')) };
}

/** Goes to another address. What is not given stays, but another screen has no filters and no id.
 * @param {{screen?: string, id?: string, query?: Record<string, string>}} to */
export function setRoute(to) {
  const now = readRoute();
  const screen = to.screen || now.screen;
  const same = screen === now.screen;
  const id = to.id ?? (same ? now.id : '');
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...(same ? now.query : {}), ...to.query })) if (value) query.set(name, value);
  const text = query.toString();
  const hash = `#/${screen}${id ? `/${encodeURIComponent(id)}` : ''}${text ? `?${text}` : ''}`;
  // Only a step to another place is a step back. Browsers refuse to write many of them.
  if (to.query && !to.screen && to.id === undefined) {
    history.replaceState(null, '', hash);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else if (location.hash !== hash) {
    location.hash = hash;
  }
}
