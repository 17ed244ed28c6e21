import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A backend that answers nothing: enough to be found. */
export const METHODS = `
  capabilities() { return {}; } pollEveryMs() { return 1000; } async ready() {}
  async submit() {} async find() {} async poll() {} async fetch() {} async terminate() {} async release() {}`;

/** Writes files below a directory, parents included; their names are paths relative to it. */
export function writeFiles(directory: string, files: Readonly<Record<string, string | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  }
}
