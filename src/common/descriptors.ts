/** Calls of open descriptors: on a local disk not worth a trip through the thread pool. */
import * as fs from 'node:fs';
import { promisify } from 'node:util';
import type { QuickCalls } from './quick-calls';

const fstat = promisify(fs.fstat);
const fchmod = promisify(fs.fchmod);
const close = promisify(fs.close);

export async function statDescriptor(fd: number, calls: QuickCalls): Promise<fs.Stats> {
  return calls.isRemote ? calls.pooled(() => fstat(fd)) : fs.fstatSync(fd);
}

export async function chmodDescriptor(fd: number, mode: number, calls: QuickCalls): Promise<void> {
  if (calls.isRemote) {
    await calls.pooled(() => fchmod(fd, mode));
  } else {
    fs.fchmodSync(fd, mode);
  }
}

export async function closeDescriptor(fd: number, calls: QuickCalls): Promise<void> {
  if (calls.isRemote) {
    await calls.pooled(() => close(fd));
  } else {
    fs.closeSync(fd);
  }
}
