// Data that a screen reads again while it is open.
import { useCallback, useEffect, useRef, useState } from './vendor/preact.js';
import { getJSON } from './api.js';

/** The answer of an address. It is read again when change differs, at most twice a second, and after reload().
 * @param {string} path empty: nothing is read @param {number} change
 * @returns {{data: any, error: string, reload: () => void}} */
export function useData(path, change) {
  const [state, setState] = useState({ path: '', data: /** @type {any} */ (null), error: '' });
  const [asked, setAsked] = useState(0);
  const at = useRef(0);
  useEffect(() => {
    if (!path) return undefined;
    let gone = false;
    const timer = setTimeout(() => {
      at.current = Date.now();
      getJSON(path).then(
        (data) => { if (!gone) setState({ path, data, error: '' }); },
        (error) => { if (!gone) setState({ path, data: null, error: error.message }); },
      );
    }, state.path === path ? Math.max(0, at.current + 500 - Date.now()) : 0);
    return () => { gone = true; clearTimeout(timer); };
  }, [path, change, asked]);
  const reload = useCallback(() => setAsked((n) => n + 1), []);
  return { ...(state.path === path ? state : { data: null, error: '' }), reload };
}
