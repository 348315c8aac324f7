import type { KeysmithKey } from './keysmith-key';

/** Somebody who looks at each key that is made. */
export type KeyWatcher = (key: KeysmithKey) => void;

const watchers: KeyWatcher[] = [];

/** For folders that look after keys and that keys know nothing of: they register when they are loaded. */
export function onEachKey(watcher: KeyWatcher): void {
  watchers.push(watcher);
}

/** Shows a key to those who registered. */
export function announce(key: KeysmithKey): void {
  for (const watcher of watchers) watcher(key);
}
