// What the page uses of preact.js.
export type VNode = any;
export function html(strings: TemplateStringsArray, ...values: any[]): VNode;
export function render(node: VNode, parent: HTMLElement): void;
export function useState<T>(initial: T | (() => T)): [T, (value: T | ((old: T) => T)) => void];
export function useEffect(effect: () => void | (() => void), on?: any[]): void;
export function useLayoutEffect(effect: () => void | (() => void), on?: any[]): void;
export function useRef<T>(initial: T): { current: T };
export function useMemo<T>(make: () => T, on: any[]): T;
export function useCallback<T extends Function>(callback: T, on: any[]): T;
