/** Calls of open descriptors: on a local disk not worth a trip through the thread pool, nor a promise. */
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import type { QuickCalls } from './quick-calls';

const fstat = promisify(fs.fstat);
const fchmod = promisify(fs.fchmod);
const close = promisify(fs.close);

export function statDescriptor(fd: number, calls: QuickCalls): fs.Stats | Promise<fs.Stats> {
  return calls.isRemote ? calls.pooled(() => fstat(fd)) : fs.fstatSync(fd);
}

export function chmodDescriptor(fd: number, mode: number, calls: QuickCalls): void | Promise<void> {
  return calls.isRemote ? calls.pooled(() => fchmod(fd, mode)) : fs.fchmodSync(fd, mode);
}

export function closeDescriptor(fd: number, calls: QuickCalls): void | Promise<void> {
  return calls.isRemote ? calls.pooled(() => close(fd)) : fs.closeSync(fd);
}
