// The key g begins a chord: g and e goes to the events.
export const chord = { at: 0 };

/** Whether g was pressed just before. */
export function inChord() { return Date.now() - chord.at < 1500; }
