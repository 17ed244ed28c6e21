import type { BackendRef } from '../backend';
import { BadBackendRefError } from '../backend.errors';
import { decodeRef, encodeRef } from './slurm-ref';

const KEY = '3f0d8a52-6a5e-4d9b-9d0f-1c2b3a4d5e6f.2';

describe('the ref of a job on SLURM', () => {
  it.each([7, 4_294_967_295, null])('comes back as it was, with job id %s', (jobId) => {
    const ref = { service: 'my_tool', jobId, key: KEY };
    expect(decodeRef(encodeRef(ref))).toEqual(ref);
  });

  it('keeps its form: rows of today are read by later releases', () => {
    expect(encodeRef({ service: 'a', jobId: 7, key: KEY })).toBe(`slurm:1:a:7:${KEY}`);
    expect(encodeRef({ service: 'a', jobId: null, key: KEY })).toBe(`slurm:1:a:none:${KEY}`);
  });

  it.each([
    '',
    'n1:a:7',
    'slurm:2:a:7:k',
    'slurm:1:a:7',
    'slurm:1:a:7:',
    'slurm:1:A:7:k',
    'slurm:1:a:-7:k',
    'slurm:1:a:7:../x',
    'slurm:1:a:7:..',
    'slurm:1:a:7:x/y',
    'slurm:1:a:7:k:l',
    'slurm:1:a:7:k\n',
  ])('is refused as %j', (ref) => {
    expect(() => decodeRef(ref as BackendRef)).toThrow(BadBackendRefError);
  });
});
